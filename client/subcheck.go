package client

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// A subcheck is one check of Health.
type subcheck struct {
	health  *Health
	name    string
	options MeasureOptions
	measure func(ctx context.Context) (Measurement, error)

	mu   sync.Mutex
	last Measurement
	at   time.Time // of the last measurement; zero: there is none yet
	due  time.Time // of the next
}

// run measures until Health is closed.
func (c *subcheck) run() {
	ticker := time.NewTicker(c.options.Interval)
	defer ticker.Stop()
	for c.once() {
		select {
		case <-ticker.C:
		case <-c.health.ctx.Done():
			return
		}
	}
}

// once measures once. It reports false when Health is closed.
func (c *subcheck) once() bool {
	ctx, cancel := context.WithTimeout(c.health.ctx, c.options.Timeout)
	defer cancel()
	began := time.Now()
	result := make(chan Measurement, 1)
	go func() { result <- c.try(ctx) }()
	select {
	case m := <-result:
		c.keep(m, began)
	case <-ctx.Done():
		c.await(began, result)
	}
	return c.health.ctx.Err() == nil
}

// closeGrace is how long Close waits for a measurement whose context has ended.
const closeGrace = time.Second

// await waits for a measurement that takes too long, and says so at each interval.
func (c *subcheck) await(began time.Time, result <-chan Measurement) {
	ticker := time.NewTicker(c.options.Interval)
	defer ticker.Stop()
	log := c.health.log.Warn
	for c.health.ctx.Err() == nil {
		now := time.Now()
		c.keep(Measurement{Status: Fail, Output: "not ended after " + now.Sub(began).Round(time.Millisecond).String()}, now)
		log("a health check takes too long", "check", c.name, "timeout", c.options.Timeout)
		log = c.health.log.Debug // once is enough
		select {
		case <-result:
			return
		case <-ticker.C:
		case <-c.health.ctx.Done():
		}
	}
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-result:
	case <-timer.C:
	}
}

// try measures, and makes of errors and panics what they mean.
func (c *subcheck) try(ctx context.Context) (m Measurement) {
	defer func() {
		if v := recover(); v != nil {
			c.health.log.Error("a health check panicked", "check", c.name, "panic", v, "stack", string(debug.Stack()))
			m = Measurement{Status: Fail, Output: "panicked"}
		}
	}()
	m, err := c.measure(ctx)
	switch {
	case err == nil:
	case c.health.ctx.Err() != nil: // it was told to end
	default:
		c.health.log.Warn("a health check failed", "check", c.name, "err", err)
		m = c.failed(ctx, m, err)
	}
	return c.written(m)
}

// failed returns the measurement that an error is.
func (c *subcheck) failed(ctx context.Context, m Measurement, err error) Measurement {
	m.Status = Fail
	switch {
	case ctx.Err() != nil:
		m.Output = "not ended after " + c.options.Timeout.String()
	case c.options.ShowErrors:
		m.Output = err.Error()
	case m.Output == "":
		m.Output = "failed"
	}
	return m
}

// maxOutput is how much of an output is kept, in bytes: a report is read up to
// [MaxReport].
const maxOutput = 1 << 10

// written returns a measurement as it is shown, its value written as JSON.
func (c *subcheck) written(m Measurement) Measurement {
	status, known := statusOf(string(m.Status))
	switch {
	case m.Status == "":
		status = Pass
	case !known:
		status, m.Output = Fail, fmt.Sprintf("measured a status that is none: %q", m.Status)
	}
	m.Status, m.Output = status, clip(m.Output, maxOutput)
	if m.Value == nil {
		return m
	}
	value, err := json.Marshal(m.Value)
	if err != nil { // as of NaN
		c.health.log.Error("a health check measured what is no JSON", "check", c.name, "err", err)
		m.Value = nil
		m.Status = m.Status.worse(Warn)
		m.Output = strings.TrimPrefix(m.Output+"; the value cannot be written", "; ")
		return m
	}
	m.Value = json.RawMessage(value)
	return m
}

// keep takes up a measurement that began at a time. One that was cut short by Close
// says nothing.
func (c *subcheck) keep(m Measurement, began time.Time) {
	if c.health.ctx.Err() != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.at, c.due = m, time.Now(), began.Add(c.options.Interval)
}

// component returns how the check is, and for how long that holds.
func (c *subcheck) component(now time.Time) (Component, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := Component{ID: c.options.ComponentID, Type: c.options.ComponentType, Status: Warn, Output: "not measured yet"}
	if !c.at.IsZero() {
		out.Value, out.Status, out.Time, out.Output = c.last.Value, c.last.Status, c.at.UTC(), c.last.Output
		if age := now.Sub(c.at); age > 3*c.options.Interval+c.options.Timeout {
			out.Status = out.Status.worse(Warn)
			out.Output = strings.TrimPrefix(out.Output+"; last measured "+age.Round(time.Second).String()+" ago", "; ")
		}
		if out.Value != nil {
			out.Unit = c.options.Unit
		}
	}
	if out.Status == Pass {
		out.Output = ""
	} else {
		out.Affected = c.options.Affected
	}
	return out, max(0, min(c.due.Sub(now), c.options.Interval))
}

// counts returns what a status of this check means for the whole.
func (c *subcheck) counts(s Status) Status {
	if s == Fail && c.options.Optional {
		return Warn
	}
	return s
}
