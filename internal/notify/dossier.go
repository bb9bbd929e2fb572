package notify

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A dossier is what a desk knows of one check: what goes on, what of it has
// been told, and what is still to be told. Its methods are the rules of
// alerting; they know no clock and do no I/O. What is to be told is never
// queued: it is what differs between what goes on and what was told, so
// notices that could not be sent merge by themselves and a dossier's size is
// bounded. It is kept in the journal, as JSON.
//
// An outage is due from when the rules first want it told, and stays so. Told
// is the outage that whoever reads the channel believes to go on.
type dossier struct {
	Check    string           `json:"check"`
	Status   health.Status    `json:"status"`
	Overlays []health.Overlay `json:"overlays,omitempty"`
	UpSince  time.Time        `json:"up_since,omitzero"` // zero: not up, or not known
	// Freed is when the last circumstance ended that held alerts back. Unasked:
	// it was a parent's outage, and no answer has come since.
	Freed   time.Time `json:"freed,omitzero"`
	Unasked bool      `json:"unasked,omitempty"`

	Outage  *incident  `json:"outage,omitempty"`  // goes on
	Told    *incident  `json:"told,omitempty"`    // is believed to go on
	Past    tally      `json:"past,omitzero"`     // are over, and that is to be told
	Flap    *spell     `json:"flap,omitempty"`    // of restlessness
	Pause   *spell     `json:"pause,omitempty"`   // in or after an outage that is due
	Suspect *suspicion `json:"suspect,omitempty"` // is suspected, or its end is to be told

	Reminders int       `json:"reminders,omitempty"` // of the outage that was told
	Reminded  time.Time `json:"reminded,omitzero"`   // when it was last spoken of

	Try *try `json:"try,omitempty"` // what was begun and has no outcome
}

// A mark is what is kept of an entry.
type mark struct {
	Key      string        `json:"key"`
	At       time.Time     `json:"at"`
	Began    time.Time     `json:"began"`
	Observer string        `json:"observer,omitempty"`
	Status   health.Status `json:"status"`
	Reason   health.Reason `json:"reason,omitempty"`
	Text     foreign.Text  `json:"text,omitempty"`
	By       foreign.Text  `json:"by,omitempty"`
}

// An incident is an outage, marked by the entry that began it.
type incident struct {
	mark
	UpBefore health.Duration `json:"up_before,omitempty"`
	Due      bool            `json:"due,omitempty"`

	// seen is when this process heard of it: no clock that is set back makes
	// anybody wait longer than that and the route's After.
	seen time.Time
}

// A spell is a circumstance, marked by the entry that began it.
type spell struct {
	mark
	Due  bool  `json:"due,omitempty"`
	Told bool  `json:"told,omitempty"`
	Over *mark `json:"over,omitempty"` // what ended it
}

// A suspicion is a spell of DEGRADING.
type suspicion = spell

// A try is a notice that is being sent, or may have been, and what of the
// dossier it settles.
type try struct {
	Notice Notice    `json:"notice"`
	Past   tally     `json:"past,omitzero"`
	Flap   *spell    `json:"flap,omitempty"`
	Outage *incident `json:"outage,omitempty"` // the one that it tells of as going on
	// Doubtful: it may have been taken before. That some later try was not does not
	// change it.
	Doubtful bool `json:"doubtful,omitempty"`
}

// maxKept bounds, in bytes, each text that is kept of an entry.
const maxKept = 2048

func markOf(e event.Recorded) mark {
	c := e.Change
	return mark{
		Key: e.Key(), At: c.At, Began: c.Began, Observer: e.Observer, Status: c.To, Reason: c.Reason,
		Text: cut(c.Text), By: cut(c.By),
	}
}

// cut shortens a text between two of its runes.
func cut(t foreign.Text) foreign.Text {
	if len(t) <= maxKept {
		return t
	}
	n := maxKept
	for n > maxKept-utf8.UTFMax && !utf8.RuneStart(t[n]) {
		n--
	}
	return t[:n]
}

// self reports whether the check is about portreeve itself.
func (d *dossier) self() bool { return strings.HasPrefix(d.Check, health.SelfPrefix) }

func (d *dossier) has(o health.Overlay) bool { return slices.Contains(d.Overlays, o) }

// excused reports whether trouble is expected, or cannot be told apart from a
// parent's, or nobody asks.
func (d *dossier) excused() bool {
	return d.has(health.Paused) || d.has(health.Maintenance) || d.has(health.Behind)
}

// held reports whether new alerts are held back.
func (d *dossier) held() bool { return d.excused() || d.has(health.Flapping) }

// after returns how long an outage must last to be told.
func (d *dossier) after(r Route) time.Duration {
	if d.self() {
		return 0
	}
	return r.After
}

// knows reports whether whoever reads the channel has been told of an outage,
// or perhaps has.
func (d *dossier) knows(key string) bool {
	return d.Told != nil && d.Told.Key == key || d.Try != nil && d.Try.Outage != nil && d.Try.Outage.Key == key
}

// quiet reports whether nothing goes on that was told or may have to be.
func (d *dossier) quiet() bool {
	return d.Outage == nil && d.Told == nil && d.Past.Count == 0 && d.Flap == nil && d.Pause == nil && d.Suspect == nil && d.Try == nil
}

// empty reports whether there is nothing to remember.
func (d *dossier) empty() bool { return d.quiet() && d.UpSince.IsZero() }
