package notify

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestDeskOutlastsTheDisk: what cannot be committed keeps nobody from being
// told, once.
func TestDeskOutlastsTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "a", "b")
		stop := o.open()
		o.book.do(func() { o.book.advances = errRefused })
		began := time.Now()
		o.falls("a")
		synctest.Wait()
		want(t, "told", o.box.words("a"), "down")
		if d := o.box.all()[0].at.Sub(began); d > time.Second {
			t.Errorf("told after %v", d)
		}
		time.Sleep(time.Hour)
		o.rises("a")
		o.falls("b")
		time.Sleep(time.Hour)
		o.book.do(func() {
			if o.book.commits > 300 {
				t.Errorf("%d commits tried in two hours", o.book.commits)
			}
			o.book.advances = nil
		})
		time.Sleep(time.Minute)
		stop()
		stop = o.open()
		time.Sleep(time.Minute)
		stop()
		want(t, "told", o.box.words("a"), "down up")
		want(t, "told", o.box.words("b"), "down")
	})
}

// TestDeskWithALostPlace goes on from the end of the journal that is there now,
// says so, and remembers what it told.
func TestDeskWithALostPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		o := newOffice(t, every, "shop", "db")
		o.log = slog.New(slog.NewTextHandler(&log, nil))
		stop := o.open()
		o.falls("shop")
		time.Sleep(time.Minute)
		o.book.burn()
		time.Sleep(time.Minute)
		o.falls("db")
		time.Sleep(time.Minute)
		stop()
		if s := log.String(); !strings.Contains(s, "level=ERROR") || !strings.Contains(s, "lost") {
			t.Errorf("the log does not say so: %s", s)
		}
		stop = o.open() // the statuses are learned anew
		o.book.append(health.Change{Check: "shop", From: health.Unknown, To: health.Healthy, At: time.Now(), Began: time.Now()})
		time.Sleep(time.Minute)
		stop()
		want(t, "told", o.box.words("shop"), "down closed")
		want(t, "told", o.box.words("db"), "down")
		keys := map[string]bool{}
		for _, s := range o.box.all() {
			keys[s.Key] = true
		}
		if len(keys) != 3 {
			t.Errorf("%d keys for three notices", len(keys))
		}
	})
}

// TestDeskRelearns what is so when its place in the journal is lost: nobody is
// left with an outage that is over, or without one that is not.
func TestDeskRelearns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "over", "new", "same", "removed", "unheard")
		stop := o.open()
		o.book.append(health.Change{Check: "new", From: health.Unknown, To: health.Healthy, At: time.Now(), Began: time.Now()})
		for _, name := range []string{"over", "same", "removed"} {
			o.falls(name)
		}
		time.Sleep(time.Minute)
		began := time.Now()
		o.town.turn("over", health.Healthy)
		o.town.turn("new", health.Unhealthy)
		o.town.mu.Lock()
		o.town.states["new"].Down = began
		fell := *o.town.states["unheard"]
		fell.Status, fell.Passes, fell.Down = health.Unhealthy, 0, began
		o.town.states["unheard"] = &fell
		delete(o.town.states, "removed")
		o.town.mu.Unlock()
		o.book.burn()
		o.book.append(health.Change{Check: "another", From: health.Unknown, To: health.Healthy, At: time.Now(), Began: time.Now()})
		time.Sleep(time.Minute)
		o.rises("new")
		time.Sleep(time.Minute)
		stop()
		want(t, "over", o.box.words("over"), "down closed")
		want(t, "new", o.box.words("new"), "down up")
		want(t, "same", o.box.words("same"), "down")
		want(t, "unheard", o.box.words("unheard"), "down")
		want(t, "removed", o.box.words("removed"), "down closed")
		for _, s := range o.box.all() {
			if s.Check == "new" && s.Kind == Down && !s.Began.Equal(began) {
				t.Errorf("began %v, want %v", s.Began, began)
			}
		}
		believes(t, o.box.all(), nil)
	})
}

