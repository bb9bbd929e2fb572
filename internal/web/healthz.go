package web

import (
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
)

// A Component is one entry in the checks of health+json
// (draft-inadarei-api-health-check-06, section 4).
type Component struct {
	Type     string         `json:"componentType,omitempty"`
	Value    any            `json:"observedValue,omitempty"`
	Unit     string         `json:"observedUnit,omitempty"`
	Status   health.Verdict `json:"status"` // pass, warn or fail
	Time     time.Time      `json:"time"`
	Output   string         `json:"output,omitempty"` // what is wrong; nothing when it passes
	Affected []string       `json:"affectedEndpoints,omitempty"`
}

// wellness is a whole answer in health+json.
type wellness struct {
	Status    health.Verdict         `json:"status"`
	ServiceID string                 `json:"serviceId"`
	ReleaseID string                 `json:"releaseId"`
	Output    string                 `json:"output,omitempty"`
	Checks    map[string][]Component `json:"checks"`
}

// healthPath is where portreeve tells how it is.
const healthPath = "/healthz"

// When sight of the machine is late, and when it is lost.
const (
	lookLate = 10 * time.Second
	lookLost = 60 * time.Second
)

// serveHealth tells how portreeve itself is: 200 while it does its work, 503
// when it does not. How the machine is, is another matter.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	v := s.board.View()
	checks := map[string][]Component{
		"ports:look": {lookComponent(v, now)},
		"web:streams": {{
			Type: "component", Value: s.streams.open(), Unit: "streams", Status: health.Pass, Time: now.UTC(),
		}},
	}
	if s.options.Health != nil {
		maps.Copy(checks, s.options.Health())
	}
	body := wellness{ServiceID: "portreeve/" + v.Machine.Host, ReleaseID: s.options.Version, Checks: checks}
	body.Status, body.Output = worst(checks)
	h := w.Header()
	h.Set("Content-Type", "application/health+json")
	h.Set("Cache-Control", "max-age=1")
	if body.Status == health.Fail {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	encodeJSON(w, body)
}

// lookComponent says how old our sight of the machine is.
func lookComponent(v *board.View, now time.Time) Component {
	c := Component{Type: "component", Unit: "s", Status: health.Pass, Time: now.UTC()}
	at := v.Look.ListenersAt
	if at.IsZero() {
		c.Status, c.Output = health.Fail, "the machine has not been looked at yet"
		return c
	}
	age := now.Sub(at)
	c.Value = seconds(at, now)
	switch {
	case age > lookLost:
		c.Status = health.Fail
	case age > lookLate:
		c.Status = health.Warn
	default:
		return c
	}
	c.Output = fmt.Sprintf("the machine was last looked at %s ago", age.Round(time.Second))
	return c
}

// worst returns the worst status, and what the component said that has it. A
// component that could not tell counts as a warning.
func worst(checks map[string][]Component) (health.Verdict, string) {
	rank := map[health.Verdict]int{health.Pass: 0, health.Indeterminate: 1, health.Warn: 1, health.Fail: 2}
	status, output, name := health.Pass, "", ""
	for n, list := range checks {
		for _, c := range list {
			if rank[c.Status] > rank[status] || rank[c.Status] == rank[status] && rank[status] > 0 && n < name {
				status, output, name = c.Status, c.Output, n
			}
		}
	}
	if status == health.Indeterminate {
		status = health.Warn
	}
	return status, output
}
