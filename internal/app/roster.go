package app

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/probe"
	"github.com/portreeve/portreeve/internal/probe/expect"
	"github.com/portreeve/portreeve/internal/registration"
	"github.com/portreeve/portreeve/internal/registry"
	"github.com/portreeve/portreeve/internal/watch"
)

// forgetting is how long the journal may take to forget.
const forgetting = 2 * time.Second

// A roster has the checks asked that apps sign up, beside those of the
// configuration, which win a clash of names. It is safe for concurrent use.
//
// The order of locks, here and around: the reloader's, then [registry.Registry]'s
// of changes, then changing here, then those of [watch.Checks] and of its sinks, mu
// and the mailboxes' last. Nobody who holds one waits for one before it: who is
// told of checks answers from memory or takes a note. Under none of them is the
// network asked; the registry's, and that alone, is held while the journal keeps
// something. Routes are exchanged under none of them: that waits for mails that are
// being sent, and the mailboxes only say that it is time.
type roster struct {
	asker     *asker
	checks    *watch.Checks
	state     func(name string) *health.State
	log       *slog.Logger
	beats     *heartbeat.Book
	mailboxes *mailboxes

	changing sync.Mutex // held while it is said who is asked, before mu

	mu         sync.Mutex
	allow      []netip.Prefix
	configured map[string]bool
	routes     map[string]bool
	entered    map[string]watch.Check // by name, also those that the configuration hides
	passes     map[string]*pass       // of those, as long as they are entered
	shelf      *expect.Shelf          // of what apps expect
	shelved    int                    // how often it was asked

	ownNetworks []netip.Prefix // this machine's own addresses
	ownAt       time.Time      // when they were asked for
}

var _ registry.Roster = (*roster)(nil)

// configure takes what the configuration says of names, routes and networks, and
// returns the names that go from an app's check to a configured one, or back.
func (r *roster) configure(c *config.Config) (turned []string) {
	configured, routes := map[string]bool{}, map[string]bool{}
	for _, spec := range c.Checks {
		configured[spec.Name] = true
	}
	for _, a := range c.Alerts {
		routes[a.Name] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.entered {
		if configured[name] != r.configured[name] {
			turned = append(turned, name)
		}
	}
	r.allow, r.configured, r.routes = c.Registration.Allow, configured, routes
	return turned
}

// set has the configuration's checks asked, and those of apps that it leaves room
// for. Where a name goes from one to the other, nothing of the one is taken up by
// the other, neither what is believed of it nor where it may go.
func (r *roster) set(c *config.Config, configured []watch.Check) {
	r.changing.Lock()
	defer r.changing.Unlock()
	for _, name := range r.configure(c) {
		r.checks.Remove(name)
	}
	r.checks.Set(append(slices.Clone(configured), r.unhidden()...))
}

// unhidden returns the checks of apps whose names the configuration leaves free.
func (r *roster) unhidden() []watch.Check {
	r.mu.Lock()
	defer r.mu.Unlock()
	var free []watch.Check
	for _, name := range slices.Sorted(maps.Keys(r.entered)) {
		if !r.configured[name] {
			free = append(free, r.entered[name])
		}
	}
	return free
}

// Judge implements [registry.Roster].
func (r *roster) Judge(reg registration.Registration) []health.FieldError {
	spec := specOf(reg)
	_, wrong := r.make(&spec, r.newPass(reg.Addr))
	wrong = append(wrong, r.judgeTarget(reg)...)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range reg.Spec.Alerts {
		if !r.routes[name] {
			wrong = append(wrong, health.FieldError{Field: "alerts", Reason: "there is no route " + foreign.Text(name).Clip(63), Hint: r.routesHint()})
		}
	}
	if reg.Email != "" && !r.mailboxes.room(reg) {
		wrong = append(wrong, health.FieldError{Field: "email", Reason: "too many different addresses are mailed already", Hint: "use one that is mailed already, or leave it out"})
	}
	return wrong
}

// routesHint lists the routes that there are. r.mu is held.
func (r *roster) routesHint() string {
	if len(r.routes) == 0 {
		return "leave it out: no routes are configured here"
	}
	return "one of " + strings.Join(slices.Sorted(maps.Keys(r.routes)), ", ")
}

// judgeTarget tells whether a target that is written as an address may be asked.
// Where a name leads is seen when it is asked.
func (r *roster) judgeTarget(reg registration.Registration) []health.FieldError {
	target, err := health.ParseTarget(reg.Spec.Target)
	addr, literal := target.Addr()
	if err != nil || !literal {
		return nil // which somebody else tells
	}
	if err := r.newPass(reg.Addr).permits(addr); err != nil {
		return []health.FieldError{{
			Field: "target", Reason: err.Error(), Hint: "an app may have its own address asked, and those of registration.allow",
		}}
	}
	return nil
}

// specOf returns what is asked for a registration, which tells its mailbox, too.
func specOf(reg registration.Registration) health.Spec {
	spec := reg.Spec
	if reg.Email != "" {
		spec.Alerts = append(slices.Clone(spec.Alerts), mailboxRoute(reg.Email))
	}
	return spec
}

// make makes a check that goes by a pass, or tells which fields are wrong. One that
// asks what the one entered under its name does has its probe.
func (r *roster) make(spec *health.Spec, p *pass) (watch.Check, []health.FieldError) {
	if known, _ := r.known(spec.Name); known.Spec != nil && alike(known.Spec, spec) {
		return watch.Check{Spec: spec, Probe: known.Probe}, nil
	}
	return newCheck(spec, probe.Env{Net: r.asker.reach.With(p.permits), Expectations: r.expectations(spec), Heartbeats: r.asker.beats})
}

// known returns what is entered under a name; the pass is nil when nothing is.
func (r *roster) known(name string) (watch.Check, *pass) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entered[name], r.passes[name]
}

