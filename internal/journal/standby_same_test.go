package journal_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
	"github.com/portreeve/portreeve/internal/journal"
)

// TestStandbyIsTheSame: whatever is asked of it while the file can be written
// and while it cannot, in whatever order, a standby answers as a journal that
// never had trouble, and so does its file in the end.
func TestStandbyIsTheSame(t *testing.T) {
	for seed := range uint64(8) {
		path := filepath.Join(t.TempDir(), "portreeve.db")
		sound := journal.NewMemory()
		synctest.Test(t, func(t *testing.T) { troubled(t, path, sound, seed) })
		file := openFile(t, path)
		sameStanding(t, fmt.Sprintf("seed %d, the file", seed), file, sound)
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// troubled compares a standby whose file is locked again and again.
func troubled(t *testing.T, path string, sound journal.Journal, seed uint64) {
	j, dice := openStandby(t, path), rand.New(rand.NewPCG(seed, 1))
	unlock := func() {}
	for step := range 120 {
		when := fmt.Sprintf("seed %d, step %d", seed, step)
		switch step % 20 {
		case 10:
			unlock = lockHere(t, path)
			journal.Impatient(j)
		case 19:
			sameStanding(t, when+", locked", j, sound)
			unlock()
			healed(t, j)
			sameStanding(t, when, j, sound)
		}
		differ(t, j, sound, dice.IntN(1<<20), dice.IntN(4))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// differ asks the same of two journals and fails the test where they differ.
func differ(t *testing.T, a, b journal.Journal, n, what int) {
	t.Helper()
	var answers [2]string
	for i, j := range []journal.Journal{a, b} {
		answers[i] = asked(t.Context(), j, n, what)
	}
	if answers[0] != answers[1] {
		t.Fatalf("request %d.%d: %s and %s", what, n, answers[0], answers[1])
	}
}

// asked does one of many things to a journal, and returns its answer.
func asked(ctx context.Context, j journal.Journal, n, what int) string {
	key := fmt.Sprint(n % 3)
	value := fmt.Append(nil, n)
	if n%5 == 0 {
		value = nil
	}
	switch what {
	case 0:
		head, _, err := j.Head(ctx, "check/"+key)
		if err != nil {
			return err.Error()
		}
		outcomes, err := j.Append(ctx, numbered("check/"+key, head.Number+1, 1+n%3))
		return fmt.Sprint(outcomes, err)
	case 1:
		recent, err := j.Recent(ctx, 3)
		if err != nil || len(recent) == 0 {
			return fmt.Sprint(err)
		}
		return fmt.Sprint(j.Advance(ctx, "reader "+key, recent[n%len(recent)].Cursor, event.Note{Key: fmt.Sprint(n % 7), Value: value}))
	case 2:
		kept, err := j.Kept(ctx, key)
		revision := uint64(n % 4 / 3) // now and then a wrong one
		if len(kept) > 0 {
			revision += kept[0].Revision
		}
		next, failed := j.Keep(ctx, key, value, revision)
		return fmt.Sprint(err, next, errors.Is(failed, journal.ErrRevision), failed != nil)
	}
	l := history.Latency{Check: "shop", At: epoch.Truncate(time.Hour).Add(time.Duration(n%24) * 5 * time.Minute), Span: 5 * time.Minute}
	if n%4 == 0 {
		l.At, l.Span = l.At.Truncate(time.Hour), time.Hour
	}
	l.Add(time.Duration(n) * time.Microsecond)
	return fmt.Sprint(j.AddLatency(ctx, []history.Latency{l}))
}

// sameStanding fails the test unless two journals say the same but for their
// cursors.
func sameStanding(t *testing.T, when string, a, b journal.Journal) {
	t.Helper()
	var all [2]map[string]any
	for i, j := range []journal.Journal{a, b} {
		ctx, said := t.Context(), map[string]any{}
		keys := map[event.Cursor]string{"": "none"}
		for n, r := range readAll(t, j, "") {
			keys[r.Cursor] = r.Key()
			said[fmt.Sprint("entry ", n)] = r.Entry
		}
		for n := range 3 {
			reader := fmt.Sprint("reader ", n)
			at, err := j.Position(ctx, reader)
			check(t, err)
			notes, err := j.Notes(ctx, reader)
			check(t, err)
			said[reader], said[reader+"'s notes"] = keys[at], append([]event.Note{}, notes...)
		}
		kept, err := j.Kept(ctx, "")
		check(t, err)
		latencies, err := j.Latency(ctx, "shop", time.Time{}, time.Time{})
		check(t, err)
		some, err := j.Latency(ctx, "shop", epoch.Truncate(time.Hour).Add(30*time.Minute), epoch.Truncate(time.Hour).Add(90*time.Minute))
		check(t, err)
		said["kept"], said["latencies"], said["some latencies"] = append([]event.Kept{}, kept...), latencies, append([]history.Latency{}, some...)
		all[i] = said
	}
	if diff := cmp.Diff(all[1], all[0], exactly); diff != "" {
		t.Fatalf("%s (-sound +standby):\n%.3000s", when, diff)
	}
}
