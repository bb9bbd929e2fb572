package notify

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Kind says what a notice is about.
type Kind string

// The kinds of notice.
const (
	Down       Kind = "down"      // an outage has begun
	Up         Kind = "up"        // it is over
	Summary    Kind = "summary"   // outages that began and ended while nobody could be told
	Degrading  Kind = "degrading" // suspected, where the route wants to know
	Well       Kind = "well"      // no longer suspected
	Reminder   Kind = "reminder"  // the outage goes on
	FlapBegun  Kind = "flapping"  // up and down too often to tell each
	FlapOver   Kind = "settled"   // steady again
	PausedKind Kind = "paused"    // nobody asks any more
	Closed     Kind = "closed"    // an outage that was told is watched no longer
	Sample     Kind = "sample"    // somebody tries the route out
)

// A Notice is what a channel is to tell: facts, as they were when it was made.
// It is plain data and kept in the journal until it is told, so that each try
// tells the same.
type Notice struct {
	// Key names the notice for ever, on this channel: a mail's Message-ID and a
	// webhook's Idempotency-Key are made from it and nothing else.
	Key   string    `json:"key"`
	Kind  Kind      `json:"kind"`
	Route string    `json:"route"`
	At    time.Time `json:"at"` // when what it tells of happened

	Check    string        `json:"check"`
	Title    string        `json:"title,omitempty"`
	Target   string        `json:"target,omitempty"` // without user and password
	Observer string        `json:"observer"`         // the host that saw it
	Page     string        `json:"page,omitempty"`   // URL of the check's page
	Status   health.Status `json:"status"`           // after what happened
	// Was is the status that was told before, of a notice that restlessness is over
	// when that left the target up or down and it was told as the other.
	Was    health.Status `json:"was,omitempty"`
	Reason health.Reason `json:"reason,omitempty"`
	Text   foreign.Text  `json:"text,omitempty"` // the reason for people, with evidence
	Advice string        `json:"advice,omitempty"`
	By     foreign.Text  `json:"by,omitempty"`  // who paused it: a token's name, or [health.AfterOutage]
	Why    foreign.Text  `json:"why,omitempty"` // what they said it is for
	// Registered: an app signed the check up, of a notice that it is paused.
	Registered bool `json:"registered,omitempty"`

	// Incident is the key of the change with which the outage began that this is
	// about; empty when it is about none.
	Incident string          `json:"incident,omitempty"`
	Began    time.Time       `json:"began,omitzero"` // of the outage, or whatever this is about
	Ended    time.Time       `json:"ended,omitzero"`
	Outage   health.Duration `json:"outage,omitempty"`
	// UpBefore is how long the target had been up when the outage began; 0: not
	// known.
	UpBefore health.Duration `json:"up_before,omitempty"`
	LastGood *health.Result  `json:"last_good,omitempty"` // the last answer that passed
	// Others are names of checks that fail at the same time, some of them, and
	// how many there are.
	Others      []string `json:"others,omitempty"`
	OthersCount int      `json:"others_count,omitempty"`
	// Outages are those of a Summary, the oldest first; the newest 20 of Count. Of
	// a notice of another kind they are what happened before and has not been told
	// to its end.
	Outages []Outage `json:"outages,omitempty"`
	Count   int      `json:"count,omitempty"` // of outages, or of reminders
}

// An Outage is one that is over.
type Outage struct {
	Incident string          `json:"incident"` // as of a Notice
	Began    time.Time       `json:"began"`
	Length   health.Duration `json:"length"`
	Reason   health.Reason   `json:"reason,omitempty"`
	// Closed: nobody saw its end, for the target was watched no longer. Length is
	// up to then.
	Closed bool `json:"closed,omitempty"`
}
