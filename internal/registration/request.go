package registration

import "github.com/portreeve/portreeve/internal/health"

// A Request is what an app asks for. The zero value of a field means that it says
// nothing about it.
type Request struct {
	Name   string
	Title  string // free text for people
	Target string

	Interval, Timeout  health.Duration
	Unhealthy, Healthy int

	Path      string // of http, instead of the target's
	Expect    string
	Mode      health.Mode
	Family    health.Family
	ServiceID string

	Period, Grace health.Duration // of push

	Alerts []string // routes to tell; nil: the default
	Email  string   // of compat: whom to mail besides
}
