package compat

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/registration"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	time.Local = time.UTC
	flag.Parse()
	os.Exit(m.Run())
}

// A shelf is a registrar in memory, with the rules of registration and nothing
// kept.
type shelf struct {
	board *board.Board

	mu    sync.Mutex
	regs  map[string]registration.Registration
	calls []string // what was done, as "pause shop"
	fails error    // of everything that changes something
}

func (s *shelf) did(what, name string) error {
	if s.fails == nil {
		s.calls = append(s.calls, what+" "+name)
	}
	return s.fails
}

func (s *shelf) Register(_ context.Context, by registration.Caller, q registration.Request) (registration.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, notes, wrong := q.Define(by, registration.Terms{PauseAfter: health.Duration(24 * time.Hour)})
	if len(wrong) > 0 {
		return registration.Receipt{}, &registration.Refusal{Because: registration.Invalid, Detail: "validation failed", Fields: wrong}
	}
	held, known := s.regs[q.Name]
	outcome := registration.Created
	r.Created, r.Renewed = time.Now(), time.Now()
	if known {
		var no *registration.Refusal
		if outcome, no = held.Claim(by, s.state(q.Name).Status); no != nil {
			return registration.Receipt{}, no
		}
		r.Created, r.Restarts, r.Recent = held.Created, held.Restarts, held.Recent
		r.Renew(time.Now())
		if outcome == registration.Restarted && !r.Same(&held) {
			outcome = registration.Changed
		}
	}
	if err := s.did(string(outcome), q.Name); err != nil {
		return registration.Receipt{}, err
	}
	r.Owner = by.Identity()
	s.regs[q.Name] = r
	if !known {
		s.board.Check(&health.State{Spec: &r.Spec, Status: health.Unknown})
	} else {
		s.show(q.Name, func(st *health.State) { st.Overlays = nil })
	}
	return registration.Receipt{Registration: r, Outcome: outcome, Notes: notes}, nil
}

// state returns what the board believes.
func (s *shelf) state(name string) *health.State { return s.board.View().FindCheck(name) }

// show has the board believe something else of a check.
func (s *shelf) show(name string, change func(*health.State)) {
	st := *s.state(name)
	change(&st)
	s.board.Check(&st)
}

func (s *shelf) change(by registration.Caller, what, name string, done func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mayChange(by, name); err != nil {
		return err
	}
	if err := s.did(what, name); err != nil {
		return err
	}
	done()
	return nil
}

func (s *shelf) Remove(_ context.Context, by registration.Caller, name string) error {
	return s.change(by, "remove", name, func() {
		delete(s.regs, name)
		s.board.Uncheck(name)
	})
}

func (s *shelf) PauseOwn(_ context.Context, by registration.Caller, name, why string) error {
	if why == "" {
		return errors.New("nobody says why")
	}
	return s.change(by, "pause", name, func() {
		s.show(name, func(st *health.State) { st.Overlays = []health.Overlay{health.Paused} })
	})
}

func (s *shelf) ResumeOwn(_ context.Context, by registration.Caller, name string) error {
	return s.change(by, "resume", name, func() { s.show(name, func(st *health.State) { st.Overlays = nil }) })
}

func (s *shelf) mayChange(by registration.Caller, name string) error {
	r, ok := s.regs[name]
	if !ok {
		return &registration.Refusal{Because: registration.Absent, Detail: "nobody has signed " + name + " up"}
	}
	if no := r.MayChange(by); no != nil {
		return no
	}
	return nil
}

func (s *shelf) MayChange(by registration.Caller, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mayChange(by, name)
}

func (s *shelf) Registration(name string) (registration.Registration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.regs[name]
	return r, ok
}

func (s *shelf) Registrations() []registration.Registration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.regs), func(a, b registration.Registration) int { return cmp.Compare(a.Spec.Name, b.Spec.Name) })
}

var _ Registrar = (*shelf)(nil)

// done returns what was done since the last time, in order.
func (s *shelf) done() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := strings.Join(s.calls, ", ")
	s.calls = nil
	return all
}

// newWorld returns a handler that admits 192.0.2.0/24 and 2001:db8::/32, and what
// is behind it.
func newWorld() (http.Handler, *shelf) {
	b := board.New(port.Machine{Host: "web-07"}, time.Now())
	s := &shelf{board: b, regs: map[string]registration.Registration{}}
	return New(Options{
		Registrar: s, Board: b, Caller: callerOf, Version: "0.5.0", Log: slog.New(slog.DiscardHandler),
		Door: registration.Door{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}},
	}), s
}

// callerOf knows a caller by its address, and believes tokens that nobody has.
func callerOf(r *http.Request) registration.Caller {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	c := registration.Caller{Addr: from.Addr().Unmap(), Local: from.Addr().IsLoopback()}
	if r.Header.Get("X-Forwarded-For") != "" {
		return registration.Caller{}
	}
	if r.Header.Get("Authorization") != "" {
		c.Token, c.Admin = "root", true
	}
	return c
}

// A call is one request to a handler.
type call struct {
	from    string // address; the usual: ann's
	method  string
	path    string // below Path
	body    string
	headers []string // names and values in turn
}

const (
	ann     = "192.0.2.7"
	bob     = "192.0.2.8"
	carol   = "2001:db8::7"
	mallory = "203.0.113.9"
	here    = "127.0.0.1"
)

// request is a call as net/http would read it.
func (c call) request() *http.Request {
	r := httptest.NewRequest(cmp.Or(c.method, http.MethodGet), "http://192.0.2.1:9860"+Path+c.path, strings.NewReader(c.body))
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(cmp.Or(c.from, ann)), 50000).String()
	if c.method == http.MethodPost {
		r.Header.Set("Content-Type", formType)
	}
	for i := 0; i < len(c.headers); i += 2 {
		r.Header.Del(c.headers[i])
		if v := c.headers[i+1]; v != "-" {
			r.Header.Set(c.headers[i], v)
		}
	}
	return r
}

// send has h answer a call.
func (c call) send(h http.Handler) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, c.request())
	return rec
}

// post sends a form to monitor.
func post(h http.Handler, from, body string) *httptest.ResponseRecorder {
	return call{from: from, method: http.MethodPost, path: "monitor", body: body}.send(h)
}
