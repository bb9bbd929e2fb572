package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A fakeRegistrar keeps registrations in memory, by registration's own rules.
type fakeRegistrar struct {
	mu         sync.Mutex
	held       map[string]registration.Registration
	configured map[string]bool
	said       []string // what was done, in words
	minted     int
	err        error // of everything that would be kept
}

func newRegistrar() *fakeRegistrar {
	return &fakeRegistrar{held: map[string]registration.Registration{}, configured: map[string]bool{}}
}

func (f *fakeRegistrar) say(format string, a ...any) error {
	if f.err == nil {
		f.said = append(f.said, fmt.Sprintf(format, a...))
	}
	return f.err
}

// heard counts what was done.
func (f *fakeRegistrar) heard() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.said)
}

func (f *fakeRegistrar) Register(_ context.Context, c registration.Caller, q registration.Request) (registration.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, notes, wrong := q.Define(c, registration.Terms{})
	held, ok := f.held[q.Name]
	outcome := registration.Created
	switch {
	case wrong != nil:
		return registration.Receipt{}, &registration.Refusal{Because: registration.Invalid, Detail: "validation failed", Fields: wrong}
	case f.configured[q.Name]:
		return registration.Receipt{}, &registration.Refusal{Because: registration.Configured, Detail: "the configuration has a check of this name", Hint: "choose another"}
	case len(f.held) >= 64 && !ok:
		return registration.Receipt{}, &registration.Refusal{Because: registration.Full, Detail: "64 checks are as many as one may sign up", Hint: "remove some"}
	case ok:
		var refused *registration.Refusal
		if outcome, refused = held.Claim(c, health.Healthy); refused != nil {
			return registration.Receipt{}, refused
		}
		r.Created, r.Restarts, r.Recent, r.Hash = held.Created, held.Restarts, held.Recent, held.Hash
		r.Renew(time.Now())
	default:
		r.Created, r.Renewed = time.Now().UTC(), time.Now().UTC()
	}
	return f.enter(c, r, outcome, notes)
}

// enter keeps a registration, with a new secret unless the old one was shown.
func (f *fakeRegistrar) enter(c registration.Caller, r registration.Registration, outcome registration.Outcome, notes []string) (registration.Receipt, error) {
	if err := f.say("%s %s by %s", outcome, r.Spec.Name, c.By()); err != nil {
		return registration.Receipt{}, err
	}
	secret := ""
	if c.Owns != r.Spec.Name {
		f.minted++
		secret = secretOf(fmt.Sprintf("own%d", f.minted))
		r.Hash = auth.HashOf(secret)
	}
	r.Owner, r.Addr = cmp.Or(c.Identity(), r.Owner), c.Addr
	f.held[r.Spec.Name] = r
	return registration.Receipt{Registration: r, Outcome: outcome, Secret: secret, Notes: notes}, nil
}

func (f *fakeRegistrar) Change(_ context.Context, c registration.Caller, name string, q registration.Request) (registration.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.mayChange(c, name); err != nil {
		return registration.Receipt{}, err
	}
	r, notes, wrong := q.Define(c, registration.Terms{})
	if wrong != nil {
		return registration.Receipt{}, &registration.Refusal{Because: registration.Invalid, Detail: "validation failed", Fields: wrong}
	}
	if err := f.say("change %s by %s", name, c.By()); err != nil {
		return registration.Receipt{}, err
	}
	held := f.held[name]
	r.Owner, r.Addr, r.Hash, r.Created, r.Renewed = held.Owner, held.Addr, held.Hash, held.Created, held.Renewed
	f.held[name] = r
	return registration.Receipt{Registration: r, Outcome: registration.Changed, Notes: notes}, nil
}

func (f *fakeRegistrar) do(c registration.Caller, name, format string, a ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.mayChange(c, name); err != nil {
		return err
	}
	return f.say(format+" by %s", append(a, c.By())...)
}

func (f *fakeRegistrar) Remove(_ context.Context, c registration.Caller, name string) error {
	return f.do(c, name, "remove %s", name)
}

func (f *fakeRegistrar) PauseOwn(_ context.Context, c registration.Caller, name, why string) error {
	return f.do(c, name, "pause %s: %s", name, why)
}

