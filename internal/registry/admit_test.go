package registry

import (
	"slices"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// TestTheConfigurationWins a clash of names: nobody signs up what it has, and what
// was signed up before waits, is shown, and comes back.
func TestTheConfigurationWins(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	app := at("192.0.2.7")
	got := v.register(t, app, asking("api", "tcp://:80"))
	p.set(func() { p.configured["api"], p.configured["db"] = true, true })
	v.Configure(nil)
	v.Configure(nil)
	for range 2 { // and after a restart
		for what, err := range map[string]error{
			"sign up": second(v.Register(t.Context(), at("192.0.2.8"), asking("db", "tcp://:80"))), "sign up again": second(v.Register(t.Context(), app, asking("api", "tcp://:80"))),
			"change": second(v.Change(t.Context(), app, "api", asking("", "tcp://:81"))), "pause": v.PauseOwn(t.Context(), app, "api", ""),
			"resume": v.ResumeOwn(t.Context(), app, "api"),
		} {
			if r := refused(t, err, registration.Configured); !strings.Contains(r.Detail, "The configuration has") {
				t.Errorf("%s: %v", what, r)
			}
		}
		refused(t, v.MayChange(at("192.0.2.8"), "api"), registration.Forbidden)
		if err := v.MayChange(owning("api"), "api"); err != nil { // it may be read, and signed off
			t.Error(err)
		}
		if all := v.Registrations(); len(all) != 1 || !all[0].Conflict {
			t.Errorf("shown: %+v", all)
		}
		if r, ok := v.Registration("api"); !ok || !r.Conflict {
			t.Errorf("shown: %+v", r)
		}
		if n := strings.Count(v.log.String(), "level=WARN"); n != 1 {
			t.Errorf("told of %d times: %s", n, v.log)
		}
		v = admit(t, d, p)
	}
	p.set(func() { delete(p.configured, "api") })
	v.Configure(nil)
	if r, ok := p.asks("api"); !ok || !r.Same(&got.Registration) {
		t.Errorf("then there is asked: %+v", r)
	}
	if r, _ := v.Registration("api"); r.Conflict || v.MayChange(app, "api") != nil {
		t.Errorf("shown: %+v", r)
	}
	if !strings.Contains(v.log.String(), "let its name go") {
		t.Errorf("not told: %s", v.log)
	}
	p.set(func() { p.configured["api"] = true })
	if err := v.Remove(t.Context(), app, "api"); err != nil || len(d.keys()) > 0 {
		t.Errorf("what waits cannot be signed off: %v", err)
	}
}

// TestAPauseIsOfOneCheck: that of a registered check is not that of a configured
// one which has got its name, and the other way round.
func TestAPauseIsOfOneCheck(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	app := at("192.0.2.7")
	v.register(t, app, asking("api", "tcp://:80"))
	if err := v.PauseOwn(t.Context(), app, "api", "moves"); err != nil {
		t.Fatal(err)
	}
	p.set(func() { p.configured["api"], p.statuses["api"] = true, health.Unknown })
	v.Configure(nil)
	const turned = "pause api by address 192.0.2.7: moves, resume api by configuration"
	if _, paused := v.Paused("api"); paused || v.ward.said() != turned {
		t.Errorf("the watcher was told: %s", v.ward.said())
	}
	p.set(func() { delete(p.configured, "api") })
	v.Configure(nil)
	if _, paused := v.Paused("api"); !paused || v.ward.said() != turned+", pause api by address 192.0.2.7: moves" {
		t.Errorf("the watcher was told: %s", v.ward.said())
	}
	// The configuration's check is paused, by the configuration and by hand.
	p.set(func() { p.configured["api"], p.paused["api"] = true, true })
	v.Configure(nil)
	if strings.Count(v.ward.said(), "resume") != 1 {
		t.Errorf("what the configuration paused is resumed: %s", v.ward.said())
	}
	if err := v.Pause(t.Context(), "api", "ops", ""); err != nil {
		t.Fatal(err)
	}
	if got, paused := v.Paused("api"); !paused || got.By != "ops" || got.Registered {
		t.Errorf("paused by hand: %+v", got)
	}
	if err := v.Remove(t.Context(), app, "api"); err != nil {
		t.Fatal(err)
	}
	if got, paused := v.Paused("api"); !paused || got.By != "ops" || !slices.Equal(d.keys(), []string{"pause/api"}) {
		t.Errorf("what was paused by hand is forgotten: %+v, %v", got, d.keys())
	}
}

// TestDamagedRegistrationsAreLeftAlone, and loud.
func TestDamagedRegistrationsAreLeftAlone(t *testing.T) {
	d := newDisk()
	good := `"spec":{"name":"NAME","target":"tcp://db:80","interval":"30s","timeout":"5s","thresholds":{"unhealthy":2,"healthy":10},"origin":"api"},"owner":"token ci"`
	for key, value := range map[string]string{
		"check/a": "{" + strings.ReplaceAll(good, "NAME", "a") + "}",
		"check/b": "{" + strings.ReplaceAll(good, "NAME", "a") + "}",                          // another's
		"check/c": "{", "check/d": "[]", "check/e": `{"spec":{"name":"e","interval":"soon"}}`, // unreadable
		"check/f": `{"spec":{"name":"f"},"owner":"token ci"}`,                                     // nothing to ask
		"check/g": strings.ReplaceAll("{"+good+`,"hash":"x"}`, "NAME", "g"),                       // no hash
		"check/h": strings.ReplaceAll("{"+good+"}", `"NAME"`, `"h","title":"t","insecure":true`),  // of another version
		"check/i": strings.ReplaceAll(strings.ReplaceAll("{"+good+"}", "NAME", "i"), "30s", "1s"), // too often
		"check/":  strings.ReplaceAll("{"+good+"}", "NAME", ""),
	} {
		d.put(key, value)
	}
	before, writes := d.keys(), d.writes
	p := newPanel()
	v := admit(t, d, p)
	if n := strings.Count(v.log.String(), "level=ERROR"); n != 8 {
		t.Errorf("%d errors are logged, want 8:\n%s", n, v.log)
	}
	v.Configure(nil)
	if n := strings.Count(v.log.String(), "level=ERROR"); n != 8 {
		t.Errorf("and again: %s", v.log)
	}
	if _, a := p.asks("a"); !a || len(p.entered) != 2 || !slices.Equal(d.keys(), before) || d.writes != writes {
		t.Errorf("asked: %v, left: %v", p.entered, d.keys())
	}
	// What can be read is still somebody's.
	_, err := v.Register(t.Context(), at("192.0.2.7"), asking("i", "tcp://:80"))
	refused(t, err, registration.Taken)
	if r, _ := v.Registration("i"); len(r.Wrong) == 0 || r.Wrong[0].Field != "interval" {
		t.Errorf("shown: %+v", r)
	}
	v.register(t, registration.Caller{Token: "ci"}, asking("i", "tcp://db:81"))
	if r, ok := p.asks("i"); !ok || r.Restarts != 1 {
		t.Errorf("signed up anew: %+v", r)
	}
	v.register(t, at("192.0.2.7"), asking("c", "tcp://:80"))
}

// TestWhatIsNotPermittedAnyMore is not asked, and shown with why; and it is asked
// again when it may be.
func TestWhatIsNotPermittedAnyMore(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	v.register(t, at("192.0.2.7"), asking("api", "tcp://10.0.0.1:80"))
	terms := registration.Terms{DefaultAlerts: []string{"night"}}
	p.set(func() {
		p.wrong = func(registration.Registration) []health.FieldError {
			return []health.FieldError{{Field: "target", Reason: "is not reached"}}
		}
	})
	v.Admit(p, terms)
	v.Configure(nil)
	v.Configure(nil)
	if _, ok := p.asks("api"); ok {
		t.Error("it is asked")
	}
	if r, _ := v.Registration("api"); len(r.Wrong) != 1 || strings.Count(v.log.String(), "level=ERROR") != 1 {
		t.Errorf("shown: %+v; told: %s", r, v.log)
	}
	refused(t, v.PauseOwn(t.Context(), at("192.0.2.7"), "api", ""), registration.Absent)
	p.set(func() { p.wrong = nil })
	v.Admit(p, terms)
	v.Configure(nil)
	r, ok := p.asks("api")
	if shown, _ := v.Registration("api"); !ok || shown.Wrong != nil || !slices.Equal(r.Spec.Alerts, []string{"night"}) || r.Spec.PauseAfter != 0 {
		t.Errorf("asked: %+v", r)
	}
}

// TestRoutesThatAreGone: the default ones are told until they are back.
func TestRoutesThatAreGone(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	q := asking("api", "tcp://:80")
	q.Alerts = []string{"dev"}
	v.register(t, at("192.0.2.7"), q)
	p.set(func() {
		p.wrong = func(r registration.Registration) []health.FieldError {
			if slices.Contains(r.Spec.Alerts, "dev") {
				return []health.FieldError{{Field: "alerts", Reason: "there is no route dev"}}
			}
			return nil
		}
	})
	for range 2 {
		v = admit(t, d, p)
		if r, _ := p.asks("api"); !slices.Equal(r.Spec.Alerts, []string{"ops"}) || !strings.Contains(v.log.String(), "level=WARN") {
			t.Errorf("told: %v; log: %s", r.Spec.Alerts, v.log)
		}
	}
	p.set(func() { p.wrong = nil })
	v.Admit(p, v.terms)
	v.Configure(nil)
	if r, _ := p.asks("api"); !slices.Equal(r.Spec.Alerts, []string{"dev"}) {
		t.Errorf("told, when the route is back: %v", r.Spec.Alerts)
	}
}

// TestWhatCouldNotBeEntered is tried again.
func TestWhatCouldNotBeEntered(t *testing.T) {
	d, p := newDisk(), newPanel()
	admit(t, d, p).register(t, at("192.0.2.7"), asking("api", "tcp://:80"))
	p = newPanel()
	p.full = true
	v := admit(t, d, p)
	if r, _ := v.Registration("api"); len(r.Wrong) != 1 {
		t.Errorf("shown: %+v", r)
	}
	p.set(func() { p.full = false })
	if err := v.turn(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, ok := p.asks("api"); !ok {
		t.Error("it is not asked")
	}
}

// TestWhatWasPausedStaysSo when its check is asked only later: what is registered
// could not be read at first, its definition was wrong, or the configuration had
// its name.
func TestWhatWasPausedStaysSo(t *testing.T) {
	const paused = "pause api by address 192.0.2.7: moves"
	d, p := newDisk(), newPanel()
	v, app := admit(t, d, p), at("192.0.2.7")
	v.register(t, app, asking("api", "tcp://10.0.0.1:80"))
	if err := v.PauseOwn(t.Context(), app, "api", "moves"); err != nil {
		t.Fatal(err)
	}
	p = newPanel()
	p.wrong = func(r registration.Registration) []health.FieldError {
		if r.Spec.Target == "tcp://10.0.0.1:80" {
			return []health.FieldError{{Field: "target", Reason: "is not reached"}}
		}
		return nil
	}
	v = admit(t, d, p)
	if _, ok := p.asks("api"); ok || p.ward.said() != "" {
		t.Fatalf("what is wrong is asked, or paused: %s", p.ward.said())
	}
	if _, err := v.Change(t.Context(), app, "api", asking("", "tcp://:80")); err != nil || p.ward.said() != paused {
		t.Errorf("changed to what is right: %v, the watcher was told: %q", err, p.ward.said())
	}
	p = newPanel()
	p.configured["api"] = true
	v = admit(t, d, p)
	p.set(func() { delete(p.configured, "api") })
	v.Configure(nil)
	if p.ward.said() != paused {
		t.Errorf("the configuration has let the name go, the watcher was told: %q", p.ward.said())
	}
	p = newPanel()
	v = village{house{New(d, p.ward, v.Registry.log), d, p.ward, v.house.log}, p}
	v.Admit(p, registration.Terms{})
	d.set(false, false, true)
	if err := v.Load(t.Context()); err == nil {
		t.Fatal("loaded")
	}
	d.set(false, false, false)
	if err := v.turn(t.Context(), false); err != nil || p.ward.said() != paused {
		t.Errorf("loaded later: %v, the watcher was told: %q", err, p.ward.said())
	}
}

// TestTheConfigurationsPauseIsItsOwn: an app's check that gets its name back is not
// paused because somebody paused the configured one.
func TestTheConfigurationsPauseIsItsOwn(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	v.register(t, at("192.0.2.7"), asking("api", "tcp://:80"))
	p.set(func() { p.configured["api"] = true })
	v.Configure(nil)
	if err := v.Pause(t.Context(), "api", "ops", ""); err != nil {
		t.Fatal(err)
	}
	p.set(func() { delete(p.configured, "api"); p.ward = newWard("api") })
	v.watcher = p.ward
	v.Configure(nil)
	if _, paused := v.Paused("api"); paused || p.ward.said() != "" {
		t.Errorf("the watcher was told: %q", p.ward.said())
	}
	p.set(func() { p.configured["api"] = true })
	v.Configure(nil)
	if got, paused := v.Paused("api"); !paused || got.By != "ops" || p.ward.said() != "pause api by ops" {
		t.Errorf("the configured one again: %+v; the watcher was told: %q", got, p.ward.said())
	}
}

// TestAReloadTellsWhatIsNew: who reads meanwhile sees what was there before, and
// nothing is made anew.
func TestAReloadTellsWhatIsNew(t *testing.T) {
	p := newPanel()
	v := admit(t, newDisk(), p)
	v.register(t, at("192.0.2.7"), asking("api", "tcp://:80"))
	before := v.roll.names["api"]
	v.Admit(p, v.terms)
	v.Configure(nil)
	if v.roll.names["api"] != before {
		t.Error("what has not changed is another")
	}
	v.Admit(p, registration.Terms{DefaultAlerts: []string{"night"}})
	v.Configure(nil)
	if r, _ := v.Registration("api"); !slices.Equal(r.Spec.Alerts, []string{"night"}) {
		t.Errorf("what has changed is not: %+v", r)
	}
}
