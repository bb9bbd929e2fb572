package app

import (
	"context"
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/watch"
)

// A selfCheck asks whether a part of portreeve is well. It is judged, kept and
// told as any check; those of faults that blind checks are watch's own.
type selfCheck struct {
	spec     health.Spec
	ask      func() error
	patience int // answers in a row that it must be ill for; fewer are nobody's business
	ill      int
	tracker  *health.Tracker
	moves    health.Moves
}

const (
	selfEvery = 5 * time.Second
	// A journal must be ill for so many answers before anybody is told, and a
	// mirror, which may be restarted, for so many.
	journalPatience, mirrorPatience = 2, 24
	// freshDamage is for how long it is told that a damaged file was moved aside.
	freshDamage = time.Hour
)

func newSelfCheck(part, title string, patience int, ask func() error) *selfCheck {
	c := &selfCheck{ask: ask, patience: patience, spec: health.Spec{
		Name: health.SelfPrefix + part, Title: title, Origin: health.FromSelf,
		Thresholds: health.Thresholds{Unhealthy: 1, Healthy: 1},
	}}
	c.tracker = health.NewTracker(&c.spec)
	return c
}

// selfChecks are those of the parts that this house has.
func (h *house) selfChecks(heads []event.Entry, alive time.Time) []*selfCheck {
	var all []*selfCheck
	if h.standby != nil {
		all = append(all, newSelfCheck("journal", "the journal's file can be written", journalPatience, h.journalTrouble))
	}
	if h.mirror != nil {
		all = append(all, newSelfCheck("mirror", "the journal's mirror can be written", mirrorPatience, h.mirror.Err))
	}
	for _, c := range all {
		for _, head := range heads {
			if head.Change != nil && head.Change.Check == c.spec.Name {
				c.tracker.Recall(*head.Change, alive)
			}
		}
	}
	return all
}

// journalTrouble returns what is wrong with the journal's file.
func (h *house) journalTrouble() error {
	if err := h.standby.Trouble(); err != nil {
		return fmt.Errorf("the file cannot be written, %d entries are in memory alone: %w", h.standby.Unsaved(), err)
	}
	if path, at, ok := h.standby.Quarantined(); ok && time.Since(at) < freshDamage {
		return fmt.Errorf("it was damaged, and moved aside to %s; a new one was begun", path)
	}
	return nil
}

// run asks until ctx ends.
func (c *selfCheck) run(ctx context.Context, sink watch.CheckSink, recorder watch.Recorder, observer string) error {
	tick := time.NewTicker(selfEvery)
	defer tick.Stop()
	for {
		if r, ok := c.result(observer); ok {
			c.judge(r, sink, recorder)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// result asks once. It is no news, and ok is false, while the part has not been
// ill for long.
func (c *selfCheck) result(observer string) (r health.Result, ok bool) {
	r = health.Result{Check: c.spec.Name, Observer: observer, At: time.Now(), Verdict: health.Pass}
	err := c.ask()
	if err == nil {
		c.ill = 0
		return r, true
	}
	c.ill++
	r.Verdict, r.Text = health.Fail, foreign.Text(err.Error())
	return r, c.ill >= c.patience
}

// judge judges an answer and passes it on.
func (c *selfCheck) judge(r health.Result, sink watch.CheckSink, recorder watch.Recorder) {
	changes := c.tracker.Observe(r)
	for i := range changes {
		if changes[i].Moved() {
			c.moves = c.moves.And(changes[i].To)
		}
	}
	st := &health.State{Spec: &c.spec, Last: &r, Moves: c.moves}
	c.tracker.Fill(st)
	sink.Check(st)
	for i := range changes {
		if changes[i].From == health.Unknown && changes[i].To.Up() {
			continue // that a part is well when it begins is no news
		}
		recorder.Record(event.Entry{Stream: event.CheckStream(c.spec.Name), At: r.At, Observer: r.Observer, Change: &changes[i]})
	}
}
