package compat

import (
	"net/netip"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// An app is what is told of one that has signed up. To others than its owner that
// is how it is, and nothing of where it is or what it said.
type app struct {
	Appname   string           `json:"appname"`
	Name      string           `json:"name"` // of its check
	Status    health.Status    `json:"status"`
	Overlays  []health.Overlay `json:"overlays,omitempty"`
	Since     time.Time        `json:"since,omitzero"`      // of the status
	Down      time.Time        `json:"down_since,omitzero"` // when the outage began that is not over
	Last      *answer          `json:"last"`                // null before the first
	Restarts  int              `json:"restarts"`
	Recent    int              `json:"recent_restarts"` // within ten minutes
	CrashLoop bool             `json:"crash_loop"`
	Unasked   bool             `json:"unasked,omitempty"` // the configuration does not let it be asked
	Yours     bool             `json:"yours"`
	*details
}

// An answer is the last that an app gave.
type answer struct {
	At      time.Time      `json:"at"` // when it was asked
	Verdict health.Verdict `json:"verdict"`
	Reason  health.Reason  `json:"reason,omitempty"`
	Text    string         `json:"text,omitempty"`    // for its owner alone
	Seconds float64        `json:"seconds,omitempty"` // so long it took, for its owner alone
}

// The details of an app are for its owner alone, and for people on this machine.
type details struct {
	URL       string     `json:"url"`
	Email     string     `json:"email,omitempty"`
	Address   netip.Addr `json:"address,omitzero"` // whence it signed up
	Interval  float64    `json:"interval"`         // in seconds, as the next one
	Timeout   float64    `json:"timeout"`
	Unhealthy int        `json:"unhealthy_threshold"`
	Healthy   int        `json:"healthy_threshold"`
	Pause     float64    `json:"pause_after,omitempty"` // an outage of so many seconds pauses it
	Created   time.Time  `json:"registered"`
	Renewed   time.Time  `json:"renewed"` // when it signed up last
	Why       []string   `json:"why_unasked,omitempty"`
}

// describe tells a caller of one registration.
func describe(r *registration.Registration, v *board.View, by registration.Caller, now time.Time) app {
	a := app{
		Appname: calledOf(r), Name: r.Spec.Name, Status: health.Unknown, Restarts: r.Restarts, Recent: r.RecentRestarts(now), CrashLoop: r.CrashLoop(now),
		Unasked: unaskedOf(r), Yours: r.OwnedBy(by),
	}
	open := a.Yours || by.Local
	if st := stateOf(r, v); st != nil {
		a.Status, a.Overlays, a.Since, a.Down, a.Last = st.Status, st.Overlays, st.Since, st.Down, answerOf(st.Last, open)
	}
	if open {
		a.details = detailsOf(r)
	}
	return a
}

func unaskedOf(r *registration.Registration) bool { return r.Conflict || len(r.Wrong) > 0 }

// stateOf returns what is believed of a registration's check; nil while nothing
// is, and while a configured check has its name, of which nothing is told here.
func stateOf(r *registration.Registration, v *board.View) *health.State {
	st := v.FindCheck(r.Spec.Name)
	if st == nil || unaskedOf(r) || !st.Spec.Origin.Registered() {
		return nil
	}
	return st
}

func answerOf(last *health.Result, open bool) *answer {
	if last == nil {
		return nil
	}
	a := &answer{At: last.At, Verdict: last.Verdict, Reason: last.Reason}
	if open {
		a.Text, a.Seconds = last.Text.String(), time.Duration(last.Took).Seconds()
	}
	return a
}

func detailsOf(r *registration.Registration) *details {
	d := &details{
		URL: r.Spec.Target, Email: r.Email, Address: r.Addr, Interval: time.Duration(r.Spec.Interval).Seconds(), Timeout: time.Duration(r.Spec.Timeout).Seconds(),
		Unhealthy: r.Spec.Thresholds.Unhealthy, Healthy: r.Spec.Thresholds.Healthy, Pause: time.Duration(r.Spec.PauseAfter).Seconds(), Created: r.Created, Renewed: r.Renewed,
	}
	if r.Conflict {
		d.Why = append(d.Why, "the configuration has a check of this name, which goes first")
	}
	for _, w := range r.Wrong {
		d.Why = append(d.Why, w.Error())
	}
	return d
}

// has reports whether the status is to be read with an overlay.
func (a *app) has(o health.Overlay) bool {
	return slices.Contains(a.Overlays, o)
}
