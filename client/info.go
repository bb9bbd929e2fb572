package client

import (
	"encoding/json"
	"time"
)

// An Info is what a server knows of a registered check.
type Info struct {
	Name      string    `json:"name"`
	Spec      Spec      `json:"spec"`
	Owner     string    `json:"owner"`   // "token NAME", "address 192.0.2.7" or "this machine"
	Address   string    `json:"address"` // where the app signed up from
	Created   time.Time `json:"created"`
	Renewed   time.Time `json:"renewed"` // when the app signed up last
	Restarts  int       `json:"restarts"`
	CrashLoop bool      `json:"crash_loop"` // three restarts within ten minutes
	Paused    bool      `json:"paused"`
	// Conflict is set when the server's configuration has a check of this name, which
	// is asked instead.
	Conflict bool `json:"conflict"`
	// Status is UNKNOWN, HEALTHY, DEGRADING or UNHEALTHY; Since is when that began,
	// the zero Time while there has been no answer.
	Status string    `json:"status"`
	Since  time.Time `json:"since"`
	Last   *Result   `json:"last"` // nil before the first answer
}

// A Spec is the definition of a check as the server completed it.
type Spec struct {
	Title     string
	Target    string // with the host filled in
	Interval  time.Duration
	Timeout   time.Duration
	Unhealthy int // failures in a row that mean down
	Healthy   int // good answers in a row that mean up again
	Period    time.Duration
	Grace     time.Duration
	Alerts    []string
}

// UnmarshalJSON reads a definition as the server writes it.
func (s *Spec) UnmarshalJSON(data []byte) error {
	var w struct {
		Title, Target                    string
		Interval, Timeout, Period, Grace duration
		Thresholds                       struct{ Unhealthy, Healthy int }
		Alerts                           []string
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*s = Spec{
		Title: w.Title, Target: w.Target, Interval: time.Duration(w.Interval), Timeout: time.Duration(w.Timeout),
		Unhealthy: w.Thresholds.Unhealthy, Healthy: w.Thresholds.Healthy,
		Period: time.Duration(w.Period), Grace: time.Duration(w.Grace), Alerts: w.Alerts,
	}
	return nil
}

// A Result is one answer that a check got.
type Result struct {
	At      time.Time // when the question was asked
	Took    time.Duration
	Verdict string // pass, warn, fail or unknown: the last is the server's own fault
	Reason  string // a stable code, as "refused"; empty for a pass
	Text    string // the reason for people
}

// UnmarshalJSON reads a result as the server writes it.
func (r *Result) UnmarshalJSON(data []byte) error {
	var w struct {
		At                    time.Time
		Took                  duration
		Verdict, Reason, Text string
	}
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*r = Result{w.At, time.Duration(w.Took), w.Verdict, w.Reason, w.Text}
	return nil
}
