package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// mailed is the addresses of a configuration's routes and those of mailboxes, in
// order.
func mailed(m *mailboxes, c *config.Config) (all []string) {
	for _, a := range m.with(c) {
		all = append(all, a.Name+" "+strings.Join(a.Email.To, " "))
	}
	return all
}

func relayed() *config.Config {
	return &config.Config{SMTP: config.SMTP{URL: "smtp://127.0.0.1:1"}}
}

// TestAppsShareAMailbox, however they write its address: there is one route, it is
// the same whoever is asked first, and it is closed when nobody wants it any more.
func TestAppsShareAMailbox(t *testing.T) {
	m, c := newMailboxes(), relayed()
	ann, bob := mailboxRoute("ann@example.org"), mailboxRoute("bob@example.org")
	steps := []struct {
		name, address string
		want          []string
		told          bool
	}{
		{"a", "ann@example.org", []string{ann + " ann@example.org"}, true},
		{"a", "ann@example.org", []string{ann + " ann@example.org"}, false},
		{"b", "Ann@Example.org", []string{ann + " Ann@Example.org"}, true},
		{"c", "ANN@example.org", []string{ann + " ANN@example.org"}, true},
		{"c", "bob@example.org", []string{ann + " Ann@Example.org", bob + " bob@example.org"}, true},
		{"a", "", []string{ann + " Ann@Example.org", bob + " bob@example.org"}, true},
		{"d", "", []string{ann + " Ann@Example.org", bob + " bob@example.org"}, false},
		{"b", "", []string{bob + " bob@example.org"}, true},
		{"c", "", nil, true},
	}
	for _, s := range steps {
		m.put(s.name, s.address)
		slices.Sort(s.want)
		for range 10 { // whatever the order of a map is
			if got := mailed(m, c); !slices.Equal(got, s.want) {
				t.Fatalf("%s has %q: %v, want %v", s.name, s.address, got, s.want)
			}
		}
		select {
		case <-m.changed:
			if !s.told {
				t.Errorf("%s has %q: told of, and nothing is new", s.name, s.address)
			}
		default:
			if s.told {
				t.Errorf("%s has %q: not told of", s.name, s.address)
			}
		}
	}
	if len(m.boxes)+len(m.shared) > 0 {
		t.Errorf("left: %v, %v", m.boxes, m.shared)
	}
	m.put("a", "ann@example.org")
	if got := mailed(m, &config.Config{}); len(got) > 0 {
		t.Errorf("without a relay: %v", got)
	}
}

// TestThereAreNotTooManyMailboxes: 256 different ones, however many share them, and
// whoever has one may exchange it.
func TestThereAreNotTooManyMailboxes(t *testing.T) {
	m := newMailboxes()
	room := func(name, address string) bool {
		return m.room(registration.Registration{Spec: health.Spec{Name: name}, Email: address})
	}
	for i := range maxMailboxes {
		address := fmt.Sprintf("ann%d@example.org", i)
		if !room(fmt.Sprint(i), address) {
			t.Fatalf("no room for %d", i)
		}
		m.put(fmt.Sprint(i), address)
	}
	for _, tt := range []struct {
		name, address string
		want          bool
	}{
		{"new", "bob@example.org", false}, {"new", "Ann7@example.org", true}, {"7", "bob@example.org", true}, {"7", "ann7@example.org", true}, {"7", "ann8@example.org", true},
	} {
		if got := room(tt.name, tt.address); got != tt.want {
			t.Errorf("%s wants %s: %v", tt.name, tt.address, got)
		}
	}
	m.put("new", "ann7@example.org")
	if room("7", "bob@example.org") {
		t.Error("7's address stays, for new has it, and there is no room for another")
	}
}

// TestRoutesOfMailboxesComeAndGo with registrations, while everything runs.
func TestRoutesOfMailboxesComeAndGo(t *testing.T) {
	const text = "registration: {enabled: true}\nsmtp: {url: 'smtp://127.0.0.1:1', from: p@example.org}\nchecks: []\n"
	dir, port := t.TempDir(), hosting(t)
	v := found(t, dir, text)
	stop := v.live(t)
	app := at("127.0.0.1")
	app.Compat = true
	route := mailboxRoute("ann@example.org")
	for _, tt := range []struct{ name, email string }{{"a", "ann@example.org"}, {"b", "ANN@example.org"}} {
		q := tcp(tt.name, "", port)
		q.Email = tt.email
		q.Interval = health.Duration(20 * time.Second)
		v.register(t, app, q)
	}
	v.awaitRoute(t, route, true)
	stop()
	v = found(t, dir, text) // after a restart it is there from the beginning
	if v.desks.route(route) == nil {
		t.Error("after a restart there is no route")
	}
	v.live(t)
	if err := v.registry.Remove(t.Context(), app, "a"); err != nil {
		t.Fatal(err)
	}
	v.reconfigure(t, text)
	v.awaitRoute(t, route, true) // the other wants it
	if err := v.registry.Remove(t.Context(), app, "b"); err != nil {
		t.Fatal(err)
	}
	v.awaitRoute(t, route, false)
}

// awaitRoute waits until there is a route, or is none.
func (v town) awaitRoute(t *testing.T, name string, want bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); (v.desks.route(name) != nil) != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("there is a route %s: %v", name, !want)
		}
	}
}
