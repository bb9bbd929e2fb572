package journal

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// hostileStandby returns a standby and where its file is.
func hostileStandby(t *testing.T) (*Standby, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "portreeve.db")
	return reopened(t, path), path
}

func reopened(t *testing.T, path string) *Standby {
	t.Helper()
	s, err := OpenStandby(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// happens appends the next entries of one stream.
func happens(t *testing.T, s *Standby, from, to uint64) {
	t.Helper()
	for n := from; n <= to; n++ {
		e := event.Entry{Stream: "check/a", Number: n, At: time.Now(), Change: &health.Change{Check: "a"}}
		if outcomes, err := s.Append(t.Context(), []event.Entry{e}); err != nil || outcomes[0] != event.Stored {
			t.Fatalf("append %d: %v, %v", n, outcomes, err)
		}
	}
}

// holds fails the test unless a standby has that many entries of the stream.
func holds(t *testing.T, s *Standby, want int) {
	t.Helper()
	found, err := s.Read(t.Context(), "", MaxRead)
	if err != nil || len(found) != want {
		t.Errorf("%d entries, %v, want %d", len(found), err, want)
	}
}

func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// movedAside fails the test unless that many files were.
func movedAside(t *testing.T, path string, want int) {
	t.Helper()
	if n, _ := asides(path); n != want {
		t.Errorf("%d files were moved aside, want %d", n, want)
	}
}

var errDamage = fmt.Errorf("%w: for the test", ErrCorrupt)

// TestStandbyLateNewsOfDamage: a slow reader of a damaged file, which ends when
// that has been moved aside, says nothing of the file that came after it.
func TestStandbyLateNewsOfDamage(t *testing.T) {
	s, path := hostileStandby(t)
	defer s.Close()
	happens(t, s, 1, 3)
	former := s.engine
	s.fail(former, errDamage)
	soon(t, "it is moved aside", func() bool { return s.Trouble() == nil })
	for _, late := range []error{errDamage, errors.New("sql: database is closed")} {
		if err := s.read(former, late); !Storage(err) {
			t.Errorf("%v became %v, want one that a later try cures", late, err)
		}
	}
	if err := s.Trouble(); err != nil {
		t.Errorf("trouble: %v", err)
	}
	happens(t, s, 4, 4)
	holds(t, s, 4)
	movedAside(t, path, 1)
}

// TestStandbySaysDamageOnce: what is said of a damage that lasts does not grow
// with each try.
func TestStandbySaysDamageOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	var log strings.Builder
	synctest.Test(t, func(t *testing.T) {
		s, err := OpenStandby(t.Context(), path, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for range 2 {
			happens(t, s, s.standing.heads["check/a"].number+1, s.standing.heads["check/a"].number+1)
			s.fail(s.engine, errDamage)
			time.Sleep(50 * time.Minute / 2)
		}
		if text := s.Trouble().Error(); strings.Count(text, "another journal was damaged") != 1 {
			t.Errorf("after many tries: %.300s", text)
		}
	})
	if n := strings.Count(log.String(), "still cannot be written"); n != 1 {
		t.Errorf("said %d times that it cannot be written, want once", n)
	}
}

// TestStandbyClosesDamaged: what is only in memory because the second damaged
// file within the hour stays is not lost at the end.
func TestStandbyClosesDamaged(t *testing.T) {
	s, path := hostileStandby(t)
	happens(t, s, 1, 3)
	s.fail(s.engine, errDamage)
	soon(t, "it is moved aside", func() bool { return s.Trouble() == nil })
	s.fail(s.engine, errDamage)
	soon(t, "it is said", func() bool { return strings.Contains(s.Trouble().Error(), "stays") })
	happens(t, s, 4, 6)
	if n := s.Unsaved(); n != 3 {
		t.Errorf("%d unsaved, want 3", n)
	}
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	s = reopened(t, path)
	defer s.Close()
	holds(t, s, 6)
	movedAside(t, path, 2)
}

// TestStandbyClosesBehindAnAppend: an append under way that ends up in memory,
// as the file is locked, is written after all, or Close says that it is lost.
func TestStandbyClosesBehindAnAppend(t *testing.T) {
	s, path := hostileStandby(t)
	happens(t, s, 1, 1)
	s.engine.patience(t.Context(), 300*time.Millisecond)
	other := reads(t, path, "BEGIN EXCLUSIVE")
	appended := make(chan error)
	go func() {
		_, err := s.Append(t.Context(), []event.Entry{{Stream: "check/a", Number: 2, Change: &health.Change{Check: "a"}}})
		appended <- err
	}()
	soon(t, "the append has begun", func() bool { return len(s.turn) == 1 })
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	if err := <-appended; err != nil {
		t.Fatal(err)
	}
	if err := <-closed; err == nil || !strings.Contains(err.Error(), "1 events are lost") {
		t.Errorf("close: %v", err)
	}
	other()
}

// reads has another connection do something to a database until it is closed.
func reads(t *testing.T, path, statement string) (done func()) {
	t.Helper()
	db, err := connect(path, mode{connections: 1, cacheKiB: 64})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	return func() { db.Close() }
}

// TestStandbySharedStays: a damaged journal in a database in which another
// program has tables is not moved away from that.
func TestStandbySharedStays(t *testing.T) {
	s, path := hostileStandby(t)
	happens(t, s, 1, 3)
	reads(t, path, `CREATE TABLE shop (id INTEGER)`)()
	s.fail(s.engine, errDamage)
	soon(t, "it is said", func() bool { return errors.Is(s.Trouble(), errShared) })
	happens(t, s, 4, 4)
	holds(t, s, 4)
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	s = reopened(t, path) // it was not damaged at all
	holds(t, s, 4)
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	reads(t, path, `UPDATE entry SET body = 'x' WHERE seq = 2`)()
	for range 2 {
		_, err := OpenStandby(t.Context(), path, slog.New(slog.DiscardHandler))
		if e, ok := errors.AsType[*OpenError](err); !ok || !errors.Is(err, ErrCorrupt) || !errors.Is(err, errShared) || e.Hint() == "" {
			t.Errorf("open: %v", err)
		}
	}
	reads(t, path, `DROP TABLE shop`)()
	s = reopened(t, path)
	defer s.Close()
	holds(t, s, 0)
	movedAside(t, path, 1)
}

// TestStandbyRemoved: somebody removes the file of a journal that is in use.
func TestStandbyRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	synctest.Test(t, func(t *testing.T) {
		s := reopened(t, path)
		defer s.Close()
		happens(t, s, 1, 3)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(path + suffix); err != nil {
				t.Fatal(err)
			}
		}
		happens(t, s, 4, 4) // nobody has noticed
		time.Sleep(2 * keeperIdle)
		if err := s.Trouble(); err != nil {
			t.Errorf("trouble: %v", err)
		}
		happens(t, s, 5, 5)
	})
	s := reopened(t, path)
	defer s.Close()
	holds(t, s, 5)
}

