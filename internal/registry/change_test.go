package registry

import (
	"slices"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// TestStrangersChangeNothing, and read nothing that is private; the owner, in each
// of its shapes, and an administrator do.
func TestStrangersChangeNothing(t *testing.T) {
	byAddress, byToken := at("192.0.2.7"), registration.Caller{Token: "ci", Addr: at("192.0.2.7").Addr}
	admin := registration.Caller{Token: "root", Admin: true, Addr: at("192.0.2.99").Addr}
	for _, tt := range []struct {
		name  string
		owner registration.Caller
		by    registration.Caller
		may   bool
	}{
		{"the address that signed it up", byAddress, at("192.0.2.7"), true},
		{"the owner's token", byAddress, owning("api"), true},
		{"the token that signed it up", byToken, registration.Caller{Token: "ci", Local: true}, true},
		{"an administrator", byAddress, admin, true},
		{"another address", byAddress, at("192.0.2.8"), false},
		{"an old client of another address", byAddress, registration.Caller{Addr: at("192.0.2.8").Addr, Compat: true}, false},
		{"another token", byToken, registration.Caller{Token: "cd", Addr: at("192.0.2.7").Addr}, false},
		{"the address of whom a token signed up", byToken, byAddress, false},
		{"another's owner's token", byAddress, owning("other"), false},
		{"this machine", byAddress, registration.Caller{Local: true, Addr: at("127.0.0.1").Addr}, false},
	} {
		d, p := newDisk(), newPanel()
		v := admit(t, d, p)
		v.register(t, tt.owner, asking("api", "tcp://:80"))
		v.register(t, at("192.0.2.50"), asking("other", "tcp://:80"))
		writes := d.writes
		for what, try := range map[string]func() error{
			"change": func() error { return second(v.Change(t.Context(), tt.by, "api", asking("", "tcp://:80"))) },
			"read":   func() error { return v.MayChange(tt.by, "api") },
			"pause":  func() error { return v.PauseOwn(t.Context(), tt.by, "api", "") },
			"resume": func() error { return v.ResumeOwn(t.Context(), tt.by, "api") },
		} {
			if err := try(); tt.may && err != nil {
				t.Errorf("%s may not %s: %v", tt.name, what, err)
			} else if !tt.may {
				refused(t, err, registration.Forbidden)
			}
		}
		if err := v.Remove(t.Context(), tt.by, "api"); tt.may && err != nil {
			t.Errorf("%s may not remove: %v", tt.name, err)
		} else if !tt.may {
			refused(t, err, registration.Forbidden)
		}
		if r, ok := p.asks("api"); ok == tt.may || ok && r.Owner != tt.owner.Identity() || !tt.may && d.writes != writes {
			t.Errorf("%s: then %+v is asked", tt.name, r)
		}
	}
}

// TestChange of a definition: whose it is and whence stays, whoever does it.
func TestChange(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	app := at("192.0.2.7")
	first := v.register(t, app, asking("api", "tcp://:80"))
	q := asking("", "http://:8080/health")
	q.Timeout = health.Duration(40e9)
	for _, by := range []registration.Caller{app, owning("api"), {Token: "root", Admin: true, Addr: at("192.0.2.99").Addr}} {
		got, err := v.Change(t.Context(), by, "api", q)
		if err != nil || got.Outcome != registration.Changed || got.Secret != "" || len(got.Notes) != 1 {
			t.Fatalf("by %s: %+v, %v", by.By(), got, err)
		}
		r, _ := p.asks("api")
		if r.Spec.Target != "http://192.0.2.7:8080/health" || r.Owner != first.Owner || r.Addr != first.Addr || r.Hash != first.Hash || r.Restarts != 0 {
			t.Errorf("by %s: %+v", by.By(), r)
		}
	}
	if p.enters != 2 {
		t.Errorf("entered %d times, though two changes were none", p.enters)
	}
	if r, _ := admit(t, d, newPanel()).Registration("api"); r.Spec.Target != "http://192.0.2.7:8080/health" {
		t.Errorf("after a restart: %+v", r)
	}
	_, err := v.Change(t.Context(), app, "api", asking("db", "tcp://:80"))
	if r := refused(t, err, registration.Invalid); r.Fields[0].Field != "name" {
		t.Errorf("another name: %v", r)
	}
	q.Interval = -1
	_, err = v.Change(t.Context(), app, "api", q)
	refused(t, err, registration.Invalid)
	_, err = v.Change(t.Context(), app, "nobody", asking("", "tcp://:80"))
	refused(t, err, registration.Absent)
}

// TestChangeKeepsWhatItCannotSay: an old client's check stays one, and its mail.
func TestChangeKeepsWhatItCannotSay(t *testing.T) {
	p := newPanel()
	v := admit(t, newDisk(), p)
	old := at("192.0.2.7")
	old.Compat = true
	q := asking("api", "http://:80/")
	q.Email = "ann@example.org"
	v.register(t, old, q)
	if _, err := v.Change(t.Context(), registration.Caller{Token: "root", Admin: true}, "api", asking("", "http://:81/")); err != nil {
		t.Fatal(err)
	}
	if r, _ := p.asks("api"); r.Email != q.Email || r.Spec.Origin != health.FromCompat || r.Spec.Target != "http://192.0.2.7:81/" {
		t.Errorf("then: %+v", r)
	}
}

// TestRemove leaves nothing: no pause waits for whoever signs up the name next.
func TestRemove(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	app := at("192.0.2.7")
	first := v.register(t, app, asking("api", "tcp://:80"))
	if err := v.PauseOwn(t.Context(), app, "api", ""); err != nil {
		t.Fatal(err)
	}
	if err := v.Remove(t.Context(), app, "api"); err != nil {
		t.Fatal(err)
	}
	if len(d.keys()) > 0 || len(p.entered) > 0 || len(v.Registrations()) > 0 || len(v.Pauses()) > 0 {
		t.Errorf("left: %v, asked %v", d.keys(), p.entered)
	}
	if _, ok := v.Owner(first.Secret); ok {
		t.Error("the owner's token is worth something")
	}
	if p.marked() != "registered api by address 192.0.2.7, removed api by address 192.0.2.7" {
		t.Errorf("marks: %s", p.marked())
	}
	refused(t, v.Remove(t.Context(), app, "api"), registration.Absent)
	if all := admit(t, d, newPanel()).Registrations(); len(all) > 0 {
		t.Errorf("after a restart: %v", all)
	}
	if got := v.register(t, at("192.0.2.8"), asking("api", "tcp://:80")); got.Outcome != registration.Created {
		t.Errorf("the name is not free: %+v", got)
	}
	// The process ended after the check was forgotten, and before its pause was.
	d.put("pause/db", `{"check":"db","by":"address 192.0.2.7","registered":true}`)
	v = admit(t, d, p)
	v.register(t, at("192.0.2.8"), asking("db", "tcp://:81"))
	if _, paused := v.Paused("db"); paused || slices.Contains(d.keys(), "pause/db") {
		t.Error("who signs it up is paused")
	}
}

func TestPauseOwn(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	app := at("192.0.2.7")
	v.register(t, app, asking("api", "tcp://:80"))
	if err := v.PauseOwn(t.Context(), app, "api", "moves"); err != nil {
		t.Fatal(err)
	}
	again := newPanel()
	v = admit(t, d, again)
	if got := again.ward.said(); got != "pause api by address 192.0.2.7: moves" {
		t.Errorf("after a restart the watcher was told: %q", got)
	}
	if err := v.ResumeOwn(t.Context(), owning("api"), "api"); err != nil {
		t.Fatal(err)
	}
	if got := again.ward.said(); got != "pause api by address 192.0.2.7: moves, resume api by owner of api" {
		t.Errorf("the watcher was told: %q", got)
	}
	r := refused(t, v.PauseOwn(t.Context(), app, "api", "a\nb"), registration.Invalid)
	if r.Fields[0].Field != "why" {
		t.Errorf("fields: %v", r.Fields)
	}
	for name := range map[string]bool{"nobody": true, "configured": true} {
		again.set(func() { again.configured["configured"] = true })
		again.ward.add(name)
		refused(t, v.PauseOwn(t.Context(), app, name, ""), registration.Absent)
		refused(t, v.ResumeOwn(t.Context(), app, name), registration.Absent)
	}
}

// TestATokenIsNoOption, though it is called like one: what it pauses is paused by
// somebody.
func TestATokenIsNoOption(t *testing.T) {
	v := admit(t, newDisk(), newPanel())
	ci := registration.Caller{Token: string(health.AfterOutage), Addr: at("192.0.2.7").Addr}
	v.register(t, ci, asking("api", "tcp://:80"))
	if err := v.PauseOwn(t.Context(), ci, "api", ""); err != nil {
		t.Fatal(err)
	}
	if p, _ := v.Paused("api"); p.By != "token pause_after" {
		t.Errorf("paused by %q", p.By)
	}
	v.register(t, ci, asking("api", "tcp://:80"))
	if err := v.PauseAfterOutage(t.Context(), "api", "down for longer than 1h"); err != nil {
		t.Fatal(err)
	}
	if p, _ := v.Paused("api"); p.By != string(health.AfterOutage) || p.Why == "" || !p.Registered {
		t.Errorf("paused by %+v", p)
	}
}
