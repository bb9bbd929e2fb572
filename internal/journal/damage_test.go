package journal_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/port"
)

// furnish fills a new journal with some of everything, and closes it.
func furnish(t *testing.T, path string) {
	t.Helper()
	j := openFile(t, path)
	defer j.Close()
	for n, to := range []health.Status{health.Healthy, health.Unhealthy, health.Healthy} {
		appendAll(t, j, event.Entry{Stream: "check/shop", Number: uint64(n + 1), At: epoch, Observer: "web-1", Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: to, At: epoch, Began: epoch, Reason: health.Refused, Outage: 90, Overlay: "",
		}})
	}
	appendAll(t, j,
		event.Entry{Stream: "check/shop", Number: 4, At: epoch, Observer: "web-1", Change: &health.Change{
			Check: "shop", From: health.Healthy, To: health.Healthy, At: epoch, Began: epoch, Overlay: health.Paused}},
		event.Entry{Stream: "ports/web-1", Number: 1, At: epoch, Observer: "web-1", Port: &port.Event{
			Kind: port.Opened, Proto: port.TCP, Port: 3000, Service: port.Service{Name: "shop"}, Process: &port.Process{PID: 811}}})
	appendAll(t, j, numbered("check/a", 1, 100)...)
	at := readAll(t, j, "")[1].Cursor
	check(t, j.Advance(t.Context(), "mail", at, event.Note{Key: "shop/2", Value: []byte("told")}))
	_, err := j.Keep(t.Context(), "pause/shop", []byte("deploy"), 0)
	check(t, err)
	l := history.Latency{Check: "shop", At: epoch, Span: time.Minute}
	l.Add(time.Millisecond)
	check(t, j.AddLatency(t.Context(), []history.Latency{l}))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// recall returns all that can be asked of a journal, or the first error.
func recall(t *testing.T, j journal.Journal) (all []any, err error) {
	t.Helper()
	ctx := t.Context()
	for _, ask := range []func() (any, error){
		func() (any, error) { return j.Identity(), nil },
		func() (any, error) { return j.Read(ctx, "", 100) },
		func() (any, error) { return j.Recent(ctx, 100) },
		func() (any, error) { return j.Changes(ctx, event.Query{Check: "shop"}) },
		func() (any, error) { return j.Changes(ctx, event.Query{Outages: true}) },
		func() (any, error) { return j.Changes(ctx, event.Query{Until: epoch.Add(time.Hour)}) },
		func() (any, error) { return j.Heads(ctx, "") },
		func() (any, error) { e, _, err := j.Head(ctx, "check/shop"); return e, err },
		func() (any, error) { return j.Position(ctx, "mail") },
		func() (any, error) { return j.Notes(ctx, "mail") },
		func() (any, error) { return j.Kept(ctx, "") },
		func() (any, error) {
			counts, err := j.Latency(ctx, "shop", time.Time{}, time.Time{})
			return fmt.Sprint(counts), err
		},
	} {
		answer, err := ask()
		if err != nil {
			return nil, err
		}
		all = append(all, answer)
	}
	return all, nil
}

// TestEveryColumnIsChecked: whatever one value of a row is changed to, the row
// is not believed any more, neither while the journal is open nor when it is
// opened.
func TestEveryColumnIsChecked(t *testing.T) {
	t.Parallel()
	furnished := filepath.Join(t.TempDir(), "p.db")
	furnish(t, furnished)
	for table, columns := range map[string]string{
		"entry": `seq stream number at observer body kind check_name from_status to_status reason overlay began outage healthy
			proto port service pid sum`,
		"journal": "id sum", "reader": "name seq sum", "portreeve_note": "reader key value sum", "portreeve_kept": "revision key value sum",
		"portreeve_latency": "check_name at span sketch sum",
	} {
		for _, column := range strings.Fields(columns) {
			t.Run(table+"."+column, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "p.db")
				copyFile(t, furnished, path)
				j := openFile(t, path)
				// Of entries, where the column says something.
				execute(t, another(t, path), fmt.Sprintf(`UPDATE %s SET %s = CASE typeof(%[2]s)
					WHEN 'integer' THEN %[2]s + 1 WHEN 'text' THEN %[2]s || 'x' ELSE x'00' END
					WHERE rowid = (SELECT max(rowid) FROM %[1]s WHERE %[2]s IS NOT NULL)`, table, column))
				if err := j.Scrub(t.Context()); !errors.Is(err, journal.ErrCorrupt) {
					t.Errorf("scrub: %v, want ErrCorrupt", err)
				}
				if err := j.Close(); err != nil {
					t.Error(err)
				}
				refused(t, path, journal.ErrCorrupt, "damaged")
			})
		}
	}
}

