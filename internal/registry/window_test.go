package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the tests know the zones on every machine

	"github.com/portreeve/portreeve/internal/health"
)

// live runs a registry in virtual time until the test ends.
func (h house) live(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	synctest.Wait()
}

// is fails unless a check is maintained by who is named.
func (h house) is(t *testing.T, check, want string) {
	t.Helper()
	synctest.Wait()
	if by, _ := h.ward.maintained(check); by != want {
		t.Errorf("%s is maintained by %q, want %q", check, by, want)
	}
}

func TestWindowBeginsAndEndsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, newDisk(), newWard("shop-api", "db"))
		h.live(t)
		now := time.Now()
		w, err := h.AddWindow(t.Context(), health.Window{Checks: []string{"shop-*"}, From: now.Add(90 * time.Minute), Until: now.Add(2 * time.Hour), By: "ops"})
		if err != nil {
			t.Fatal(err)
		}
		h.is(t, "shop-api", "")
		time.Sleep(90*time.Minute - 1)
		h.is(t, "shop-api", "")
		time.Sleep(time.Millisecond)
		h.is(t, "shop-api", "ops")
		h.is(t, "db", "")
		time.Sleep(30*time.Minute - time.Millisecond)
		h.is(t, "shop-api", "ops")
		time.Sleep(time.Millisecond)
		h.is(t, "shop-api", "")
		if _, told := h.ward.maintained("db"); told != 3 {
			t.Errorf("the watcher was told %d times, want 3: at first, at the beginning, at the end", told)
		}
		if got := h.Windows(); len(got) > 0 {
			t.Errorf("%s is over, yet: %v", w.ID, got)
		}
	})
}

func TestWindowEndedByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, newDisk(), newWard("api"))
		h.live(t)
		w, err := h.AddWindow(t.Context(), health.Window{Until: time.Now().Add(time.Hour), By: "ops"})
		if err != nil || w.ID == "" || !w.From.Equal(time.Now()) {
			t.Fatalf("%+v, %v", w, err)
		}
		h.is(t, "api", "ops")
		h.disk.set(true, false, false)
		if err := h.EndWindow(t.Context(), w.ID, "dev"); !errors.Is(err, errFull) {
			t.Errorf("on a full disk: %v", err)
		}
		if _, err := h.AddWindow(t.Context(), health.Window{Until: time.Now().Add(time.Hour)}); !errors.Is(err, errFull) || len(h.Windows()) != 1 {
			t.Errorf("on a full disk: %v", err)
		}
		h.is(t, "api", "ops")
		h.disk.set(false, false, false)
		if err := h.EndWindow(t.Context(), w.ID, "dev"); err != nil {
			t.Error(err)
		}
		h.is(t, "api", "")
		if err := h.EndWindow(t.Context(), w.ID, "dev"); !errors.Is(err, ErrNotFound) {
			t.Errorf("once more: %v", err)
		}
		if !strings.Contains(h.log.String(), "by=dev") {
			t.Errorf("the log does not say who: %s", h.log)
		}
	})
}

// TestConfiguredWindows stand beside those made at run time, and follow the
// configuration.
func TestConfiguredWindows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, newDisk(), newWard("api", "db"))
		h.live(t)
		// Virtual time begins on 2000-01-01, a Saturday, at midnight.
		weekly, err := health.ParseWeekly("Sun 02:00-04:00", "Europe/London")
		if err != nil {
			t.Fatal(err)
		}
		h.Configure([]health.Window{{Checks: []string{"api"}, Weekly: weekly}})
		for range 1 {
			time.Sleep(25 * time.Hour)
			h.is(t, "api", "")
			time.Sleep(time.Hour)
			h.is(t, "api", configuredBy)
			h.is(t, "db", "")
			time.Sleep(2 * time.Hour)
			h.is(t, "api", "")
			time.Sleep((7*24 - 28) * time.Hour)
		}
		time.Sleep(26 * time.Hour)
		h.is(t, "api", configuredBy)
		if err := h.EndWindow(t.Context(), "", "ops"); !errors.Is(err, ErrNotFound) {
			t.Errorf("the configuration's window was ended: %v", err)
		}
		h.Configure(nil)
		h.is(t, "api", "")
	})
}

// TestWindowsOutlastARestart, and the watcher is always told at first: what it
// remembers may be over.
func TestWindowsOutlastARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		h := open(t, d, newWard("api"))
		if _, told := h.ward.maintained("api"); told != 1 {
			t.Errorf("told %d times", told)
		}
		if _, err := h.AddWindow(t.Context(), health.Window{Until: time.Now().Add(time.Hour), By: "ops", Why: "moving"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		again := open(t, d, newWard("api"))
		again.is(t, "api", "ops")
		if got := again.Windows(); len(got) != 1 || got[0].Why != "moving" {
			t.Errorf("windows: %v", got)
		}
		time.Sleep(time.Hour)
		third := open(t, d, newWard("api"))
		third.is(t, "api", "")
		third.live(t)
		if len(d.keys()) != 1 {
			t.Error("a window that has just ended is forgotten at once: the clock may be wrong")
		}
		time.Sleep(50 * time.Hour)
		synctest.Wait()
		if keys := d.keys(); len(keys) > 0 {
			t.Errorf("still kept: %v", keys)
		}
	})
}