// TestStandbyAdoptsOnce: where the answer to an adoption was lost, the journal
// goes on behind what it has adopted.
func TestStandbyAdoptsOnce(t *testing.T) {
	s, _ := hostileStandby(t)
	defer s.Close()
	heads := []event.Entry{{Stream: "check/a", Number: 7, Change: &health.Change{Check: "a"}}}
	if err := s.engine.Adopt(t.Context(), heads); err != nil {
		t.Fatal(err)
	}
	if err := s.Adopt(t.Context(), heads); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("once more: %v", err)
	}
	happens(t, s, 8, 8)
	if err := s.Trouble(); err != nil {
		t.Errorf("trouble: %v", err)
	}
}

// TestStandbyWrittenByAnother: an entry that somebody else has put into the
// file takes a place that was given out: that is said, and how to go on.
func TestStandbyWrittenByAnother(t *testing.T) {
	s, path := hostileStandby(t)
	happens(t, s, 1, 1)
	reads(t, path, `INSERT INTO entry (stream, number, at, observer, body, kind) VALUES ('check/b', 1, '', '', '{}', 'change')`)()
	happens(t, s, 2, 2)
	if err := s.Trouble(); err == nil || !strings.Contains(err.Error(), "restart portreeve") {
		t.Errorf("trouble: %v", err)
	}
	if err := s.Close(); err == nil || !strings.Contains(err.Error(), "1 events are lost") {
		t.Errorf("close: %v", err)
	}
}

// TestLongLog: a write-ahead log that grows and grows is spoken of, once.
func TestLongLog(t *testing.T) {
	var log strings.Builder
	f, err := locate(filepath.Join(t.TempDir(), "p.db"), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	for i, size := range []int64{longLog, 2 * longLog, 3 * longLog, 0, 2 * longLog} {
		if err := os.WriteFile(f.path+"-wal", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(f.path+"-wal", size); err != nil {
			t.Fatal(err)
		}
		f.watchLog()
		if got, want := strings.Count(log.String(), "grows"), []int{0, 1, 1, 1, 2}[i]; got != want {
			t.Errorf("at %d bytes: said %d times, want %d", size, got, want)
		}
	}
}

// TestAsides: what was moved aside is counted by databases, and measured by all
// that belongs to them.
func TestAsides(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	for name, size := range map[string]int{"": 1, ".corrupt-1": 10, ".corrupt-1-wal": 100, ".corrupt-1-2": 1000, ".corrupt-1-2-shm": 10_000, ".lock": 1} {
		if err := os.WriteFile(path+name, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n, size := asides(path); n != 2 || size != 11_110 {
		t.Errorf("%d journals of %d bytes, want 2 of 11110", n, size)
	}
}
