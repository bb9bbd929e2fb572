package journal_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
)

var kills = flag.Int("kills", 20, "how often TestSQLiteSurvivesKill kills its child")

var flips = flag.Int("flips", oneFlipIn, "TestFlippedBytes tries one byte in so many")

// childOf names, in a child's environment, the database that it is to fill.
const childOf = "PORTREEVE_TEST_APPEND_TO"

func TestMain(m *testing.M) {
	if path := os.Getenv(childOf); path != "" {
		if err := appendUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var killStreams = []string{"check/a", "check/b", "ports/web-1"}

// appendUntilKilled appends to a journal and says so on its standard output,
// one line per acknowledged entry. It ends when nobody reads that any more.
func appendUntilKilled(path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	j, err := journal.OpenSQLite(ctx, path, quiet)
	if err != nil {
		return err
	}
	next := map[string]uint64{}
	for _, stream := range killStreams {
		head, ok, err := j.Head(ctx, stream)
		if err != nil {
			return err
		}
		next[stream] = head.Number + 1
		if ok { // as a writer does whose answer was lost
			if outcomes, err := j.Append(ctx, numbered(stream, head.Number, 1)); err != nil || outcomes[0] != event.Stored {
				return fmt.Errorf("repeat %s: %v, %w", head.Key(), outcomes, err)
			}
		}
	}
	for {
		var batch []event.Entry
		for _, stream := range killStreams {
			n := rand.IntN(3)
			batch = append(batch, numbered(stream, next[stream], n)...)
			next[stream] += uint64(n)
		}
		outcomes, err := j.Append(ctx, batch)
		if err != nil {
			return err
		}
		if err := advanceToEnd(ctx, j); err != nil {
			return err
		}
		for i, e := range batch {
			if _, err := fmt.Println(e.Stream, e.Number, outcomes[i]); err != nil {
				return err
			}
		}
	}
}

// advanceToEnd commits a reader's place, and what it is as a note.
func advanceToEnd(ctx context.Context, j journal.Journal) error {
	newest, err := j.Recent(ctx, 1)
	if err != nil || len(newest) == 0 {
		return err
	}
	end := newest[0].Cursor
	return j.Advance(ctx, "mail", end, event.Note{Key: "place", Value: []byte(end)})
}

// noteIsPlace fails the test unless a reader's note was committed together with
// its place.
func noteIsPlace(t *testing.T, j journal.Journal) {
	t.Helper()
	at, err := j.Position(t.Context(), "mail")
	check(t, err)
	notes, err := j.Notes(t.Context(), "mail")
	check(t, err)
	if len(notes) != 1 || string(notes[0].Value) != string(at) {
		t.Errorf("place %q is committed with note %q", at, notes)
	}
}

// TestSQLiteSurvivesKill: after SIGKILL in the middle of appends, everything
// that was acknowledged is there, once, and writing goes on. A place and its
// notes are committed together.
func TestSQLiteSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	acked := map[string]uint64{}
	for cycle := range *kills {
		killAfter(t, path, 1+rand.IntN(40), acked)
		j := openFile(t, path)
		stored := map[string]uint64{}
		for i, r := range readAll(t, j, "") {
			stored[r.Stream]++
			want := numbered(r.Stream, stored[r.Stream], 1)[0]
			if r.Number != want.Number || !r.At.Equal(want.At) || r.Change == nil || r.Change.Reason != want.Change.Reason {
				t.Fatalf("cycle %d: entry %d is %s, want %s", cycle, i, r.Key(), want.Key())
			}
		}
		noteIsPlace(t, j)
		for _, stream := range killStreams {
			if stored[stream] < acked[stream] {
				t.Errorf("cycle %d: %s has %d entries, %d were acknowledged", cycle, stream, stored[stream], acked[stream])
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if acked["check/a"] < uint64(*kills) {
		t.Errorf("only %d entries in %d cycles: nothing was tested", acked["check/a"], *kills)
	}
}

// killAfter starts a child that appends, kills it when it has acknowledged
// some entries, and notes what it acknowledged up to its end.
func killAfter(t *testing.T, path string, lines int, acked map[string]uint64) {
	t.Helper()
	child, acks := startChild(t, path)
	seen := 0
	for acks.Scan() {
		var stream string
		var number uint64
		var outcome event.Outcome
		if _, err := fmt.Sscan(acks.Text(), &stream, &number, &outcome); err != nil || outcome != event.Stored {
			t.Fatalf("child says %q: %v", acks.Text(), err)
		}
		acked[stream] = max(acked[stream], number)
		if seen++; seen == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); seen < lines {
		t.Fatalf("child ended after %d of %d entries: %v", seen, lines, err)
	}
}

// startChild starts this test's program as one that fills a database.
func startChild(t *testing.T, path string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childOf+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { child.Process.Kill() }) // an error says that it has ended
	return child, bufio.NewScanner(out)
}

// TestSQLiteNamesTheOtherProcess: the lock holds between processes and ends
// with the one that has it, however that ends.
func TestSQLiteNamesTheOtherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	child, acks := startChild(t, path)
	if !acks.Scan() {
		t.Fatal("child did not begin")
	}
	refused(t, path, journal.ErrHeld, fmt.Sprintf("another portreeve holds it: pid %d", child.Process.Pid))
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait() // it was killed: that is the error
	j := openFile(t, path)
	defer j.Close()
	if len(readAll(t, j, "")) == 0 {
		t.Error("nothing was kept")
	}
}
