package heartbeat

import (
	"cmp"
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// maxText is how many bytes of a sender's text are kept: its end, where jobs say
// what went wrong.
const maxText = 1 << 10

// ErrFull says that there is no room for another sender.
var ErrFull error = tooMany(fmt.Sprintf("%d heartbeats are heard already", maxNames))

// tooMany is an error by which those who may not know this package know it too.
type tooMany string

func (e tooMany) Error() string { return string(e) }

// Full reports that asking again is of no use before something else is over.
func (e tooMany) Full() bool { return true }

// Beat hears a signal of a sender, now, and returns what was heard: with the run
// time, where that is known. A finish with an exit code other than 0 is a
// failure. The signal takes effect at once; an error says that it is not kept
// yet, so that it would be lost if this process ended before it is. The error
// [ErrFull] says that nothing was heard.
func (b *Book) Beat(ctx context.Context, name string, beat health.Beat) (health.Beat, error) {
	p, heard, version := b.hear(name, beat, time.Now())
	if p == nil {
		return health.Beat{}, ErrFull
	}
	if err := b.keep(ctx, name, p, version); err != nil {
		b.hurry()
		return heard, fmt.Errorf("keep heartbeat %s: %w", name, err)
	}
	return heard, nil
}

// hear has a signal take effect.
func (b *Book) hear(name string, beat health.Beat, now time.Time) (*page, health.Beat, uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.page(name, now)
	if p == nil {
		return nil, health.Beat{}, 0
	}
	beat.At, beat.Text, beat.Took = now.UTC(), tail(beat.Text, maxText), max(beat.Took, 0)
	beat.From = beat.From.Unmap()
	p.seen, p.Sender = b.absences.count(), beat.From
	if beat.Signal == health.Start {
		beat = p.start(beat)
	} else {
		beat = p.end(beat)
	}
	p.changed()
	return p, beat, p.version
}

// start notes that a run began. Of who has not ended the one before, silence
// counts from that one on.
func (p *page) start(b health.Beat) health.Beat {
	b.Started, b.Took, b.Code = b.At, 0, 0
	if p.Unfinished.IsZero() {
		p.Unfinished = b.At
		p.heard(b.At)
	}
	last := health.Beat{Signal: health.Start, At: b.At, From: b.From}
	if p.Beat != nil && p.Beat.Signal != health.Start {
		last = *p.Beat
	}
	last.Started, last.From = b.At, b.From
	p.set(last)
	return b
}

// end notes that a run ended, well or badly.
func (p *page) end(b health.Beat) health.Beat {
	if b.Signal != health.Failed {
		b.Signal = health.Finish
	}
	if b.Code != 0 {
		b.Signal = health.Failed
	}
	b.Started = time.Time{}
	switch measured := p.Beat != nil && !p.Beat.Started.IsZero(); {
	case measured:
		took := health.Duration(max(b.At.Sub(p.Beat.Started), 0))
		p.last = run{b.At, cmp.Or(b.Took, took)}
		b.Took = p.last.took
	case b.Took == 0 && b.At.Sub(p.last.ended) <= resent:
		b.Took = p.last.took
	}
	p.Unfinished = time.Time{}
	p.heard(b.At)
	p.set(b)
	return b
}

// resent is how long a sender may try again to tell an end whose answer it did not
// get: curl --retry 5 gives up after half a minute.
const resent = time.Minute

// A run is one whose length was measured.
type run struct {
	ended time.Time
	took  health.Duration
}

// heard begins the wait for the next signal.
func (p *page) heard(at time.Time) {
	p.From, p.Silent, p.Excused, p.Deaf = at, 0, false, time.Time{}
}

// tail returns the end of a text, so many bytes at most, from the beginning of a
// character on.
func tail(t foreign.Text, most int) foreign.Text {
	if len(t) <= most {
		return t
	}
	cut := len(t) - most
	for cut < len(t) && !utf8.RuneStart(t[cut]) {
		cut++
	}
	return "…" + foreign.Text(string(t[cut:]))
}