// TestNothingBecomesSomething: a NULL that becomes a value is noticed too.
func TestNothingBecomesSomething(t *testing.T) {
	t.Parallel()
	furnished := filepath.Join(t.TempDir(), "p.db")
	furnish(t, furnished)
	for _, change := range []string{
		"pid = 1", "port = 0", "service = ''", "reason = x''", "healthy = 0", "sum = NULL", "outage = 0", "check_name = 'a'",
	} {
		path := filepath.Join(t.TempDir(), "p.db")
		copyFile(t, furnished, path)
		column, _, _ := strings.Cut(change, " ")
		nulls := column + " IS NULL"
		if column == "sum" {
			nulls = "true"
		}
		execute(t, another(t, path), fmt.Sprintf(`UPDATE entry SET %s WHERE seq = (SELECT max(seq) FROM entry WHERE %s)`, change, nulls))
		refused(t, path, journal.ErrCorrupt, "damaged")
	}
}

// TestReadsOfDamageAreErrors: every method that comes upon damage while the
// journal is open says so.
func TestReadsOfDamageAreErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	furnish(t, path)
	j := openFile(t, path)
	defer j.Close()
	db := another(t, path)
	for _, table := range []string{"entry", "reader", "portreeve_note", "portreeve_kept", "portreeve_latency"} {
		execute(t, db, `UPDATE `+table+` SET sum = sum + 1`)
	}
	ctx := t.Context()
	_, read := j.Read(ctx, "", 1)
	_, recent := j.Recent(ctx, 1)
	_, changes := j.Changes(ctx, event.Query{})
	_, _, head := j.Head(ctx, "check/shop")
	_, heads := j.Heads(ctx, "")
	_, position := j.Position(ctx, "mail")
	_, notes := j.Notes(ctx, "mail")
	_, kept := j.Kept(ctx, "")
	_, keep := j.Keep(ctx, "pause/shop", nil, 1)
	_, latency := j.Latency(ctx, "shop", time.Time{}, time.Time{})
	_, appended := j.Append(ctx, numbered("check/shop", 5, 1))
	_, pruned := j.Prune(ctx, journal.Retention{Entries: 1})
	for name, err := range map[string]error{
		"read": read, "recent": recent, "changes": changes, "head": head, "heads": heads, "position": position, "notes": notes,
		"kept": kept, "keep": keep, "latency": latency, "append": appended, "prune": pruned,
		"add latency": j.AddLatency(ctx, []history.Latency{{Check: "shop", At: epoch, Span: time.Minute}}),
	} {
		if !errors.Is(err, journal.ErrCorrupt) || journal.Storage(err) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
	}
}

// TestScrubFindsWhatNoIndexLeadsTo: a row that is whole, but that an index has
// lost, is found while the journal is open and when it is opened.
func TestScrubFindsWhatNoIndexLeadsTo(t *testing.T) {
	for index, row := range map[string]string{
		"portreeve_entry_at": "5", "portreeve_entry_check": "4", "portreeve_entry_outage": "2", "portreeve_entry_state": "2",
		"sqlite_autoindex_entry_1": "5",
	} {
		path := filepath.Join(t.TempDir(), "p.db")
		furnish(t, path)
		j := openFile(t, path)
		if err := j.Scrub(t.Context()); err != nil {
			t.Fatalf("%s: scrub of a sound journal: %v", index, err)
		}
		lose(t, another(t, path), index, row)
		if err := j.Scrub(t.Context()); !errors.Is(err, journal.ErrCorrupt) || !strings.Contains(err.Error(), "entry "+row) {
			t.Errorf("%s: scrub: %v, want an ErrCorrupt that names entry %s", index, err, row)
		}
		check(t, j.Close())
		refused(t, path, journal.ErrCorrupt, "damaged")
	}
}

