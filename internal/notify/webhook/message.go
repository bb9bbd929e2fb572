package webhook

import (
	"time"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/letter"
)

// Schema names the form of a [Message]. Fields may come to be added under it;
// none changes its meaning or goes.
const Schema = "portreeve.notice/1"

// A Message is the body of a webhook's request. Durations are in seconds, times
// are RFC 3339 in UTC, and what is not known is left out. Title, target and
// evidence are as strangers chose them: whoever shows them escapes them.
// Subject and text are safe to look at.
type Message struct {
	Schema string `json:"schema"`
	Key    string `json:"key"`
	// Kind is down, up, summary, degrading, well, reminder, flapping, settled,
	// paused, closed or sample.
	Kind  notify.Kind `json:"kind"`
	Route string      `json:"route"`
	At    time.Time   `json:"at"` // when what it tells of happened

	Subject string `json:"subject"` // as of a mail
	Text    string `json:"text"`    // as of a mail

	Check    string        `json:"check"`
	Title    string        `json:"title,omitempty"`
	Target   string        `json:"target,omitempty"`
	Observer string        `json:"observer"`
	Page     string        `json:"page,omitempty"`
	Status   health.Status `json:"status"`        // UNKNOWN, HEALTHY, DEGRADING or UNHEALTHY
	Was      health.Status `json:"was,omitempty"` // that was told before, of settled
	Reason   health.Reason `json:"reason,omitempty"`
	Evidence string        `json:"evidence,omitempty"`
	Advice   string        `json:"advice,omitempty"`
	By       string        `json:"by,omitempty"`  // who paused it; pause_after when nobody did
	Why      string        `json:"why,omitempty"` // what they said it is for

	// Incident is the same for all notices of one outage.
	Incident string    `json:"incident,omitempty"`
	Began    time.Time `json:"began,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Outage   float64   `json:"outage_seconds,omitempty"`
	UpBefore float64   `json:"up_before_seconds,omitempty"`
	LastGood time.Time `json:"last_good,omitzero"`

	Others      []string `json:"others,omitempty"` // some of the checks that fail too
	OthersCount int      `json:"others_count,omitempty"`
	Outages     []Outage `json:"outages,omitempty"` // of a summary, or not told before
	Count       int      `json:"count,omitempty"`   // of outages, or of reminders
}

// An Outage is one that is over.
type Outage struct {
	Incident string        `json:"incident,omitempty"`
	Began    time.Time     `json:"began"`
	Outage   float64       `json:"outage_seconds"`
	Reason   health.Reason `json:"reason,omitempty"`
	Closed   bool          `json:"closed,omitempty"` // nobody saw its end
}

// maxText bounds what a stranger chose, in bytes.
const maxText = 4 << 10

// message returns the body for a notice.
func message(n *notify.Notice) Message {
	m := Message{
		Schema: Schema, Key: n.Key, Kind: n.Kind, Route: n.Route, At: n.At.UTC(),
		Subject: letter.Subject(*n), Text: letter.Body(*n),
		Check: n.Check, Title: clip(n.Title), Target: clip(n.Target), Observer: n.Observer, Page: n.Page,
		Status: n.Status, Was: n.Was, Reason: n.Reason, Evidence: clip(string(n.Text)), Advice: n.Advice, By: clip(string(n.By)), Why: clip(string(n.Why)),
		Incident: n.Incident, Began: utc(n.Began), Ended: utc(n.Ended), Outage: seconds(n.Outage), UpBefore: seconds(n.UpBefore),
		Others: n.Others, OthersCount: n.OthersCount, Count: n.Count,
	}
	if n.LastGood != nil {
		m.LastGood = n.LastGood.At.UTC()
	}
	for _, o := range n.Outages {
		m.Outages = append(m.Outages, Outage{o.Incident, o.Began.UTC(), seconds(o.Length), o.Reason, o.Closed})
	}
	return m
}

// utc returns a time in UTC, and the zero time as it is.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

func seconds(d health.Duration) float64 { return time.Duration(d).Seconds() }

// clip cuts a text off, between two characters.
func clip(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
