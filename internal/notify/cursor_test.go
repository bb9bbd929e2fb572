package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/notify"
)

// TestCursorTellsEverythingOnce: over pages, pauses and restarts, in order.
func TestCursorTellsEverythingOnce(t *testing.T) {
	engines(t, func(t *testing.T, j journal.Journal) {
		told := &channel{}
		if err := notify.NewCursor("test", j, told, silent).Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, j, 250)
		want := 250
		for range 3 {
			stop := start(t, notify.NewCursor("test", j, told, silent))
			for _, n := range []int{1, 120} {
				write(t, j, n)
				want += n
				eventually(t, "all are told", func() bool { return len(told.keys()) >= want })
			}
			stop()
			write(t, j, 3) // while nobody reads
			want += 3
		}
		equal(t, "told", told.keys(), keys(1, want-3))
	})
}

// TestCursorBegins: a new reader begins at the beginning of an empty journal
// and at the end of an old one; a known one where it was.
func TestCursorBegins(t *testing.T) {
	engines(t, func(t *testing.T, j journal.Journal) {
		early, late := &channel{}, &channel{}
		begin := func(name string, c *channel) *notify.Cursor {
			t.Helper()
			cursor := notify.NewCursor(name, j, c, silent)
			if err := cursor.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			return cursor
		}
		begin("early", early)
		write(t, j, 3)
		first := begin("late", late)
		write(t, j, 2)
		stops := []func(){start(t, begin("early", early)), start(t, first)}
		eventually(t, "all are told", func() bool { return len(early.keys()) >= 5 && len(late.keys()) >= 2 })
		for _, stop := range stops {
			stop()
		}
		equal(t, "early", early.keys(), keys(1, 5))
		equal(t, "late", late.keys(), keys(4, 5))
	})
}

// TestCursorTriesAgain: while telling fails, the order is kept and the place
// behind what was told is committed; delays grow to half a minute.
func TestCursorTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, told := journal.NewMemory(), &channel{}
		told.fail("check/a/3", errRelay)
		c := notify.NewCursor("test", j, told, silent)
		if err := c.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, j, 5)
		stop := start(t, c)
		time.Sleep(time.Hour)
		equal(t, "told", told.keys(), keys(1, 2))
		if n := told.count(); n < 120 || n > 135 {
			t.Errorf("%d tries in an hour, want about two a minute", n)
		}
		at, err := j.Position(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		if rest, err := j.Read(t.Context(), at, 1); err != nil || rest[0].Number != 3 {
			t.Errorf("a restart would begin with %v, %v, want number 3", rest, err)
		}
		told.fail("check/a/5", errRelay)
		eventually(t, "up to the fourth", func() bool { return len(told.keys()) == 4 })
		told.fail("", nil)
		time.Sleep(time.Second) // a new trouble has short delays
		equal(t, "told", told.keys(), keys(1, 5))
		stop()
	})
}

func TestCursorPassesOverWhatCannotBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		j, told := journal.NewMemory(), &channel{}
		told.fail("check/a/2", fmt.Errorf("mailbox unknown: %w", notify.ErrPermanent))
		c := notify.NewCursor("test", j, told, slog.New(slog.NewTextHandler(&log, nil)))
		stop := start(t, c)
		synctest.Wait()
		write(t, j, 3)
		synctest.Wait()
		equal(t, "told", told.keys(), []string{"check/a/1", "check/a/3"})
		stop()
		if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "key=check/a/2") {
			t.Errorf("the log does not say what was given up: %s", log.String())
		}
	})
}

// TestCursorOutlastsTheJournal: what fails is tried again, nothing is told
// twice in one run, and a place that cannot be committed stops nobody.
func TestCursorOutlastsTheJournal(t *testing.T) {
	errDisk := errors.New("disk is full")
	synctest.Test(t, func(t *testing.T) {
		b, told := &broken{Journal: journal.NewMemory(), positions: errDisk}, &channel{}
		stop := start(t, notify.NewCursor("test", b, told, silent))
		time.Sleep(time.Hour)
		b.do(func() { b.positions = nil })
		time.Sleep(time.Minute)

		write(t, b, 1)
		synctest.Wait()
		b.do(func() { b.reads = errDisk })
		write(t, b, 1)
		time.Sleep(time.Hour)
		equal(t, "told while reading fails", told.keys(), keys(1, 1))
		b.do(func() { b.reads = nil })
		time.Sleep(time.Minute)
		equal(t, "told", told.keys(), keys(1, 2))

		b.do(func() { b.advances = errDisk })
		for range 10 {
			write(t, b, 1)
			time.Sleep(time.Minute)
		}
		equal(t, "told while nothing is committed", told.keys(), keys(1, 12))
		stop()

		// Nothing of that was committed: a restart tells it again, at least once.
		b.do(func() { b.advances = nil })
		again := &channel{}
		stop = start(t, notify.NewCursor("test", b, again, silent))
		synctest.Wait()
		equal(t, "told again", again.keys(), keys(3, 12))
		stop()
	})
}

// TestCursorCommitsByBatches: each commit costs a write to the disk.
func TestCursorCommitsByBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, told := &broken{Journal: journal.NewMemory()}, &channel{}
		c := notify.NewCursor("test", b, told, silent)
		if err := c.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, b, 250)
		stop := start(t, c)
		time.Sleep(time.Hour)
		stop()
		if b.commits != 1+3 {
			t.Errorf("%d commits for the beginning and 250 entries, want 4", b.commits)
		}
	})
}

// TestCursorWithALostPlace goes on from the end, and says so.
func TestCursorWithALostPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		b, told := &broken{Journal: journal.NewMemory()}, &channel{}
		c := notify.NewCursor("test", b, told, slog.New(slog.NewTextHandler(&log, nil)))
		if err := c.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, b, 3)
		b.cut = event.ErrCursor
		stop := start(t, c)
		synctest.Wait()
		write(t, b, 2)
		synctest.Wait()
		equal(t, "told", told.keys(), keys(4, 5))
		stop()
		if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "lost") {
			t.Errorf("the log does not tell of it: %s", log.String())
		}
	})
}

// TestCursorCommitsAtTheEnd: what was told just before the stop is not told
// again.
func TestCursorCommitsAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal.NewMemory()
		ctx, cancel := context.WithCancel(t.Context())
		told := &channel{}
		stopping := notifyFunc(func(ctx context.Context, e event.Recorded) error {
			err := told.Notify(ctx, e)
			if e.Number == 2 {
				cancel()
			} else if e.Number > 2 {
				told.told = told.told[:2]
				return ctx.Err()
			}
			return err
		})
		c := notify.NewCursor("test", j, stopping, silent)
		if err := c.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, j, 4)
		if err := c.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
		stop := start(t, notify.NewCursor("test", j, told, silent))
		synctest.Wait()
		stop()
		equal(t, "told", told.keys(), keys(1, 4))
	})
}
