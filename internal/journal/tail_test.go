package journal

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// unsaid commits an entry as an Append does that has not returned yet, or
// never will: the commit's answer was lost.
func unsaid(t *testing.T, s *SQLite, e event.Entry) {
	t.Helper()
	rows, err := encode([]event.Entry{e})
	if err != nil {
		t.Fatal(err)
	}
	err = s.write(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, _, err := s.within(ctx, tx).append(rows)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSQLiteCommitsBeforeItSaysSo: between the commit and Append's return, the
// entry can be read, and its cursor is good; if the answer is lost, the repeat
// wakes those who wait.
func TestSQLiteCommitsBeforeItSaysSo(t *testing.T) {
	e := event.Entry{Stream: "check/a", Number: 1, Change: &health.Change{}}
	for _, read := range []bool{true, false} {
		s, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "p.db"), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		unsaid(t, s, e)
		if read {
			found, err := s.Read(t.Context(), "", 1)
			if err != nil || len(found) != 1 {
				t.Fatalf("read: %v, %v", found, err)
			}
			if _, err := s.Read(t.Context(), found[0].Cursor, 1); err != nil {
				t.Errorf("read on: %v", err)
			}
		} else if outcomes, err := s.Append(t.Context(), []event.Entry{e}); err != nil || outcomes[0] != event.Stored {
			t.Fatalf("repeat: %v, %v", outcomes, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := s.Wait(ctx, ""); err != nil {
			t.Errorf("wait: %v", err)
		}
	}
}
