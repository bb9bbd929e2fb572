package health

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Report is what a service says of its own health
// (draft-inadarei-api-health-check-06), as far as it could be read. All text is
// the service's own.
type Report struct {
	Status    foreign.Text `json:"status"` // as it wrote it
	ServiceID foreign.Text `json:"service_id,omitempty"`
	ReleaseID foreign.Text `json:"release_id,omitempty"`
	Version   foreign.Text `json:"version,omitempty"`
	Output    foreign.Text `json:"output,omitempty"`
	Notes     []string     `json:"notes,omitempty"` // what is wrong with the report itself, in our words
	Parts     []Part       `json:"parts,omitempty"` // its checks, in the order in which they are shown: the worst first
	More      int          `json:"more,omitempty"`  // parts that are left out here
}

// A Part is one measurement of a Report: a component's, at a time.
type Part struct {
	Name     foreign.Text   `json:"name"` // "component:measurement", with the component's ID where it has one
	Verdict  Verdict        `json:"verdict"`
	Stale    bool           `json:"stale,omitempty"` // it was measured too long ago to say anything
	Time     time.Time      `json:"time,omitzero"`
	Value    foreign.Text   `json:"value,omitempty"` // with its unit
	Output   foreign.Text   `json:"output,omitempty"`
	Affected []foreign.Text `json:"affected_endpoints,omitempty"`
}
