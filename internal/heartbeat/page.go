package heartbeat

import (
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A record is what is kept of a sender.
type record struct {
	Known time.Time `json:"known"` // when somebody first asked for it, or heard it
	// Beat is its last run, and since when another goes on; nil: nothing was heard.
	Beat *health.Beat `json:"beat,omitempty"`
	// Unfinished is when the first run began that no end has followed: who starts
	// again and again and never ends is not well.
	Unfinished time.Time `json:"unfinished,omitzero"`
	// Sender is who sent the last signal; the zero Addr: nobody knows.
	Sender netip.Addr `json:"sender,omitzero"`
	// From is from when silence counts: the last signal, or the end of an absence
	// in which it may have been missed.
	From time.Time `json:"from"`
	// Excused is set while From is the end of an absence.
	Excused bool `json:"excused,omitempty"`
	// Deaf is since when the sender cannot be heard, for a fault of our own.
	Deaf time.Time `json:"deaf,omitzero"`
	// Silent is set once it was found silent: after how long. Nothing but a signal
	// ends that, or a longer time to be waited for.
	Silent health.Duration `json:"silent,omitempty"`
}

// A page is what is known of a sender. Times in memory are on the monotonic
// clock, too.
type page struct {
	record
	answer *health.Answer // with the Beat, which never changes; nil without one

	asked time.Time // when somebody last wanted to know
	seen  int       // absences that are reckoned with
	last  run       // for a signal that comes twice

	// What of it is kept. Version grows with every change of the record; written
	// under the book's lock, by who keeps.
	version, kept uint64
	revision      uint64
	doubtful      bool // another revision may be stored
	gone          bool // it is to be forgotten
}

// begin makes a page that of a sender of whom nothing was heard yet.
func (p *page) begin(now time.Time, seen int) {
	p.record, p.answer = record{Known: now.UTC(), From: now.UTC()}, nil
	p.asked, p.seen, p.last = now, seen, run{}
	p.version++
}

// changed notes that there is something to keep.
func (p *page) changed() { p.version++ }

// unkept reports whether there is.
func (p *page) unkept() bool { return p.version != p.kept }

// restore makes a page of what was kept. What lies in the future by the clock as
// it is now began now: it has to be heard once more within its time.
func (p *page) restore(r record, now time.Time) {
	p.record, p.asked = r, now
	if r.From.After(now) {
		p.changed()
	}
	p.From = anchored(r.From, now)
	if !r.Deaf.IsZero() {
		p.Deaf = anchored(r.Deaf, now)
	}
	if r.Beat == nil {
		return
	}
	beat := *r.Beat
	beat.From = r.Sender
	if !beat.Started.IsZero() {
		beat.Started = anchored(beat.Started, now)
	}
	p.set(beat)
}

// anchored returns a moment of the wall clock, as it is on the monotonic clock,
// too; now when it has not come yet.
func anchored(t, now time.Time) time.Time { return now.Add(-max(now.Sub(t), 0)).UTC() }

// set takes another Beat.
func (p *page) set(b health.Beat) {
	p.Beat = &b
	p.answer = &health.Answer{Beat: &b}
}
