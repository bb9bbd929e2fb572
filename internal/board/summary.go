package board

import (
	"strings"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A Summary is the first line of the page: is anything wrong, and how much is
// there.
type Summary struct {
	Problems    int `json:"problems"` // of ports, and checks that are down
	Warnings    int `json:"warnings"` // of ports, and checks that are degrading, flapping or stale
	Unknown     int `json:"unknown_owners"`
	Ports       int `json:"ports"`
	Exposed     int `json:"exposed"`
	Connections int `json:"connections"` // established, on all counted ports
	Clients     int `json:"clients"`     // per port, summed: one address on two ports counts twice
	CheckSummary
	Self int `json:"self_problems"` // faults of portreeve's own, which are no problems of the machine
}

// A CheckSummary counts checks by their status, and by overlays that a status
// is to be read with. Checks about portreeve itself are left out.
type CheckSummary struct {
	Checks          int `json:"checks"`
	ChecksUp        int `json:"checks_up"`        // healthy or degrading
	ChecksDown      int `json:"checks_down"`      // unhealthy, and not excused
	ChecksDegrading int `json:"checks_degrading"` // of those that are up
	ChecksUnknown   int `json:"checks_unknown"`   // paused ones among them
	ChecksExcused   int `json:"checks_excused"`   // unhealthy in maintenance, or behind a parent that is down
	ChecksFlapping  int `json:"checks_flapping"`
	ChecksStale     int `json:"checks_stale"`
	ChecksPaused    int `json:"checks_paused"`
}

// Summary counts what v holds. The board has counted already, so it costs
// nothing to ask.
func (v *View) Summary() Summary {
	s, checks := v.ports, v.checks
	if s == nil {
		s = sumPorts(v)
	}
	if checks == nil {
		checks = &Summary{}
		for _, st := range v.Checks {
			checks.count(st, 1)
		}
	}
	sum := *s
	sum.Problems += checks.Problems
	sum.Warnings += checks.Warnings
	sum.CheckSummary, sum.Self = checks.CheckSummary, checks.Self
	return sum
}

// sumPorts counts everything but the checks.
func sumPorts(v *View) *Summary {
	s := &Summary{Ports: len(v.Listeners)}
	for i := range v.Listeners {
		s.addListener(&v.Listeners[i])
	}
	for _, c := range v.Connections {
		s.Connections += int(c.Established)
	}
	for _, c := range v.Clients {
		s.Clients += c.Distinct
	}
	return s
}

func (s *Summary) addListener(l *port.Listener) {
	switch l.State {
	case port.Trouble:
		s.Problems++
	case port.Warning:
		s.Warnings++
	case port.Unclear:
		s.Unknown++
	}
	if l.Scope.Exposed() && !l.Foreign { // a container's inner 0.0.0.0 is not public
		s.Exposed++
	}
}

// count adds a check n times; -1 takes it out again.
func (s *Summary) count(st *health.State, n int) {
	if IsSelf(st) {
		if Urgency(st) > 0 {
			s.Self += n
		}
		return
	}
	s.Checks += n
	switch {
	case st.Status.Up():
		s.ChecksUp += n
	case st.Status == health.Unknown:
		s.ChecksUnknown += n
	case excused(st):
		s.ChecksExcused += n
	default:
		s.ChecksDown += n
		s.Problems += n
	}
	if st.Status == health.Degrading {
		s.ChecksDegrading += n
	}
	if Urgency(st) == urgencyWarning {
		s.Warnings += n
	}
	s.countOverlays(st, n)
}

func (s *Summary) countOverlays(st *health.State, n int) {
	for _, o := range st.Overlays {
		switch o {
		case health.Flapping:
			s.ChecksFlapping += n
		case health.Stale:
			s.ChecksStale += n
		case health.Paused:
			s.ChecksPaused += n
		}
	}
}

// How soon a person should look at a check.
const (
	urgencyCalm = iota
	urgencyUnknown
	urgencyWarning
	urgencyDown
	urgencySelf
)

// Urgency ranks a check: the higher, the sooner a person should look. A fault
// of portreeve's own comes first, for it casts doubt on all else; then what is
// down, what is suspected, what is not known, and the rest at 0, where what is
// down as expected belongs, too.
func Urgency(st *health.State) int {
	unwell := st.Status == health.Unhealthy || st.Status == health.Degrading
	switch {
	case IsSelf(st):
		if unwell {
			return urgencySelf
		}
		return urgencyCalm
	case excused(st), st.Has(health.Paused):
		return urgencyCalm
	case st.Status == health.Unhealthy:
		return urgencyDown
	case unwell, st.Has(health.Flapping), st.Has(health.Stale):
		return urgencyWarning
	case st.Status == health.Unknown:
		return urgencyUnknown
	}
	return urgencyCalm
}

// IsSelf reports whether a check is about portreeve itself.
func IsSelf(st *health.State) bool { return strings.HasPrefix(st.Spec.Name, health.SelfPrefix) }

// excused reports whether trouble with a check is expected, or is really that
// of a check that it stands behind.
func excused(st *health.State) bool {
	return st.Has(health.Maintenance) || st.Has(health.Behind)
}