// TestDeskDropsBrokenNotes loudly, and goes on with the others.
func TestDeskDropsBrokenNotes(t *testing.T) {
	long := `{"check":"long","status":"` + strings.Repeat("x", maxNote) + `"}`
	broken := map[string]string{
		"case/a": "", "case/b": "{", "case/c": `{"check":"other"}`, "case/": `{}`, "case/long": long, "case/d": "null",
		"case/e":   `{"check":"e","past":{"count":-1}}`,
		"case/f":   `{"check":"f","past":{"count":3}}`,
		"case/g":   `{"check":"g","try":{"notice":{"check":"other","key":"k","kind":"down"}}}`,
		"case/h":   `{"check":"h","try":{}}`,
		"case/i":   `{"check":"i","try":{"notice":{"check":"i","key":"k","kind":"down"},"past":{"count":1}}}`,
		"case/j":   `{"check":"j","suspect":1}`,
		"parked/x": `{}`, "parked/00000000000000000001": `null`, "what": "ever", "": "",
	}
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		o := newOffice(t, every, "shop")
		o.log = slog.New(slog.NewTextHandler(&log, nil))
		o.open()()
		for key, value := range broken {
			o.book.notes["ops/test"][key] = []byte(value)
		}
		stop := o.open()
		o.falls("shop")
		time.Sleep(time.Minute)
		stop()
		want(t, "told", o.box.words("shop"), "down")
		if n := strings.Count(log.String(), "level=ERROR"); n != len(broken) {
			t.Errorf("%d complaints, want %d: %s", n, len(broken), log.String())
		}
		if n := len(o.book.notes["ops/test"]); n != 1 {
			t.Errorf("%d notes are left, want that of shop", n)
		}
	})
}

// TestDeskTakesAnotherRoute at once.
func TestDeskTakesAnotherRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop", "db")
		stop := o.open()
		o.falls("shop")
		time.Sleep(30 * time.Minute)
		o.desk.SetRoute(Route{Name: "ops", Recovery: true, RemindEvery: time.Hour, After: time.Hour})
		time.Sleep(time.Hour)
		want(t, "told", o.box.words("shop"), "down reminder")
		o.falls("db")
		time.Sleep(59 * time.Minute)
		want(t, "told", o.box.words("db"), "")
		time.Sleep(2 * time.Minute)
		want(t, "told", o.box.words("db"), "down")
		o.town.mu.Lock()
		o.town.acks["check/shop/1"] = true
		o.town.mu.Unlock()
		n := len(o.box.words("shop"))
		time.Sleep(5 * time.Hour)
		if m := len(o.box.words("shop")); m != n {
			t.Errorf("%d reminders after it was acknowledged", m-n)
		}
		stop()
	})
}

// TestDeskForgetsWhoIsNoMore, so that its memory is bounded by the checks.
func TestDeskForgetsWhoIsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop", "db", "old")
		stop := o.open()
		for _, name := range []string{"shop", "db", "old"} {
			o.book.append(health.Change{Check: name, From: health.Unknown, To: health.Healthy, At: time.Now(), Began: time.Now()})
		}
		time.Sleep(time.Minute)
		o.town.mu.Lock()
		delete(o.town.states, "old")
		st := *o.town.states["db"]
		spec := *st.Spec
		spec.Alerts, st.Spec = nil, &spec
		o.town.states["db"] = &st
		o.town.mu.Unlock()
		time.Sleep(2 * sweepEvery)
		o.book.append(health.Change{Check: "db", From: health.Healthy, To: health.Unhealthy, At: time.Now(), Began: time.Now()})
		time.Sleep(time.Minute)
		o.book.do(func() {
			if n := len(o.book.notes["ops/test"]); n != 2 {
				t.Errorf("%d notes are left, want those of shop and of db, which is down", n)
			}
		})
		o.book.append(health.Change{Check: "db", From: health.Unhealthy, To: health.Healthy, At: time.Now(), Began: time.Now()})
		time.Sleep(time.Minute)
		stop()
		if n := o.book.notes["ops/test"]; len(n) != 1 || n["case/shop"] == nil {
			t.Errorf("%d notes are left, want that of shop", len(n))
		}
		if n := o.box.attempts(); n != 0 {
			t.Errorf("%d notices", n)
		}
	})
}
