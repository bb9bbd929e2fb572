package registry

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// TestChecksOfOneTarget ask it once in five seconds together.
func TestChecksOfOneTarget(t *testing.T) {
	d := newDisk()
	v := admit(t, d, newPanel())
	every := func(name, target string, seconds int) registration.Request {
		q := asking(name, target)
		q.Interval = health.Duration(time.Duration(seconds) * time.Second)
		return q
	}
	v.register(t, at("192.0.2.1"), every("a", "tcp://db:80", 10))
	v.register(t, at("192.0.2.2"), every("b", "http://DB./x", 10))
	for range 2 {
		_, err := v.Register(t.Context(), at("192.0.2.3"), every("c", "tcp://db:80", 300))
		if r := refused(t, err, registration.Invalid); len(r.Fields) != 1 || r.Fields[0].Field != "interval" || !r.Fields[0].OutOfRange {
			t.Errorf("a third: %v", r)
		}
		v = admit(t, d, newPanel()) // and after a restart
	}
	v.register(t, at("192.0.2.3"), every("c", "tcp://db:81", 5))                                      // another port
	v.register(t, at("192.0.2.1"), every("a", "tcp://db:80", 10))                                     // its own share
	if _, err := v.Register(t.Context(), at("192.0.2.1"), every("a", "tcp://db:80", 9)); err == nil { // and no more
		t.Error("more than its share")
	}
	v.register(t, at("192.0.2.1"), every("a", "tcp://db:80", 20))
	v.register(t, at("192.0.2.3"), every("d", "tcp://db:80", 20))
	if err := v.Remove(t.Context(), at("192.0.2.2"), "b"); err != nil {
		t.Fatal(err)
	}
	v.register(t, at("192.0.2.3"), every("e", "tcp://db:80", 10))
	for _, name := range []string{"j1", "j2"} {
		v.register(t, at("192.0.2.4"), registration.Request{Name: name, Target: "push://", Period: health.Duration(10 * time.Second)})
	}
}

// TestQuotas count for a token, an address and an IPv6 network each, and for all
// together.
func TestQuotas(t *testing.T) {
	d := newDisk()
	v := admit(t, d, newPanel())
	for _, tt := range []struct {
		name   string
		many   func(i int) registration.Caller
		one    registration.Caller
		others []registration.Caller
	}{
		{"token", func(i int) registration.Caller { c := at(fmt.Sprintf("192.0.2.%d", i)); c.Token = "ci"; return c }, registration.Caller{Token: "ci"}, []registration.Caller{at("192.0.2.1"), {Token: "cd"}}},
		{"v4", func(int) registration.Caller { return at("198.51.100.1") }, at("::ffff:198.51.100.1"), []registration.Caller{at("198.51.100.2")}},
		{"v6", func(i int) registration.Caller { return at(fmt.Sprintf("2001:db8::%x", i)) }, at("2001:db8::ffff"), []registration.Caller{at("2001:db8:0:1::1")}},
		{"local", func(int) registration.Caller { return registration.Caller{Local: true} }, registration.Caller{Local: true}, nil},
	} {
		for i := range maxPerKey {
			v.register(t, tt.many(i), asking(fmt.Sprintf("%s-%d", tt.name, i), fmt.Sprintf("tcp://%s-%d:80", tt.name, i)))
		}
		writes := d.writes
		_, err := v.Register(t.Context(), tt.one, asking(tt.name+"-more", "tcp://more:80"))
		refused(t, err, registration.Full)
		if d.writes != writes {
			t.Errorf("%s: a refusal has been written", tt.name)
		}
		for i, other := range tt.others {
			v.register(t, other, asking(fmt.Sprintf("%s-other-%d", tt.name, i), fmt.Sprintf("tcp://%s-other-%d:80", tt.name, i)))
		}
		v.register(t, tt.many(3), asking(tt.name+"-3", "tcp://again:80")) // what is there may be changed
		if err := v.Remove(t.Context(), tt.many(3), tt.name+"-3"); err != nil {
			t.Fatal(err)
		}
		v.register(t, tt.many(3), asking(tt.name+"-next", "tcp://again:80"))
		v = admit(t, d, newPanel()) // it counts after a restart, and the rate begins anew
		_, err = v.Register(t.Context(), tt.one, asking(tt.name+"-more", "tcp://more:80"))
		refused(t, err, registration.Full)
	}
}

