package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

const (
	caseNote   = "case/"
	parkedNote = "parked/"
	// maxNote bounds, in bytes, what is read back: a dossier is far smaller.
	maxNote = 1 << 20
	// maxAside is how long a place may be uncommitted behind which there is
	// nothing to remember: every commit is a write to the disk.
	maxAside = 10 * time.Second
	// commitTimeout bounds one commit: what is due must not wait for a disk.
	commitTimeout = 5 * time.Second
)

// A ledger is what is to be committed: the place in the journal, and the notes
// that have changed. It is empty, but for the place, while all is committed.
type ledger struct {
	at, committed event.Cursor
	files         map[string]*file // changed; nil: forgotten
	notes         map[string][]byte
	tries         int
	retry         time.Time // no commit is tried before
	aside         time.Time // since when only the place is another
}

// change notes that a file has changed.
func (l *ledger) change(f *file) { l.put(f.Check, f) }

// drop notes that a file is forgotten.
func (l *ledger) drop(f *file) { l.put(f.Check, nil) }

func (l *ledger) put(check string, f *file) {
	if l.files == nil {
		l.files = map[string]*file{}
	}
	l.files[check] = f
}

// note sets another note, or forgets it when it is nil.
func (l *ledger) note(key string, value []byte) {
	if l.notes == nil {
		l.notes = map[string][]byte{}
	}
	l.notes[key] = value
}

// pending reports whether there is anything to commit.
func (l *ledger) pending() bool { return len(l.files)+len(l.notes) > 0 || l.at != l.committed }

// due returns when to commit, the zero time if there is nothing to.
func (l *ledger) due(now time.Time) time.Time {
	switch {
	case !l.pending():
		return time.Time{}
	case len(l.files)+len(l.notes) > 0:
		l.aside = time.Time{}
		return l.retry
	case l.aside.IsZero():
		l.aside = now
	}
	return later(l.retry, l.aside.Add(maxAside))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// commit commits everything.
func (l *ledger) commit(ctx context.Context, j Journal, reader string) error {
	notes := make([]event.Note, 0, len(l.files)+len(l.notes))
	for check, f := range l.files {
		note := event.Note{Key: caseNote + check}
		if f != nil {
			value, err := json.Marshal(f.dossier)
			if err != nil {
				delete(l.files, check) // it must not keep all others from being committed
				return fmt.Errorf("write down what was told of %s: %w", check, err)
			}
			note.Value = value
		}
		notes = append(notes, note)
	}
	for key, value := range l.notes {
		notes = append(notes, event.Note{Key: key, Value: value})
	}
	if err := j.Advance(ctx, reader, l.at, notes...); err != nil {
		return err
	}
	l.committed, l.aside, l.tries, l.retry = l.at, time.Time{}, 0, time.Time{}
	clear(l.files)
	clear(l.notes)
	return nil
}

// last commits what is left, in the end.
func (l *ledger) last(ctx context.Context, j Journal, reader string) error {
	if !l.pending() {
		return nil
	}
	return l.commit(ctx, j, reader)
}

// commit commits what is due, and reports whether the journal does not know our
// place.
func (d *Desk) commit(ctx context.Context, now time.Time) (lost bool) {
	l := &d.ledger
	if !l.pending() || now.Before(l.due(now)) {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	err := l.commit(ctx, d.journal, d.reader)
	if err == nil || ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return false
	}
	l.tries++
	l.retry = now.Add(min(firstDelay<<min(l.tries-1, 10), maxDelay))
	d.log.Warn("what was told is not committed, trying again: a restart now would repeat it", "err", err, "try", l.tries)
	return errors.Is(err, event.ErrCursor)
}

// recall takes up what was committed. What cannot be read is dropped: it may be
// the work of a broken disk, and must keep nobody from being told.
func (d *Desk) recall(notes []event.Note) {
	for _, note := range notes {
		if err := d.recallNote(note); err != nil {
			d.log.Error("what was told before cannot be read and is forgotten", "note", safe(note.Key), "err", err)
			d.ledger.note(note.Key, nil)
		}
	}
	d.recallParked()
}

func (d *Desk) recallNote(note event.Note) error {
	if len(note.Value) > maxNote {
		return fmt.Errorf("%d bytes are too many", len(note.Value))
	}
	check, isCase := strings.CutPrefix(note.Key, caseNote)
	switch {
	case isCase:
		var kept dossier
		if err := json.Unmarshal(note.Value, &kept); err != nil {
			return err
		}
		if err := kept.validate(check); err != nil {
			return err
		}
		if kept.Try != nil {
			kept.doubt() // it was begun, and nobody knows what became of it
		}
		d.files[check] = &file{dossier: &kept}
	case strings.HasPrefix(note.Key, parkedNote):
		return d.recallOne(note)
	default:
		return errors.New("no such note is known")
	}
	return nil
}

// validate reports what the rules could not live with.
func (d *dossier) validate(check string) error {
	switch {
	case check == "" || d.Check != check:
		return fmt.Errorf("it is of check %q", d.Check)
	case d.Past.Count < len(d.Past.Outages) || d.Past.Count > 0 && len(d.Past.Outages) == 0:
		return fmt.Errorf("it counts %d outages and names %d", d.Past.Count, len(d.Past.Outages))
	case d.Try != nil && (d.Try.Notice.Check != check || d.Try.Notice.Key == "" || d.Try.Notice.Kind == ""):
		return errors.New("it holds the notice of another check")
	case d.Try != nil && (d.Try.Past.Count < len(d.Try.Past.Outages) || d.Try.Past.Count > 0 && len(d.Try.Past.Outages) == 0):
		return errors.New("the outages of its notice are not those it counts")
	}
	return nil
}
