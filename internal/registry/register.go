package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

const checkPrefix = "check/"

// define makes what is asked for, if nothing is wrong with it. All that is wrong is
// told together, whoever knows it.
func (r *Registry) define(by registration.Caller, q registration.Request) (asked registration.Registration, notes []string, err error) {
	r.mu.RLock()
	terms := r.terms
	r.mu.RUnlock()
	asked, notes, wrong := q.Define(by, terms)
	return asked, notes, r.judge(&asked, wrong)
}

// judge returns a refusal when anything is wrong with a registration: what is known
// already, what the roster finds, and that others ask the same target.
func (r *Registry) judge(next *registration.Registration, wrong []health.FieldError) error {
	r.mu.RLock()
	roster, load := r.admits, r.roll.load(next)
	r.mu.RUnlock()
	if roster == nil { // since it was knocked
		return closedRefusal(registration.Forbidden)
	}
	wrong = registration.Together(wrong, roster.Judge(*next))
	aimed := registration.Site(&next.Spec) != "" && !slices.ContainsFunc(wrong, func(e health.FieldError) bool { return e.Field == "target" })
	if e := load.Admits(&next.Spec); e != nil && aimed {
		wrong = registration.Together(wrong, []health.FieldError{*e})
	}
	return refuse(wrong)
}

// refuse returns a refusal for wrong fields, nil when there are none.
func refuse(wrong []health.FieldError) error {
	if len(wrong) == 0 {
		return nil
	}
	return &registration.Refusal{Because: registration.Invalid, Detail: "The registration is not valid.", Hint: "Correct the fields that are named.", Fields: wrong}
}

// Register signs an app up, or up again: then it has restarted, and is asked
// again if it was paused. The error is a [registration.Refusal], or it could not
// be kept, and nothing has happened.
func (r *Registry) Register(ctx context.Context, by registration.Caller, q registration.Request) (registration.Receipt, error) {
	if err := r.knock(by); err != nil {
		return registration.Receipt{}, err
	}
	if _, _, err := r.claim(by, q.Name); err != nil { // before more is done for strangers
		return registration.Receipt{}, err
	}
	asked, notes, err := r.define(by, q)
	if err != nil {
		return registration.Receipt{}, err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	held, what, err := r.claim(by, q.Name)
	if err != nil {
		return registration.Receipt{}, err
	}
	receipt, err := receiptFor(by, asked, held, what)
	if err != nil {
		return registration.Receipt{}, err
	}
	receipt.Notes = notes
	if err := r.enrol(ctx, &receipt.Registration); err != nil {
		return registration.Receipt{}, err
	}
	r.welcome(ctx, by, &receipt)
	return receipt, nil
}

// enrol has a registration kept and then asked, instead of the one of its name
// before. r.changing is held.
func (r *Registry) enrol(ctx context.Context, next *registration.Registration) error {
	if !r.loaded {
		return errUnread
	}
	if err := r.judge(next, nil); err != nil { // meanwhile
		return err
	}
	roster, name := r.roster(), next.Spec.Name
	r.mu.RLock()
	held := r.roll.names[name]
	r.mu.RUnlock()
	if err := r.shelf.put(ctx, checkPrefix+name, next); err != nil {
		return err
	}
	if held == nil || !r.entered[name] || !next.Same(held) || next.Addr != held.Addr {
		if err := roster.Enter(*next); err != nil {
			return errors.Join(fmt.Errorf("have %s asked: %w", name, err), r.takeBack(ctx, name, held))
		}
	}
	r.entered[name] = true
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := *next
	r.roll.put(&kept)
	return nil
}

// takeBack keeps what was registered before.
func (r *Registry) takeBack(ctx context.Context, name string, held *registration.Registration) error {
	if held == nil {
		return r.shelf.put(ctx, checkPrefix+name, nil)
	}
	return r.shelf.put(ctx, checkPrefix+name, held)
}

// welcome records that an app signed up, and has it asked if it was paused.
func (r *Registry) welcome(ctx context.Context, by registration.Caller, receipt *registration.Receipt) {
	name, mark, text := receipt.Spec.Name, health.Registered, ""
	switch {
	case receipt.Outcome == registration.TakenOver:
		mark, text = health.TakenOver, "the app of another address did not answer any more"
	case receipt.Outcome != registration.Created:
		if mark = health.Restarted; receipt.CrashLoop(receipt.Renewed) {
			text = fmt.Sprintf("crash loop: %d restarts within %v", receipt.RecentRestarts(receipt.Renewed), registration.CrashWithin)
		}
	}
	r.roster().Mark(name, mark, foreign.Text(by.By()), foreign.Text(text))
	if err := r.resume(ctx, name, by.By()); err != nil && !errors.Is(err, ErrNotFound) {
		r.log.Warn("cannot keep that a check is paused no more", "check", name, "err", err)
		receipt.Notes = append(receipt.Notes, "it is paused, and stays so: that could not be changed")
	}
}
