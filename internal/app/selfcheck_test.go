package app

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// taken keeps what it is told.
type taken struct {
	states  []*health.State
	entries []event.Entry
}

func (t *taken) Check(st *health.State) { t.states = append(t.states, st) }
func (t *taken) Uncheck(string)         {}
func (t *taken) Record(e event.Entry)   { t.entries = append(t.entries, e) }

// TestSelfChecks: a part that is ill for long enough is told once, with why, and
// once that it is well; a hiccup is not told.
func TestSelfChecks(t *testing.T) {
	var trouble error
	c, all := newSelfCheck("journal", "the journal's file can be written", 3, func() error { return trouble }), &taken{}
	ask := func(n int, err error) {
		for range n {
			trouble = err
			if r, ok := c.result("host"); ok {
				c.judge(r, all, all)
			}
		}
	}
	ill := errors.New("disk full")
	ask(2, nil)
	ask(2, ill) // a hiccup
	ask(1, nil)
	ask(5, ill)
	ask(2, nil)
	var told []string
	for _, e := range all.entries {
		if e.Stream != "check/portreeve.journal" || e.Change == nil || e.Observer != "host" {
			t.Fatalf("recorded %+v", e)
		}
		if e.Change.From == health.Unknown && e.Change.To.Up() {
			t.Errorf("that it is well at the start is recorded: %+v", e.Change)
		}
		if e.Change.To == health.Unhealthy || e.Change.From == health.Unhealthy {
			told = append(told, string(e.Change.To)+" "+string(e.Change.Text))
		}
	}
	if got := strings.Join(told, "; "); got != "UNHEALTHY disk full; HEALTHY " {
		t.Errorf("told %q", got)
	}
	if len(all.states) != 8 || all.states[5].Status != health.Unhealthy || all.states[7].Status != health.Healthy {
		t.Errorf("%d states", len(all.states))
	}
}

// TestSelfChecksGoOn: one that was ill before a restart is told as well, once.
func TestSelfChecksGoOn(t *testing.T) {
	c, all := newSelfCheck("mirror", "", 3, func() error { return nil }), &taken{}
	began := time.Now().Add(-time.Hour)
	c.tracker.Recall(health.Change{Check: c.spec.Name, From: health.Healthy, To: health.Unhealthy, At: began, Began: began, Down: began}, began)
	for range 2 {
		r, _ := c.result("host")
		c.judge(r, all, all)
	}
	if len(all.entries) != 1 || all.entries[0].Change.To != health.Healthy || time.Duration(all.entries[0].Change.Outage) < time.Hour {
		t.Errorf("recorded %+v", all.entries)
	}
}
