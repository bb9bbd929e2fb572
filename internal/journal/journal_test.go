package journal_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/journal/journaltest"
)

func TestMemory(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Journal { return journal.NewMemory() })
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, func(t *testing.T) journaltest.Journal { return openIn(t, t.TempDir()) })
	journaltest.RunPersistent(t, openIn)
}

// openIn opens the journal in a directory.
func openIn(t *testing.T, dir string) journaltest.Journal {
	t.Helper()
	return openFile(t, filepath.Join(dir, "portreeve.db"))
}

func openFile(t testing.TB, path string) *journal.SQLite {
	t.Helper()
	j, err := journal.OpenSQLite(t.Context(), path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

var quiet = slog.New(slog.DiscardHandler)

var epoch = time.Date(2025, 3, 30, 1, 0, 0, 0, time.UTC)

func nanoseconds(n uint64) time.Duration { return time.Duration(n) }
