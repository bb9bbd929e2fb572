package journal_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// states returns what `select * from VIEW` shows, one line per row.
func states(t *testing.T, db *sql.DB, view string) (lines []string) {
	t.Helper()
	rows, err := db.Query(`SELECT * FROM ` + view + ` ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if names, err := rows.Columns(); err != nil || strings.Join(names, " ") != "id timestamp healthy check_name" {
		t.Fatalf("columns %v, %v", names, err)
	}
	for rows.Next() {
		var id, healthy int64
		var timestamp, check string
		if err := rows.Scan(&id, &timestamp, &healthy, &check); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(id, " ", timestamp, " ", healthy, " ", check))
	}
	return lines
}

// moves appends changes of checks, one a second, spelt "shop:X": U unknown, H
// healthy, D degrading, X unhealthy, P the beginning of a pause.
func moves(t *testing.T, j journal.Journal, spelt string) {
	t.Helper()
	for _, word := range strings.Fields(spelt) {
		check, to, _ := strings.Cut(word, ":")
		head, _, err := j.Head(t.Context(), event.CheckStream(check))
		if err != nil {
			t.Fatal(err)
		}
		e := event.Entry{Stream: event.CheckStream(check), Number: head.Number + 1, At: epoch.Add(time.Duration(head.Number) * time.Second),
			Change: &health.Change{Check: check, From: health.Unknown}}
		if head.Change != nil {
			e.Change.From = head.Change.To
		}
		if e.Change.To = statuses[to[0]]; to == "P" {
			e.Change.To, e.Change.Overlay = e.Change.From, health.Paused
		}
		appendAll(t, j, e)
	}
}

var statuses = map[byte]health.Status{'U': health.Unknown, 'H': health.Healthy, 'D': health.Degrading, 'X': health.Unhealthy}

// TestStateView: a check's first judgement makes a row, and then one whenever
// it is up and was down or the other way round.
func TestStateView(t *testing.T) {
	for _, tt := range []struct{ moves, want string }{
		{"", ""},
		{"a:H", "1:1a"},
		{"a:X", "1:0a"},
		{"a:U a:P a:H", "3:1a"},
		{"a:H a:D a:H a:D a:X a:H", "1:1a 5:0a 6:1a"},
		{"a:X a:U a:X a:U a:H", "1:0a 5:1a"},
		{"a:H a:P a:U a:H a:D", "1:1a"},
		{"a:H b:H a:X b:D b:X a:P a:H", "1:1a 2:1b 3:0a 5:0b 7:1a"},
		{"portreeve.clock:X portreeve.clock:H a:H", "3:1a"},
		{"portreeve:X", "1:0portreeve"},
	} {
		path := filepath.Join(t.TempDir(), "p.db")
		j := openFile(t, path)
		moves(t, j, tt.moves)
		var got []string
		for _, line := range states(t, another(t, path), "state") {
			f := strings.Fields(line)
			got = append(got, f[0]+":"+f[2]+f[3])
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %s, want %s", tt.moves, got, tt.want)
		}
		check(t, j.Close())
	}
}

// TestStateViewOfABatch: what was said in the same append counts.
func TestStateViewOfABatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	j := openFile(t, path)
	defer j.Close()
	var batch []event.Entry
	for n, to := range "HDXXH" {
		batch = append(batch, event.Entry{Stream: "check/a", Number: uint64(n + 1), At: epoch, Change: &health.Change{Check: "a", To: statuses[byte(to)]}})
	}
	appendAll(t, j, batch...)
	appendAll(t, j, batch...) // once more says nothing more
	want := "1 2025-03-30T01:00:00.000000000Z 1 a, 3 2025-03-30T01:00:00.000000000Z 0 a, 5 2025-03-30T01:00:00.000000000Z 1 a"
	if got := strings.Join(states(t, another(t, path), "state"), ", "); got != want {
		t.Errorf("state: %s\nwant   %s", got, want)
	}
}

// TestStateViewBesideTheSeeds: a table or view of that name which is there
// already is left alone, and ours has another name, also after a restart.
func TestStateViewBesideTheSeeds(t *testing.T) {
	for _, seeds := range []string{
		`CREATE TABLE state (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, healthy BOOLEAN)`,
		`CREATE TABLE STATE (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, healthy BOOLEAN)`,
		`CREATE VIEW state AS SELECT 1 AS id, 'now' AS timestamp, 1 AS healthy`,
	} {
		path := filepath.Join(t.TempDir(), "p.db")
		db := another(t, path)
		execute(t, db, seeds)
		if strings.Contains(seeds, "TABLE") {
			execute(t, db, `INSERT INTO state (timestamp, healthy) VALUES ('2024-01-01 00:00:00', 1)`)
		}
		for range 2 {
			j := openFile(t, path)
			moves(t, j, "a:X")
			check(t, j.Close())
		}
		var n int
		if err := db.QueryRow(`SELECT count(*) FROM state WHERE id = 1 AND healthy = 1`).Scan(&n); err != nil || n != 1 {
			t.Errorf("%s: %d rows are left, %v", seeds, n, err)
		}
		if got := states(t, db, "portreeve_state"); len(got) != 1 || !strings.HasSuffix(got[0], " 0 a") {
			t.Errorf("portreeve_state: %q", got)
		}
		var views int
		if err := db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE name LIKE '%state' AND type = 'view' AND sql LIKE '%check_name%'`).Scan(&views); err != nil || views != 1 {
			t.Errorf("%d views of ours, %v", views, err)
		}
	}
}

// TestPruneKeepsTheStateView: of what the view has shown, only rows that are
// not their check's newest may go; what comes after is as if none had.
func TestPruneKeepsTheStateView(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	whole, pruned := filepath.Join(t.TempDir(), "whole.db"), filepath.Join(t.TempDir(), "pruned.db")
	a, b := openFile(t, whole), openFile(t, pruned)
	defer a.Close()
	defer b.Close()
	rows, rest := another(t, whole), another(t, pruned)
	for range 30 {
		var spelt []string
		for range 10 {
			spelt = append(spelt, fmt.Sprintf("check%d:%c", random.IntN(4), "UHDXXHP"[random.IntN(7)]))
		}
		moves(t, a, strings.Join(spelt, " "))
		moves(t, b, strings.Join(spelt, " "))
		if _, err := b.Prune(t.Context(), journal.Retention{Entries: 1 + random.IntN(20)}); err != nil {
			t.Fatal(err)
		}
		all := states(t, rows, "state")
		known, newest := map[string]bool{}, map[string]string{}
		for _, line := range all {
			known[line], newest[line[strings.LastIndex(line, " "):]] = true, line
		}
		kept := map[string]bool{}
		for _, line := range states(t, rest, "state") {
			if kept[line] = true; !known[line] {
				t.Fatalf("after pruning there is %q, which never was", line)
			}
		}
		for _, line := range newest {
			if !kept[line] {
				t.Errorf("gone: %q", line)
			}
		}
	}
}
