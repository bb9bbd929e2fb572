package registration

import (
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

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

	Alerts []string // routes to tell; nil: the default; empty: none
	Email  string   // of compat: whom to mail besides

	// Wrong are fields that could not be read, and are not said here: nobody likes
	// to be corrected by instalments, so they are told with all that is wrong
	// besides.
	Wrong []health.FieldError
}

// defaults are what a registered check has that says nothing: the defaults of
// healthchecker.
func defaults() health.Profile {
	return health.Profile{Interval: 30 * time.Second, Timeout: 5 * time.Second, Unhealthy: 2, Healthy: 10}
}

// Define makes the registration that is asked for, with all that a request
// decides: who owns it, since when and by which token, its keeper fills in. Notes
// are what is otherwise than asked, and why; wrong is every wrong field. What the
// kind of check alone knows, such as whether Expect compiles, it does not look at:
// its keeper does, and joins both with [Together]. Where something is wrong, the
// registration is one to be judged by: as if that had not been said, and with a
// target of its kind that leads nowhere.
func (q Request) Define(by Caller, terms Terms) (r Registration, notes []string, wrong []health.FieldError) {
	a := application{Request: q, by: by, wrong: complete(nil, q.Wrong)}
	a.spec = health.Spec{
		Name: q.Name, Title: q.Title, Interval: q.Interval, Timeout: q.Timeout, Thresholds: health.Thresholds{Unhealthy: q.Unhealthy, Healthy: q.Healthy},
		Expect: q.Expect, Mode: q.Mode, Family: q.Family, ServiceID: q.ServiceID, Period: q.Period, Grace: q.Grace, Origin: health.FromAPI,
	}
	if by.Compat {
		a.spec.Origin = health.FromCompat
	}
	if len(q.Alerts) > 0 {
		a.spec.Alerts = slices.Clone(q.Alerts)
	}
	a.judge()
	r = Registration{Spec: a.spec, Email: q.Email, DefaultAlerts: q.Alerts == nil, Addr: by.Addr.Unmap()}
	terms.Grant(&r)
	return r, a.notes, a.wrong
}
