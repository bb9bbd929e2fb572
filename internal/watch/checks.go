package watch

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// A Check is a definition and the probe that asks its question.
type Check struct {
	Spec  health.Spec
	Probe health.Probe
}

// Checks asks each check's question on its schedule, judges the answers and
// passes on what is believed. Each check has a goroutine of its own, which
// alone owns its Tracker.
type Checks struct {
	Checks   []Check
	Host     string // the observer's name
	Sink     CheckSink
	Recorder Recorder
	Log      *slog.Logger
}

// Run asks until ctx ends.
func (c *Checks) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, check := range c.Checks {
		c.Sink.Check(&health.State{Spec: &check.Spec, Status: health.Unknown})
		wg.Go(func() { c.run(ctx, check) })
	}
	wg.Wait()
	return nil
}

// run asks one check's question at absolute times, from its own phase on, so
// that a thousand checks do not start together.
func (c *Checks) run(ctx context.Context, check Check) {
	tracker := health.NewTracker(&check.Spec)
	var said complaint
	interval := time.Duration(check.Spec.Interval)
	due := time.Now().Add(phase(check.Spec.Name, interval))
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		result := c.ask(ctx, check)
		if ctx.Err() != nil {
			return
		}
		c.judge(check.Spec, tracker, result)
		if said.news(result) {
			c.Log.Warn("check did not pass", "check", check.Spec.Name, "target", check.Spec.Target, "verdict", result.Verdict, "reason", result.Reason, "err", result.Text)
		}
		for due = due.Add(interval); time.Until(due) < 0; {
			due = due.Add(interval)
		}
		timer.Reset(time.Until(due))
	}
}

// phase spreads the checks over one interval by their names, at most a second
// long so that the first answer comes soon.
func phase(name string, interval time.Duration) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(name))
	return time.Duration(h.Sum64() % uint64(min(interval, time.Second)))
}

func (c *Checks) ask(ctx context.Context, check Check) health.Result {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(check.Spec.Timeout))
	defer cancel()
	began := time.Now()
	r := check.Probe(ctx)
	r.Check, r.Observer, r.At, r.Took = check.Spec.Name, c.Host, began, health.Duration(time.Since(began))
	return r
}

// judge takes one result: status first, then the change it caused.
func (c *Checks) judge(spec health.Spec, tracker *health.Tracker, r health.Result) {
	changes := tracker.Observe(r)
	st := &health.State{Spec: &spec, Last: &r}
	tracker.Fill(st)
	c.Sink.Check(st)
	for _, change := range changes {
		c.Recorder.Record(event.Entry{Stream: event.CheckStream(spec.Name), At: r.At, Observer: c.Host, Change: &change})
	}
}

// repeatEvery is how often a check that keeps failing for one reason is logged.
const repeatEvery = 10 * time.Minute

// A complaint is what was last logged of a check.
type complaint struct {
	reason health.Reason // empty after a pass
	at     time.Time
}

// news reports whether a result is worth a line: a failure for another reason
// than the last, or for the same one after a while.
func (c *complaint) news(r health.Result) bool {
	if r.Verdict == health.Pass || r.Verdict == health.Warn {
		*c = complaint{}
		return false
	}
	if r.Reason == c.reason && r.At.Sub(c.at) < repeatEvery {
		return false
	}
	*c = complaint{r.Reason, r.At}
	return true
}
