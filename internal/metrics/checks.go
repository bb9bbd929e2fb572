package metrics

import (
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// checks adds what is believed of every check. A name that comes again is left
// out: a second series of it would spoil the scrape.
func (s sheet) checks(states []*health.State) {
	seen := make(map[string]bool, len(states))
	for i := range states {
		name := text(foreign.Text(states[i].Spec.Name))
		if !seen[name] {
			seen[name] = true
			s.check(name, states[i])
		}
	}
}

// check adds what is believed of one check. While that is UNKNOWN there is no
// check_up: neither 0 nor 1 would be true, and 0 a false alarm.
func (s sheet) check(name string, st *health.State) {
	for _, status := range health.Statuses() {
		s.gauge(s.state, number(st.Status == status), name, strings.ToLower(string(status)))
	}
	if st.Status != health.Unknown {
		s.gauge(s.up, number(st.Status.Up()), name)
	}
	s.gauge(s.failures, float64(st.Fails), name)
	if !st.Since.IsZero() {
		s.gauge(s.changed, seconds(st.Since), name)
	}
}
