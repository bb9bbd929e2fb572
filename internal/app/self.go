package app

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/metrics"
	"github.com/portreeve/portreeve/internal/web"
)

// journalMetrics tells how the journal is doing, for /metrics.
func (h *house) journalMetrics() metrics.Journal {
	return metrics.Journal{Writes: h.writer.Written(), Queue: h.writer.Len(), Dropped: h.writer.Dropped()}
}

// notifications counts what was told to whom, for /metrics.
func (h *house) notifications() []metrics.Notifications {
	told, failed := h.told.Counts()
	return []metrics.Notifications{{Channel: "log", Result: "sent", Count: told}, {Channel: "log", Result: "failed", Count: failed}}
}

// health tells how the parts are, for /healthz.
func (h *house) health() map[string][]web.Component {
	all := map[string][]web.Component{"journal:queue": {h.journalHealth()}, "config:reload": {h.configHealth()}, "checks:judgement": {h.checksHealth()}}
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
	}
	return c
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
