package journal

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/event"
)

// A standing is what holds now, by all that was written, be it on the disk
// already or not: small next to the history, and enough to watch and to tell
// people while there is no disk.
type standing struct {
	heads    map[string]row   // newest of each stream
	places   map[string]int64 // of readers
	notes    map[string]map[string][]byte
	kept     map[string]event.Kept
	revision uint64 // the highest that was ever given out
}

func newStanding() *standing {
	return &standing{
		heads: map[string]row{}, places: map[string]int64{}, notes: map[string]map[string][]byte{}, kept: map[string]event.Kept{},
	}
}

// apply takes up what a batch changes. Nothing of the batch is shared
// afterwards that its maker could alter.
func (s *standing) apply(b *batch) {
	for _, r := range b.rows {
		s.heads[r.stream] = r
	}
	for _, p := range b.places {
		s.places[p.reader] = p.seq
		for _, n := range p.notes {
			s.note(p.reader, n)
		}
	}
	for _, k := range b.kept {
		s.revision = max(s.revision, k.Revision)
		if k.Value == nil {
			delete(s.kept, k.Key)
		} else {
			s.kept[k.Key] = k
		}
	}
}

func (s *standing) note(reader string, n event.Note) {
	notes := s.notes[reader]
	if notes == nil {
		notes = map[string][]byte{}
		s.notes[reader] = notes
	}
	if n.Value == nil {
		delete(notes, n.Key)
	} else {
		notes[n.Key] = n.Value
	}
}

// headsOf returns the newest rows of the streams whose names begin so, in the
// order of their names.
func (s *standing) headsOf(prefix string) []row {
	var found []row
	for _, stream := range slices.Sorted(maps.Keys(s.heads)) {
		if strings.HasPrefix(stream, prefix) {
			found = append(found, s.heads[stream])
		}
	}
	return found
}

// notesOf returns copies of a reader's notes, sorted by key.
func (s *standing) notesOf(reader string) []event.Note {
	notes := make([]event.Note, 0, len(s.notes[reader]))
	for _, key := range slices.Sorted(maps.Keys(s.notes[reader])) {
		notes = append(notes, event.Note{Key: key, Value: bytes.Clone(s.notes[reader][key])})
	}
	return notes
}

// keptOf returns copies of what is kept under keys that begin so, sorted.
func (s *standing) keptOf(prefix string) []event.Kept {
	found := []event.Kept{}
	for _, key := range slices.Sorted(maps.Keys(s.kept)) {
		if strings.HasPrefix(key, prefix) {
			k := s.kept[key]
			k.Value = bytes.Clone(k.Value)
			found = append(found, k)
		}
	}
	return found
}

// readStanding reads the standing from a journal's file. Every row is checked
// against its checksum.
func (s *SQLite) readStanding(ctx context.Context) (*standing, error) {
	l := loading{ctx: ctx, s: s, standing: newStanding()}
	for _, step := range []func() error{l.heads, l.places, l.notes, l.kept} {
		if err := step(); err != nil {
			return nil, failed("read journal", err)
		}
	}
	return l.standing, nil
}

// A loading is the state of one readStanding.
type loading struct {
	ctx context.Context
	s   *SQLite
	*standing
}

func (l loading) heads() error {
	rows, err := scanAll(l.s.q.heads.QueryContext(l.ctx, "", after("")))
	for _, r := range rows {
		l.standing.heads[r.stream] = r
	}
	return err
}

func (l loading) places() error {
	rows, err := readerTable.intact(l.s.reader.QueryContext(l.ctx, readerTable.find()))
	for _, v := range rows {
		l.standing.places[v[0].(string)] = v[1].(int64)
	}
	return err
}

func (l loading) notes() error {
	rows, err := noteTable.intact(l.s.reader.QueryContext(l.ctx, noteTable.find()))
	for _, v := range rows {
		l.note(v[0].(string), event.Note{Key: v[1].(string), Value: blob(v[2])})
	}
	return err
}

func (l loading) kept() error {
	rows, err := keptTable.intact(l.s.reader.QueryContext(l.ctx, keptTable.find()))
	for _, v := range rows {
		k := event.Kept{Key: v[1].(string), Value: blob(v[2]), Revision: uint64(v[0].(int64))}
		l.standing.kept[k.Key], l.revision = k, max(l.revision, k.Revision)
	}
	if err != nil {
		return err
	}
	const query = `SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?`
	var used uint64
	if err := l.s.reader.QueryRowContext(l.ctx, query, keptTable.name).Scan(&used); err != nil {
		return err
	}
	l.revision = max(l.revision, used)
	return nil
}