// lose has an index lose an entry: the row is written anew while the schema
// does not know of the index.
func lose(t *testing.T, db *sql.DB, index, row string) {
	t.Helper()
	execute(t, db, `CREATE TEMP TABLE lost AS SELECT * FROM entry WHERE seq = `+row, `DELETE FROM entry WHERE seq = `+row,
		`CREATE TEMP TABLE schema AS SELECT rowid AS place, * FROM sqlite_schema WHERE name IN ('entry', '`+index+`')`,
		`PRAGMA writable_schema = on`,
		`DELETE FROM sqlite_schema WHERE name = '`+index+`'`)
	if strings.HasPrefix(index, "sqlite_") {
		execute(t, db, `UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE (stream, number)', 'CHECK (true)') WHERE name = 'entry'`)
	}
	execute(t, db, `PRAGMA schema_version = 1000`, `INSERT INTO entry SELECT * FROM lost`, `DELETE FROM sqlite_schema WHERE name = 'entry'`,
		`INSERT INTO sqlite_schema (rowid, type, name, tbl_name, rootpage, sql) SELECT place, type, name, tbl_name, rootpage, sql FROM temp.schema`,
		`PRAGMA schema_version = 1001`)
	check(t, db.Close())
}

// TestFlippedBytes: whichever byte of the file is not what was written, the
// journal either is as it was or says that it is damaged. It never is another.
func TestFlippedBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "p.db")
	furnish(t, path)
	j := openFile(t, path)
	want, err := recall(t, j)
	check(t, err)
	check(t, j.Close())
	whole, err := os.ReadFile(path)
	check(t, err)
	noticed, tries := 0, 0
	for at := 0; at < len(whole); at += *flips {
		tries++
		for _, name := range []string{path + "-wal", path + "-shm"} {
			os.Remove(name)
		}
		flipped := append([]byte{}, whole...)
		flipped[at] ^= byte(1 + at*7%255)
		check(t, os.WriteFile(path, flipped, 0o600))
		if flippedByte(t, path, at, want) {
			noticed++
		}
	}
	t.Logf("%d of %d flips noticed", noticed, tries)
	if noticed < tries/4 {
		t.Error("hardly any is: that is no test")
	}
}

// TestManyFlippedBytes: the same for a file with up to a thousand of them.
func TestManyFlippedBytes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "p.db")
	furnish(t, path)
	j := openFile(t, path)
	want, err := recall(t, j)
	check(t, err)
	check(t, j.Close())
	whole, err := os.ReadFile(path)
	check(t, err)
	random := rand.New(rand.NewPCG(4, 2))
	for round := range 50 {
		flipped := append([]byte{}, whole...)
		for range 1 + random.IntN(20*(round+1)) {
			flipped[random.IntN(len(flipped))] ^= byte(1 + random.IntN(255))
		}
		check(t, os.WriteFile(path, flipped, 0o600))
		flippedByte(t, path, -round, want)
		for _, name := range []string{path + "-wal", path + "-shm"} {
			os.Remove(name)
		}
	}
}

// flippedByte reports whether a damaged journal says so.
func flippedByte(t *testing.T, path string, at int, want []any) bool {
	t.Helper()
	j, err := journal.OpenSQLite(t.Context(), path, quiet)
	if err == nil {
		defer j.Close()
		var got []any
		if got, err = recall(t, j); err == nil {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("byte %d: %s", at, diff)
			}
			return false
		}
	}
	if !errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("byte %d: %v, want ErrCorrupt", at, err)
	}
	return true
}
