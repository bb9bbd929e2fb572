package app

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/metrics"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/web"
)

// journalMetrics tells how the journal is doing, for /metrics.
func (h *house) journalMetrics() metrics.Journal {
	j := metrics.Journal{Writes: h.writer.Written(), Queue: h.writer.Len(), Dropped: h.writer.Dropped(), Well: h.writer.Err() == nil}
	if h.standby != nil {
		j.Unsaved, j.Well = h.standby.Unsaved(), j.Well && h.standby.Trouble() == nil
		if _, _, ok := h.standby.Quarantined(); ok {
			j.Moved = 1
		}
	}
	return j
}

// mirrorMetrics returns who tells how the mirror is doing, for /metrics; nil
// without one.
func (h *house) mirrorMetrics() func() metrics.Mirror {
	if h.mirror == nil {
		return nil
	}
	return func() metrics.Mirror {
		return metrics.Mirror{Well: h.mirror.Err() == nil, Rows: h.mirror.Rows(), Lag: h.mirror.Lag()}
	}
}

// channels tells what became of what was to be told, for /metrics.
func (h *house) channels() []metrics.Channel {
	told, failed := h.told.Counts()
	all := []metrics.Channel{{Name: "log", Sent: told, Failed: failed}}
	h.desks.each(func(name string, d *notify.Desk) {
		c := d.Counts()
		all = append(all, metrics.Channel{Name: name, Sent: c.Told, Failed: c.Failed, Parked: c.Parked, Queue: d.Queue()})
	})
	return all
}

// alerts tells how the channels are, for the page.
func (h *house) alerts() []web.AlertState {
	var all []web.AlertState
	h.desks.each(func(name string, d *notify.Desk) {
		st := web.AlertState{Channel: name, Queued: d.Queue()}
		for _, p := range d.Parked() {
			st.Parked = append(st.Parked, web.ParkedAlert{Check: p.Notice.Check, Kind: string(p.Notice.Kind), At: p.At, Err: p.Err.String()})
		}
		all = append(all, st)
	})
	return all
}

// health tells how the parts are, for /healthz.
func (h *house) health() map[string][]web.Component {
	all := map[string][]web.Component{"journal:queue": {h.journalHealth()}, "config:reload": {h.configHealth()}, "checks:judgement": {h.checksHealth()}}
	if h.mirror != nil {
		all["mirror:rows"] = []web.Component{component(h.mirror.Err())}
	}
	if c, ok := h.alertsHealth(); ok {
		all["alerts:delivery"] = []web.Component{c}
	}
	if h.tokens != nil {
		all["auth:tokens"] = []web.Component{component(h.tokens.Err())}
	}
	return all
}

// journalHealth tells how the journal is: checking goes on without it, but what
// happens is only in memory then.
func (h *house) journalHealth() web.Component {
	c := web.Component{Type: "datastore", Value: h.writer.Len(), Unit: "entries", Status: health.Pass, Time: time.Now().UTC()}
	switch err := h.writer.Err(); {
	case h.writer.Dropped() > 0:
		c.Status, c.Output = health.Fail, fmt.Sprintf("%d events have been lost", h.writer.Dropped())
	case err != nil:
		c.Status, c.Output = health.Warn, "events wait: "+err.Error()
	case h.standby != nil && h.standby.Trouble() != nil:
		c.Value = h.standby.Unsaved()
		c.Status, c.Output = health.Warn, "the file cannot be written, events are in memory: "+h.standby.Trouble().Error()
	}
	return c
}

// alertsHealth tells whether people are told; ok is false where there are no
// routes.
func (h *house) alertsHealth() (c web.Component, ok bool) {
	var failing []string
	h.desks.each(func(name string, d *notify.Desk) {
		ok = true
		if err := d.Err(); err != nil {
			failing = append(failing, fmt.Sprintf("%s: %d notices wait: %v", name, d.Queue(), err))
		}
		if n := len(d.Parked()); n > 0 {
			failing = append(failing, fmt.Sprintf("%s: %d notices were given up", name, n))
		}
	})
	if failing == nil {
		return component(nil), ok
	}
	return component(errors.New(strings.Join(failing, "; "))), ok
}

// configHealth tells whether what runs is what the configuration says.
func (h *house) configHealth() web.Component { return component(h.reloads.Err()) }

// checksHealth tells whether checks can be judged.
func (h *house) checksHealth() web.Component {
	var blind []string
	for _, st := range h.board.View().Checks {
		if strings.HasPrefix(st.Spec.Name, health.SelfPrefix) && st.Status != health.Healthy && st.Last != nil {
			blind = append(blind, st.Last.Text.Clip(200))
		}
	}
	if blind == nil {
		return component(nil)
	}
	return component(errors.New(strings.Join(blind, "; ")))
}

// component is well without an error, and warns with one: what ran before goes
// on.
func component(err error) web.Component {
	c := web.Component{Type: "component", Status: health.Pass, Time: time.Now().UTC()}
	if err != nil {
		c.Status, c.Output = health.Warn, err.Error()
	}
	return c
}

// metricsClients returns how many clients per port get series of their own.
func metricsClients(wanted bool, n int) int {
	if !wanted {
		return 0
	}
	return n
}

// revision returns the commit that the binary was built from, if it knows.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

// schedule tells whether checks are on time, for /metrics.
func (h *house) schedule() metrics.Schedule {
	s := h.checks.Stats()
	return metrics.Schedule{
		Lag: s.Lag, Durations: s.Durations, InFlight: s.InFlight, Waiting: s.Waiting,
		Skipped: s.Skipped, Waited: s.Waited, Void: s.Void, Excused: s.Excused,
	}
}
