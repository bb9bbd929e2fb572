package journal

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// TestAppendRowsKeepsPlaces: a row that has been given out under a place is
// stored there or nowhere.
func TestAppendRowsKeepsPlaces(t *testing.T) {
	s, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "p.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	placed := func(number uint64, seq int64) row {
		rows, err := encode([]event.Entry{{Stream: "check/a", Number: number, Change: &health.Change{Check: "a"}}})
		if err != nil {
			t.Fatal(err)
		}
		rows[0].seq = seq
		return rows[0]
	}
	for _, tt := range []struct {
		name string
		rows []row
		ok   bool
		last int64
	}{
		{"the first", []row{placed(1, 1)}, true, 1},
		{"once more", []row{placed(1, 1)}, true, 1},
		{"once more elsewhere", []row{placed(1, 2)}, false, 1},
		{"with a gap", []row{placed(2, 3)}, false, 1},
		{"one that is taken", []row{placed(2, 1)}, false, 1},
		{"some in order", []row{placed(2, 2), placed(3, 0), placed(4, 4)}, true, 4},
		{"some out of order", []row{placed(5, 5), placed(6, 7)}, false, 4},
		{"without", []row{placed(5, 0)}, true, 5},
	} {
		outcomes, err := s.appendRows(t.Context(), tt.rows)
		if (err == nil) != tt.ok || err == nil && len(outcomes) != len(tt.rows) {
			t.Errorf("%s: %v, %v", tt.name, outcomes, err)
		}
		for _, o := range outcomes {
			if o != event.Stored {
				t.Errorf("%s: %s", tt.name, o)
			}
		}
		if last := s.lastSeq(); last != tt.last {
			t.Errorf("%s: the last is %d, want %d", tt.name, last, tt.last)
		}
		if Storage(err) || errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, which is the caller's fault", tt.name, err)
		}
	}
}

// TestPlacesAreNeverUsedAgain, not even when the newest entry has gone by
// somebody's hand.
func TestPlacesAreNeverUsedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	for want := int64(1); want <= 3; want++ {
		s, err := OpenSQLite(t.Context(), path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Append(t.Context(), []event.Entry{{Stream: "check/a", Number: 1, Change: &health.Change{}}}); err != nil {
			t.Fatal(err)
		}
		if last := s.lastSeq(); last != want {
			t.Errorf("place %d, want %d", last, want)
		}
		if _, err := s.writer.Exec(`DELETE FROM entry`); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStorage(t *testing.T) {
	for err, want := range map[error]bool{
		nil:                                     false,
		ErrClosed:                               false,
		ErrRevision:                             false,
		fmt.Errorf("x: %w", ErrCorrupt):         false,
		errors.Join(ErrCorrupt, syscall.ENOSPC): false,
		event.ErrCursor:                         false,
		&OpenError{Err: syscall.EROFS}:          true,
		fmt.Errorf("x: %w", syscall.ENOSPC):     true,
		syscall.EIO:                             true,
		syscall.ENOENT:                          false,
	} {
		if got := Storage(err); got != want {
			t.Errorf("Storage(%v) = %v, want %v", err, got, want)
		}
	}
	for code, want := range map[int32]bool{sqlite3.SQLITE_CORRUPT: true, sqlite3.SQLITE_NOTADB: true, sqlite3.SQLITE_FULL: false} {
		if got := corruptCode(int(code)); got != want {
			t.Errorf("corruptCode(%d) = %v, want %v", code, got, want)
		}
	}
}

// TestMarksTellAJournal: every one of them does, in every version.
func TestMarksTellAJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	s, err := OpenSQLite(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, filepath.Join("testdata", "version1.db")} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range marks {
			if !bytes.Contains(b, mark) {
				t.Errorf("%s does not mention %q", file, mark)
			}
		}
	}
}

// TestMigrationCutShort: whichever step a migration ended after, the next start
// does the rest.
func TestMigrationCutShort(t *testing.T) {
	old, err := os.ReadFile(filepath.Join("testdata", "version1.db"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		before  []byte
		version int64
		entries int
	}{
		"a new file":                 {nil, 1, 0},
		"a new file, later":          {nil, 2, 0},
		"a file of version 1":        {old, 2, 10},
		"nothing is left to be done": {old, 3, 10},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "p.db")
			if err := os.WriteFile(path, tt.before, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := connect(path, writing)
			if err != nil {
				t.Fatal(err)
			}
			p, err := migrator(db)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.UpTo(t.Context(), tt.version); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			s := reopened(t, path)
			defer s.Close()
			holds(t, s, tt.entries)
			if err := s.Scrub(t.Context()); err != nil {
				t.Error(err)
			}
			movedAside(t, path, 0)
		})
	}
}