// alike reports whether two definitions come to the same probe: they differ in what
// is told to whom, at most.
func alike(a, b *health.Spec) bool {
	x, y := *a, *b
	x.Title, x.Alerts, x.PauseAfter = y.Title, y.Alerts, y.PauseAfter
	return reflect.DeepEqual(x, y)
}

// shelfLife is how often a shelf is asked before there is another: it keeps all
// that it was ever asked for, and apps come and go.
const shelfLife = 4096

// expectations returns where expressions of apps are shared: most have the same
// few.
func (r *roster) expectations(spec *health.Spec) *expect.Shelf {
	if spec.Expect == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shelf == nil || r.shelved >= shelfLife {
		r.shelf, r.shelved = &expect.Shelf{}, 0
	}
	r.shelved++
	return r.shelf
}

// Enter implements [registry.Roster]. To enter again what is so already costs
// next to nothing: a reload enters thousands.
func (r *roster) Enter(reg registration.Registration) error {
	known, err := r.enter(reg)
	if err == nil && isPush(known) && !strings.HasPrefix(reg.Spec.Target, pushPrefix) {
		r.forget(reg.Spec.Name)
	}
	return err
}

// enter is Enter, and returns what was entered before.
func (r *roster) enter(reg registration.Registration) (known watch.Check, err error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	spec := specOf(reg)
	known, p := r.known(spec.Name)
	if p == nil {
		p = r.newPass(reg.Addr)
	}
	check, wrong := r.make(&spec, p)
	if wrong != nil {
		return known, specError{spec.Name, wrong[0]}
	}
	p.move(reg.Addr)
	r.mailboxes.put(spec.Name, reg.Email)
	if known.Spec != nil && reflect.DeepEqual(known.Spec, &spec) {
		return known, nil
	}
	r.put(check, p)
	if !r.Configured(spec.Name) {
		r.checks.Add(check)
	}
	return known, nil
}

func (r *roster) put(check watch.Check, p *pass) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.passes == nil {
		r.passes = map[string]*pass{}
	}
	r.entered[check.Spec.Name], r.passes[check.Spec.Name] = check, p
}

// Leave implements [registry.Roster].
func (r *roster) Leave(name string) {
	if known := r.leave(name); isPush(known) && !r.Configured(name) {
		r.forget(name)
	}
}

// leave is Leave, and returns what was entered.
func (r *roster) leave(name string) watch.Check {
	r.changing.Lock()
	defer r.changing.Unlock()
	r.mailboxes.put(name, "")
	known, _ := r.known(name)
	r.mu.Lock()
	delete(r.entered, name)
	delete(r.passes, name)
	r.mu.Unlock()
	if !r.Configured(name) {
		r.checks.Remove(name)
	}
	return known
}

const pushPrefix = "push:"

// isPush reports whether a check waits for heartbeats.
func isPush(c watch.Check) bool { return c.Spec != nil && strings.HasPrefix(c.Spec.Target, pushPrefix) }

// forget has nothing known any more of the heartbeats of a name: whoever signs up
// by it next is somebody else.
func (r *roster) forget(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), forgetting)
	defer cancel()
	if err := r.beats.Forget(ctx, name); err != nil {
		r.log.Warn("what was heard of a heartbeat is not forgotten", "check", name, "err", err)
	}
}

// Configured implements [registry.Roster].
func (r *roster) Configured(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.configured[name]
}

// State implements [registry.Roster].
func (r *roster) State(name string) *health.State { return r.state(name) }

// Mark implements [registry.Roster].
func (r *roster) Mark(name string, m health.Mark, by, text foreign.Text) {
	if !r.Configured(name) {
		r.checks.Mark(name, m, by, text)
	}
}
