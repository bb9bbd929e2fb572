package health

import "time"

// A Window is a time in which trouble is expected: checks go on, and alerts
// that begin in it wait for its end. It is either one stretch of time, From to
// Until, or comes again every week.
type Window struct {
	// ID names a window that was made at run time; empty for configured ones.
	ID string `json:"id,omitempty"`
	// Checks are names, or patterns as of [path.Match]: shop-*. None: all checks
	// but those about portreeve itself.
	Checks []string `json:"checks,omitempty"`

	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"` // the first moment after it

	Weekly Weekly `json:"weekly,omitzero"`

	Why string `json:"why,omitempty"` // for people
	By  string `json:"by,omitempty"`  // the name of the token that made it
}

// A Weekly is a stretch of time that comes again every week, by the clocks on
// the walls of its zone. The zero Weekly is none.
type Weekly struct {
	Days []time.Weekday `json:"days,omitempty"` // on which it begins
	From Clock          `json:"from"`           // when it begins
	// Until is when it ends: the next day if that is not later than From.
	Until Clock  `json:"until"`
	Zone  string `json:"zone,omitempty"` // of the IANA database; empty: UTC
}

// A Clock is a time of day in minutes since midnight.
type Clock int

// An Acknowledgement says that somebody looks after an incident: there are no
// more reminders of it.
type Acknowledgement struct {
	Incident string    `json:"incident"` // the key of the change that began it
	Check    string    `json:"check"`
	By       string    `json:"by"`             // the name of the token
	Note     string    `json:"note,omitempty"` // what they say
	At       time.Time `json:"at"`
}