func TestWrongWindowsAreRefused(t *testing.T) {
	h := open(t, newDisk(), newWard())
	now := time.Now()
	for field, w := range map[string]health.Window{
		"from":   {},
		"until":  {From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour)},
		"checks": {Until: now.Add(time.Hour), Checks: []string{"["}},
	} {
		var wrong Invalid
		if _, err := h.AddWindow(t.Context(), w); !errors.As(err, &wrong) || wrong[0].Field != field {
			t.Errorf("%+v: %v", w, err)
		}
	}
	if len(h.disk.keys()) > 0 {
		t.Errorf("kept: %v", h.disk.keys())
	}
}

func TestThereAreNotTooManyWindows(t *testing.T) {
	h := open(t, newDisk(), newWard())
	w := health.Window{Until: time.Now().Add(time.Hour)}
	for i := range maxWindows {
		h.windows[fmt.Sprint(i)] = w
	}
	if _, err := h.AddWindow(t.Context(), w); !errors.Is(err, ErrFull) {
		t.Errorf("one more: %v", err)
	}
}

// TestAClockThatWasSetIsNoticed within a minute: Run rests no longer.
func TestAClockThatWasSetIsNoticed(t *testing.T) {
	h := open(t, newDisk(), newWard())
	now := time.Now()
	if got := h.rest(now); got != longest {
		t.Errorf("without a window it rests for %v", got)
	}
	if _, err := h.AddWindow(t.Context(), health.Window{From: now.Add(time.Hour), Until: now.Add(2 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for before, want := range map[time.Duration]time.Duration{time.Hour: longest, time.Second: time.Second, time.Nanosecond: time.Millisecond} {
		if got := h.rest(now.Add(time.Hour - before)); got != want {
			t.Errorf("%v before the window it rests for %v, want %v", before, got, want)
		}
	}
}

// TestLoadIsTriedAgain while nothing can be read; the configuration's windows
// count meanwhile.
func TestLoadIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.put("pause/api", `{"check":"api","by":"ops"}`)
		d.set(false, false, true)
		h := house{disk: d, ward: newWard("api")}
		first := open(t, newDisk(), newWard()) // for its log
		h.Registry, h.log = New(d, h.ward, first.Registry.log), first.log
		h.Configure([]health.Window{{From: time.Now(), Until: time.Now().Add(time.Hour)}})
		if err := h.Load(t.Context()); !errors.Is(err, errFull) {
			t.Errorf("loaded: %v", err)
		}
		h.live(t)
		h.is(t, "api", configuredBy)
		if h.ward.said() != "" {
			t.Error("it knows what it cannot read")
		}
		time.Sleep(10 * time.Minute)
		d.set(false, false, false)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := h.ward.said(); got != "pause api by ops" {
			t.Errorf("the watcher was told: %q", got)
		}
		if n := strings.Count(h.log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings: %s", n, h.log)
		}
	})
}

// TestManyAtOnce: what everybody asks for at the same time is there, before and
// after a restart.
func TestManyAtOnce(t *testing.T) {
	d := newDisk()
	checks := []string{"a", "b", "c", "d"}
	h := open(t, d, newWard(checks...))
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { _ = h.Run(ctx) })
	var asking sync.WaitGroup
	for i, check := range checks {
		asking.Go(func() {
			incident := fmt.Sprintf("check/%s/%d", check, i+1)
			for range 50 {
				for _, err := range []error{
					h.Pause(ctx, check, "ops", ""), h.Resume(ctx, check, "ops"), h.Pause(ctx, check, "ops", "again"),
					h.Acknowledge(ctx, health.Acknowledgement{Incident: incident, Check: check}),
				} {
					if err != nil {
						t.Error(err)
					}
				}
				w, err := h.AddWindow(ctx, health.Window{Until: time.Now().Add(time.Hour)})
				if err == nil {
					err = h.EndWindow(ctx, w.ID, "ops")
				}
				if err != nil {
					t.Error(err)
				}
				h.See(&health.Change{Check: check, From: health.Unhealthy, To: health.Healthy, At: time.Now()})
				h.Acknowledged(incident)
				h.Configure(h.Windows()[:0])
			}
		})
	}
	asking.Wait()
	cancel()
	all.Wait()
	again := open(t, d, newWard(checks...))
	if len(again.Pauses()) != len(checks) || len(again.Windows()) > 0 || len(d.keys()) != 2*len(checks) {
		t.Errorf("after a restart: %v, %v, %v", again.Pauses(), again.Windows(), d.keys())
	}
}

// TestPatternsAreBounded over all windows, and room comes back when one ends.
func TestPatternsAreBounded(t *testing.T) {
	h := open(t, newDisk(), newWard())
	w := health.Window{Until: time.Now().Add(time.Hour), Checks: slices.Repeat([]string{"shop-*"}, health.MaxPatterns)}
	var last health.Window
	for range maxPatterns / health.MaxPatterns {
		var err error
		if last, err = h.AddWindow(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	w.Checks = []string{"api"}
	var told interface{ Full() bool }
	if _, err := h.AddWindow(t.Context(), w); !errors.Is(err, ErrFull) || !errors.As(err, &told) || !told.Full() {
		t.Errorf("one pattern too many: %v", err)
	}
	if err := h.EndWindow(t.Context(), last.ID, "ops"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.AddWindow(t.Context(), w); err != nil {
		t.Errorf("when one has ended: %v", err)
	}
}
