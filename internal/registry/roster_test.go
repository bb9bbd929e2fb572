package registry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

var errEnter = errors.New("no room for another check")

// A panel is a Roster that has its ward ask.
type panel struct {
	ward *ward

	mu         sync.Mutex
	configured map[string]bool
	statuses   map[string]health.Status
	paused     map[string]bool // by the configuration
	unasked    map[string]bool // since the start
	entered    map[string]registration.Registration
	enters     int
	marks      []string
	wrong      func(registration.Registration) []health.FieldError
	full       bool // Enter fails
}

func newPanel() *panel {
	return &panel{
		ward: newWard(), configured: map[string]bool{}, statuses: map[string]health.Status{}, paused: map[string]bool{}, entered: map[string]registration.Registration{},
	}
}

func (p *panel) Judge(r registration.Registration) []health.FieldError {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wrong == nil {
		return nil
	}
	return p.wrong(r)
}

func (p *panel) Enter(r registration.Registration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.full {
		return errEnter
	}
	if _, known := p.entered[r.Spec.Name]; !known {
		p.ward.add(r.Spec.Name)
	}
	p.entered[r.Spec.Name] = r
	p.enters++
	return nil
}

func (p *panel) Leave(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.entered, name)
	if !p.configured[name] {
		p.ward.remove(name)
	}
}

func (p *panel) Configured(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.configured[name]
}

func (p *panel) State(name string) *health.State {
	p.mu.Lock()
	defer p.mu.Unlock()
	status, ok := p.statuses[name]
	if !ok {
		return nil
	}
	st := &health.State{Spec: &health.Spec{Name: name, Paused: p.paused[name]}, Status: status, Last: &health.Result{}}
	if p.unasked[name] {
		st.Last = nil
	}
	return st
}

func (p *panel) Mark(name string, m health.Mark, by, text foreign.Text) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := string(m) + " " + name + " by " + string(by)
	if text != "" {
		line += ": " + string(text)
	}
	p.marks = append(p.marks, line)
}

func (p *panel) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *panel) asks(name string) (registration.Registration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.entered[name]
	return r, ok
}

func (p *panel) marked() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.marks, ", ")
}

// A village is a house that apps may sign up at.
type village struct {
	house
	panel *panel
}

// admit makes a registry over a disk, as a restart does.
func admit(t testing.TB, d *disk, p *panel) village {
	t.Helper()
	return admitTo(t, d, d, p)
}

func admitTo(t testing.TB, store Store, d *disk, p *panel) village {
	t.Helper()
	var log bytes.Buffer
	v := village{house{New(store, p.ward, slog.New(slog.NewTextHandler(&log, nil))), d, p.ward, &log}, p}
	v.Configure(nil)
	v.Admit(p, registration.Terms{DefaultAlerts: []string{"ops"}, PauseAfter: health.Duration(24 * time.Hour)})
	if err := v.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return v
}

// at is a caller of an address.
func at(text string) registration.Caller {
	return registration.Caller{Addr: netip.MustParseAddr(text)}
}

// owning is a caller that shows the owner's token of a registration, through a
// proxy.
func owning(name string) registration.Caller { return registration.Caller{Owns: name} }

func asking(name, target string) registration.Request {
	return registration.Request{Name: name, Target: target}
}

func (v village) register(t testing.TB, by registration.Caller, q registration.Request) registration.Receipt {
	t.Helper()
	receipt, err := v.Register(context.Background(), by, q)
	if err != nil {
		t.Fatalf("%s by %s: %v", q.Name, by.By(), err)
	}
	return receipt
}

// refused fails unless an error is a refusal of a kind, and says what to do.
func refused(t testing.TB, err error, because registration.Because) *registration.Refusal {
	t.Helper()
	var r *registration.Refusal
	if !errors.As(err, &r) || r.Because != because || r.Detail == "" || r.Hint == "" {
		t.Fatalf("%#v, want one that is %s", err, because)
	}
	return r
}