// TestANameMovesOnlyWhereThereIsRoom: neither taking over nor moving is a way
// around a quota.
func TestANameMovesOnlyWhereThereIsRoom(t *testing.T) {
	p := newPanel()
	v := admit(t, newDisk(), p)
	for i := range maxPerKey {
		v.register(t, at("192.0.2.7"), asking(fmt.Sprintf("a%d", i), fmt.Sprintf("tcp://:%d", i+1)))
	}
	v.register(t, at("192.0.2.8"), asking("b", "tcp://:80"))
	p.set(func() { p.statuses["b"] = health.Unhealthy })
	_, err := v.Register(t.Context(), at("192.0.2.7"), asking("b", "tcp://:80"))
	refused(t, err, registration.Full)
	moving := at("192.0.2.7")
	moving.Owns = "b"
	_, err = v.Register(t.Context(), moving, asking("b", "tcp://:80"))
	refused(t, err, registration.Full)
	v.register(t, registration.Caller{Token: "ci", Addr: at("192.0.2.8").Addr}, asking("c", "tcp://:81"))
	moving.Owns = "c" // the token's, wherever its app is
	v.register(t, moving, asking("c", "tcp://:81"))
}

func TestThereAreNotTooManyRegistrations(t *testing.T) {
	v := admit(t, newDisk(), newPanel())
	for i := range maxRegistrations {
		v.roll.put(&registration.Registration{Spec: health.Spec{Name: fmt.Sprintf("a%d", i)}, Owner: fmt.Sprintf("token t%d", i)})
	}
	_, err := v.Register(t.Context(), at("192.0.2.7"), asking("b", "tcp://:80"))
	refused(t, err, registration.Full)
	v.register(t, registration.Caller{Token: "t7"}, asking("a7", "tcp://db:80"))
	if err := v.Remove(t.Context(), registration.Caller{Token: "t7"}, "a7"); err != nil {
		t.Fatal(err)
	}
	v.register(t, at("192.0.2.7"), asking("b", "tcp://:80"))
}

// TestRateOfChanges: a hundred at once, five a second, each caller for itself.
func TestRateOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := admit(t, newDisk(), newPanel())
		app := at("192.0.2.7")
		calls := []func() error{
			func() error { _, err := v.Register(t.Context(), app, asking("api", "tcp://:80")); return err },
			func() error { _, err := v.Change(t.Context(), app, "api", asking("", "tcp://:80")); return err },
			func() error { return v.PauseOwn(t.Context(), app, "api", "") },
			func() error { return v.ResumeOwn(t.Context(), app, "api") },
			func() error { return v.Remove(t.Context(), app, "api") },
		}
		for i := range changeBurst {
			if err := calls[i%len(calls)](); err != nil {
				t.Fatal(i, err)
			}
		}
		for i, call := range calls {
			if r := refused(t, call(), registration.TooOften); r.Retry <= 0 || r.Retry > time.Second {
				t.Errorf("call %d: again in %v", i, r.Retry)
			}
		}
		v.register(t, at("192.0.2.8"), asking("other", "tcp://:80"))
		_, err := v.Register(t.Context(), app, asking("api", "tcp://:80"))
		time.Sleep(refused(t, err, registration.TooOften).Retry)
		v.register(t, app, asking("api", "tcp://:80"))
		time.Sleep(time.Minute)
		for range changeBurst {
			v.register(t, app, asking("api", "tcp://:80"))
		}
	})
}
