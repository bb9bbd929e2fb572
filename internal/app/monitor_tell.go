package app

import (
	"io"
	"strings"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/term"
	"github.com/portreeve/portreeve/internal/watch"
)

// A teller prints what becomes of monitored checks: each failure, and each
// change. It is a sink and a recorder beside others, safe for concurrent use.
type teller struct {
	out   io.Writer
	json  bool
	began time.Time

	mu      sync.Mutex
	last    map[string]*health.State
	summary term.MonitorSummary
}

var (
	_ watch.CheckSink = (*teller)(nil)
	_ watch.Recorder  = (*teller)(nil)
)

func newTeller(out io.Writer, json bool) *teller {
	return &teller{out: out, json: json, began: time.Now(), last: map[string]*health.State{}}
}

// Check implements [watch.CheckSink]: it tells of a result that did not pass.
func (t *teller) Check(st *health.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.last[st.Spec.Name]
	t.last[st.Spec.Name] = st
	r := st.Last
	if r == nil || was != nil && was.Last == r || strings.HasPrefix(st.Spec.Name, health.SelfPrefix) {
		return
	}
	if was == nil || was.Last == nil {
		t.takeUp(st)
	}
	m := term.Monitored{At: r.At, Target: st.Spec.Target, Reason: r.Reason, Text: r.Text, Took: r.Took}
	t.summary.Asked++
	switch r.Verdict {
	case health.Fail:
		t.summary.Failed++
		m.Event = term.MonitorFailed
	case health.Indeterminate:
		t.summary.Unknown++
		m.Event = term.MonitorUnknown
	default:
		return
	}
	t.print(m)
}

// takeUp tells of an outage that began before this program did, once it has
// asked: it is among those seen.
func (t *teller) takeUp(st *health.State) {
	if st.Down.IsZero() || !st.Down.Before(t.began) {
		return
	}
	t.summary.Outages++
	t.print(term.Monitored{At: st.Last.At, Event: term.MonitorStillDown, Target: st.Spec.Target, Since: st.Down})
}

// Uncheck implements [watch.CheckSink].
func (t *teller) Uncheck(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.last, name)
}

// Record implements [watch.Recorder]: it tells of moves of the status.
func (t *teller) Record(e event.Entry) {
	c := e.Change
	if c == nil || !c.Moved() || c.Self() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.last[c.Check]
	if st == nil {
		return
	}
	m := term.Monitored{At: c.At, Target: st.Spec.Target, Reason: c.Reason, Text: c.Text}
	switch {
	case c.To == health.Unhealthy:
		m.Event, m.Since = term.MonitorDown, c.Began
		t.summary.Outages++
	case c.From == health.Unhealthy && c.To.Up():
		m.Event, m.Outage = term.MonitorRecovered, c.Outage
		t.summary.Down += time.Duration(c.Outage)
		t.summary.Outages = max(t.summary.Outages, 1) // one that was over before it could be taken up
	case c.To == health.Healthy:
		m.Event = term.MonitorUp
		if st.Last != nil {
			m.Took = st.Last.Took
		}
	default:
		return
	}
	t.print(m)
}

// print writes a line. Who reads it may have gone: that ends nothing.
func (t *teller) print(m term.Monitored) {
	write := term.WriteMonitored
	if t.json {
		write = term.WriteMonitoredJSON
	}
	_ = write(t.out, m)
}

// sum words what was seen in all; an outage that goes on counts until now.
func (t *teller) sum() term.Line {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.summary
	for _, st := range t.last {
		if !st.Down.IsZero() {
			s.Down += time.Since(st.Down)
		}
	}
	return s.Line(time.Since(t.began))
}