func (f *fakeRegistrar) ResumeOwn(_ context.Context, c registration.Caller, name string) error {
	return f.do(c, name, "resume %s", name)
}

func (f *fakeRegistrar) Registration(name string) (registration.Registration, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.held[name]
	return r, ok
}

func (f *fakeRegistrar) MayChange(c registration.Caller, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mayChange(c, name)
}

func (f *fakeRegistrar) mayChange(c registration.Caller, name string) error {
	r, ok := f.held[name]
	if !ok {
		return &registration.Refusal{Because: registration.Absent, Detail: "nobody has signed " + name + " up"}
	}
	if refused := r.MayChange(c); refused != nil {
		return refused
	}
	return nil
}

func (f *fakeRegistrar) Owner(secret string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for name, r := range f.held {
		if r.Hash == auth.HashOf(secret) {
			return name, true
		}
	}
	return "", false
}

// fakeHeartbeats are those that have come in.
type fakeHeartbeats struct {
	mu    sync.Mutex
	beats []health.Beat
	names []string
	err   error
}

func (f *fakeHeartbeats) Beat(_ context.Context, name string, b health.Beat) (health.Beat, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.names, f.beats = append(f.names, name), append(f.beats, b)
	return b, f.err
}

func (f *fakeHeartbeats) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.beats)
}

// Callers of the tests: in a network of the door, in it too, and outside.
const (
	inside  = "192.168.7.7:5000"
	beside  = "192.168.7.8:5000"
	faraway = "203.0.113.9:5000"
)

// A reception is a server where apps sign up, and who keeps that.
type reception struct {
	*world
	registry  *fakeRegistry
	registrar *fakeRegistrar
	beats     *fakeHeartbeats
	compat    []registration.Caller // who called the old endpoints
	options   Options
}

// newReception has three apps signed up already: app by an address, tok by the
// token of the scope register, and job, which sends heartbeats, by an address;
// and a configured job by the name cron. The owner's token of each is secretOf
// "own1" to "own3".
func newReception(t *testing.T) *reception {
	t.Helper()
	w, reg := pastWorld(time.Now())
	p := &reception{world: w, registry: reg, registrar: newRegistrar(), beats: &fakeHeartbeats{}}
	addr := func(text string) registration.Caller {
		return registration.Caller{Addr: netip.MustParseAddrPort(text).Addr()}
	}
	for _, x := range []struct {
		c registration.Caller
		q registration.Request
	}{
		{addr(inside), registration.Request{Name: "app", Target: "http://:3000/health"}},
		{registration.Caller{Addr: netip.MustParseAddrPort(inside).Addr(), Token: "register"}, registration.Request{Name: "tok", Target: "tcp://:3001"}},
		{addr(inside), registration.Request{Name: "job", Target: "push://job", Period: health.Duration(time.Hour)}},
	} {
		got, err := p.registrar.Register(t.Context(), x.c, x.q)
		if err != nil {
			t.Fatal(err)
		}
		spec := got.Spec
		w.board.Check(&health.State{Spec: &spec, Status: health.Healthy, Since: w.now.Add(-time.Hour)})
	}
	cron := health.Spec{Name: "cron", Target: "push://cron", Origin: health.FromConfig, Period: health.Duration(time.Hour)}
	w.board.Check(&health.State{Spec: &cron, Status: health.Healthy, Since: w.now.Add(-time.Hour)})
	p.registrar.said = nil
	p.registrar.configured["cron"], p.registrar.configured["api"] = true, true
	p.options = pastOptions(w, reg)
	p.options.Registrar, p.options.Heartbeats, p.options.Hosts = p.registrar, p.beats, []string{"web-07.local"}
	p.options.Door = registration.Door{Allow: []netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")}}
	p.options.Compat = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.compat = append(p.compat, CallerOf(r))
		fmt.Fprint(w, "OK")
	})
	return p
}

func (p *reception) handler() http.Handler { return p.server(p.options).Handler() }

// done counts everything that anybody was made to do.
func (p *reception) done() int {
	return p.registrar.heard() + p.beats.count() + len(p.registry.said) + len(p.compat)
}
