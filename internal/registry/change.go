package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// Change gives a registration another definition. Whose it is, and from which
// address, stays: a target without a host is that address. The error is as that
// of [Registry.Register].
func (r *Registry) Change(ctx context.Context, by registration.Caller, name string, q registration.Request) (registration.Receipt, error) {
	if err := r.knockAt(by, name); err != nil {
		return registration.Receipt{}, err
	}
	if q.Name != "" && q.Name != name {
		q.Wrong = append(slices.Clone(q.Wrong), health.FieldError{Field: "name", Reason: "cannot be changed", Hint: "sign up the other name, and remove this one"})
	}
	q.Name = name
	r.changing.Lock()
	defer r.changing.Unlock()
	held, err := r.heldFor(by, name)
	if err != nil {
		return registration.Receipt{}, err
	}
	app := registration.Caller{Addr: held.Addr, Compat: by.Compat}
	asked, notes, err := r.define(app, q)
	if err != nil {
		return registration.Receipt{}, err
	}
	next := *held
	next.Spec, next.DefaultAlerts, next.Wrong = asked.Spec, asked.DefaultAlerts, nil
	next.Spec.Origin = held.Spec.Origin
	if by.Compat {
		next.Email = asked.Email
	}
	if err := r.enrol(ctx, &next); err != nil {
		return registration.Receipt{}, err
	}
	r.hold(name)
	r.log.Info("a registered check was changed", "check", name, "target", next.Spec.Target, "by", by.By())
	return registration.Receipt{Registration: next, Outcome: registration.Changed, Notes: notes}, nil
}

// Remove signs an app off, and forgets that its check was paused. The error is as
// that of [Registry.Register].
func (r *Registry) Remove(ctx context.Context, by registration.Caller, name string) error {
	if err := r.knock(by); err != nil {
		return err
	}
	if _, err := r.owned(by, name); err != nil {
		return err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	if _, err := r.owned(by, name); err != nil { // meanwhile
		return err
	}
	if err := r.shelf.put(ctx, checkPrefix+name, nil); err != nil {
		return err
	}
	r.roster().Mark(name, health.Deregistered, foreign.Text(by.By()), "")
	r.roster().Leave(name)
	delete(r.entered, name)
	delete(r.clashes, name)
	r.mu.Lock()
	r.roll.drop(name)
	p, paused := r.pauses[name]
	r.mu.Unlock()
	if paused && p.Registered {
		r.forgetPause(ctx, name)
	}
	return nil
}

// forgetPause forgets the pause of a check that is no more. Should it not be
// kept, whoever signs up the name is asked all the same.
func (r *Registry) forgetPause(ctx context.Context, name string) {
	if err := r.shelf.put(ctx, pausePrefix+name, nil); err != nil {
		r.log.Warn("cannot keep that nobody pauses a check that was signed off", "check", name, "err", err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pauses, name)
}

// PauseOwn has a registered check not asked, as [Registry.Pause] does, because
// its owner wants it. The error is as that of [Registry.Register].
func (r *Registry) PauseOwn(ctx context.Context, by registration.Caller, name, why string) error {
	if err := refuse(health.ValidateNote("why", why)); err != nil {
		return err
	}
	return r.turnOwn(by, name, func() error { return r.pause(ctx, name, byToken(by.By()), why) })
}

// ResumeOwn has it asked again, whoever paused it.
func (r *Registry) ResumeOwn(ctx context.Context, by registration.Caller, name string) error {
	return r.turnOwn(by, name, func() error { return r.resume(ctx, name, by.By()) })
}

// turnOwn pauses or resumes a registered check for who may.
func (r *Registry) turnOwn(by registration.Caller, name string, turn func() error) error {
	if err := r.knockAt(by, name); err != nil {
		return err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	if _, err := r.heldFor(by, name); err != nil {
		return err
	}
	err := turn()
	switch {
	case errors.Is(err, ErrFull):
		return &registration.Refusal{Because: registration.Full, Detail: "More checks are paused than may be.", Hint: "Resume others first."}
	case errors.Is(err, ErrNotFound):
		return &registration.Refusal{Because: registration.Absent, Detail: "The check " + name + " is not asked now.", Hint: "Sign it up again: what it asks is not permitted any more."}
	}
	return err
}

// knockAt is knock, and asks whether the caller may change what it knocks for.
func (r *Registry) knockAt(by registration.Caller, name string) error {
	if err := r.knock(by); err != nil {
		return err
	}
	_, err := r.heldFor(by, name)
	return err
}

// heldFor returns a registration that a caller may change, unless it waits for
// the configuration to let its name go.
func (r *Registry) heldFor(by registration.Caller, name string) (*registration.Registration, error) {
	held, err := r.owned(by, name)
	if err == nil && !r.asks(name) {
		return nil, configuredRefusal(name)
	}
	return held, err
}

// owned returns a registration that a caller may change.
func (r *Registry) owned(by registration.Caller, name string) (*registration.Registration, error) {
	r.mu.RLock()
	held, ok := r.roll.names[name]
	closed := r.admits == nil
	r.mu.RUnlock()
	if closed {
		return nil, closedRefusal(registration.Absent)
	}
	if !ok {
		return nil, &registration.Refusal{Because: registration.Absent, Detail: "Nobody has signed up a check of this name.", Hint: "See /api/v1/checks for those that there are."}
	}
	if refusal := held.MayChange(by); refusal != nil {
		return nil, refusal
	}
	return held, nil
}
