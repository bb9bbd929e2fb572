package mirror_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/e2e/debian"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/mirror"
	"github.com/portreeve/portreeve/internal/mirror/mirrortest"
)

// The mirrors of a journal on the disk show the states that it shows itself,
// and a new one that adopts from a mirror goes on there.
func TestJournal(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"PostgreSQL": debian.Postgres, "MariaDB": debian.MariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := dsn(t)
			random := rand.New(rand.NewPCG(3, 4))
			heads, numbers := map[string]event.Entry{}, map[string]uint64{}
			states := 0
			for generation := range 2 {
				j, path := newJournal(t)
				m := open(t, dsn)
				adopt(t, m, j, heads)
				entries := walk(random, numbers, 1500)
				for _, e := range entries {
					heads[e.Stream] = e
				}
				if outcomes, err := j.Append(t.Context(), entries); err != nil || outcomes[len(outcomes)-1] != event.Stored {
					t.Fatal(outcomes, err)
				}
				if rows := run(t, m, j, uint64(len(entries))); rows != uint64(len(entries)) {
					t.Errorf("generation %d: %d rows written, want %d, none of them adopted", generation, rows, len(entries))
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				shown := shown(t, dsn)
				if generation == 0 {
					if diff := cmp.Diff(shown, shownBy(t, path)); diff != "" {
						t.Errorf("states (-mirror +journal):\n%s", diff)
					}
				}
				if len(shown) <= states {
					t.Errorf("generation %d: %d states, and %d before", generation, len(shown), states)
				}
				states = len(shown)
			}
		})
	}
}

func newJournal(t *testing.T) (j *journal.SQLite, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "portreeve.db")
	j, err := journal.OpenSQLite(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return j, path
}

// adopt has a new journal adopt what a mirror has, which must be as expected.
func adopt(t *testing.T, m *mirror.Mirror, j journal.Journal, want map[string]event.Entry) {
	t.Helper()
	latest, err := m.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]event.Entry{}
	for _, e := range latest {
		got[e.Stream] = e
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("newest entries (-want +got):\n%s", diff)
	}
	if err := j.Adopt(t.Context(), latest); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dsn string) *mirror.Mirror {
	t.Helper()
	m, err := mirror.Open(t.Context(), dsn, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// run runs a mirror until it has written as many rows and waits.
func run(t *testing.T, m *mirror.Mirror, source mirror.Source, rows uint64) uint64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error)
	go func() { ended <- m.Run(ctx, source) }()
	for ctx.Err() == nil && (m.Rows() < rows || m.Lag() > 0) {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("run: %v, %v", err, m.Err())
	}
	return m.Rows()
}

// walk makes changes of some checks at random, numbered on.
func walk(random *rand.Rand, numbers map[string]uint64, n int) []event.Entry {
	statuses := health.Statuses()
	var entries []event.Entry
	for i := range n {
		check := fmt.Sprintf("check-%d", random.IntN(7))
		numbers[check]++
		at := time.Date(2025, 1, 1, 0, 0, i, 123456000, time.UTC)
		change := &health.Change{Check: check, From: statuses[random.IntN(4)], To: statuses[random.IntN(4)], At: at, Began: at}
		if random.IntN(6) == 0 {
			change.Overlay = health.Paused
		}
		entries = append(entries, event.Entry{Stream: event.CheckStream(check), Number: numbers[check], At: at, Observer: "web-1", Change: change})
	}
	return entries
}

// shownBy returns what the view of states of a journal's file shows.
func shownBy(t *testing.T, path string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return states(t, db)
}

// shown returns what that of a mirror shows.
func shown(t *testing.T, dsn string) []string {
	t.Helper()
	return states(t, mirrortest.Connect(t, dsn))
}

// states returns one line per row but for its id, which is each database's
// own.
func states(t *testing.T, db *sql.DB) []string {
	t.Helper()
	rows, err := db.Query("SELECT timestamp, healthy, check_name FROM state ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var at any
		var up bool
		var check string
		if err := rows.Scan(&at, &up, &check); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(instant(t, at), " ", up, " ", check))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// instant reads a time, which the journal has as text.
func instant(t *testing.T, v any) string {
	t.Helper()
	switch v := v.(type) {
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case string:
		at, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC().Format(time.RFC3339Nano)
	}
	t.Fatalf("a time is %T", v)
	return ""
}
