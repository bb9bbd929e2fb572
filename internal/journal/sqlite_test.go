package journal_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// another opens the database as some other program would.
func another(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestSQLiteColumns: people who query find the parts of an entry in columns,
// while portreeve runs.
func TestSQLiteColumns(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openFile(t, path)
	defer j.Close()
	at := time.Date(2025, 6, 1, 12, 0, 0, 5, time.FixedZone("", 7200))
	appendAll(t, j,
		event.Entry{Stream: "check/shop", Number: 1, At: at, Observer: "web-1", Change: &health.Change{
			Check: "shop", From: health.Degrading, To: health.Unhealthy, At: at, Began: at, Reason: health.Refused, Text: "<&>"}},
		event.Entry{Stream: "check/shop", Number: 2, At: at, Observer: "web-1", Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: health.Healthy, At: at, Began: at, Outage: health.Duration(90 * time.Second)}},
		event.Entry{Stream: "check/shop", Number: 3, At: at, Observer: "web-1", Change: &health.Change{
			Check: "shop", From: health.Healthy, To: health.Healthy, At: at, Began: at.Add(-time.Hour), Overlay: health.Stale, Ended: true}},
		event.Entry{Stream: "ports/web-1", Number: 1, At: at, Observer: "web-1", Port: &port.Event{
			Kind: port.Opened, Proto: port.TCP, Port: 3000, Service: port.Service{Name: "shop\xff"}, Process: &port.Process{PID: 811}}},
		event.Entry{Stream: "ports/web-1", Number: 2, At: at, Observer: "web-1", Port: &port.Event{Kind: port.Closed, Proto: port.UDP, Port: 53}},
	)
	const query = `SELECT concat_ws(' ', seq, stream, number, at, observer, '|', kind, coalesce(check_name, '-'), coalesce(from_status, '-'),
		coalesce(to_status, '-'), coalesce(reason, '-'), coalesce(proto, '-'), coalesce(port, '-'), coalesce(service, '-'), coalesce(pid, '-'),
		'|', coalesce(overlay, '-'), coalesce(began, '-'), coalesce(outage, '-'), coalesce(healthy, '-'))
		FROM entry ORDER BY seq`
	rows, err := another(t, path).Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := []string{
		"1 check/shop 1 2025-06-01T10:00:00.000000005Z web-1 | change shop DEGRADING UNHEALTHY refused - - - - | - 2025-06-01T10:00:00.000000005Z - 0",
		"2 check/shop 2 2025-06-01T10:00:00.000000005Z web-1 | change shop UNHEALTHY HEALTHY - - - - - | - 2025-06-01T10:00:00.000000005Z 90000000000 1",
		"3 check/shop 3 2025-06-01T10:00:00.000000005Z web-1 | overlay_ended shop HEALTHY HEALTHY - - - - - | STALE 2025-06-01T09:00:00.000000005Z - -",
		"4 ports/web-1 1 2025-06-01T10:00:00.000000005Z web-1 | opened - - - - tcp 3000 shop\ufffd 811 | - - - -",
		"5 ports/web-1 2 2025-06-01T10:00:00.000000005Z web-1 | closed - - - - udp 53 - - | - - - -",
	}
	if diff := cmp.Diff(want, got); diff != "" || rows.Err() != nil {
		t.Errorf("rows (-want +got):\n%s%v", diff, rows.Err())
	}
	var text string
	if err := another(t, path).QueryRow(`SELECT body FROM entry WHERE seq = 1`).Scan(&text); err != nil || !strings.Contains(text, `"text":"<&>"`) {
		t.Errorf("body is not for people: %s, %v", text, err)
	}
}

// TestSQLiteFiles: history is its owner's alone, and a clean stop leaves one file.
func TestSQLiteFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openFile(t, path)
	appendAll(t, j, numbered("check/a", 1, 1)...)
	for _, name := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v, want mode 0600", name, info.Mode(), err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(path + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("left after a clean stop: %q, %v, want the database alone", left, err)
	}
}

// TestSQLiteNames: every name that a file may have is a path, not an option.
func TestSQLiteNames(t *testing.T) {
	for _, name := range []string{"a b.db", "a?mode=memory.db", "a#b.db", "a%41.db", "file:a.db", "日本.db", "a&_pragma=query_only(1)"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := openFile(t, filepath.Join(dir, name))
			appendAll(t, j, numbered("check/a", 1, 1)...)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			files, err := os.ReadDir(dir)
			if err != nil || len(files) != 1 || files[0].Name() != name {
				t.Errorf("files: %v, %v, want %s", files, err, name)
			}
		})
	}
}

// TestSQLiteBesideOthers: tables that are there already are left alone.
func TestSQLiteBesideOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	db := another(t, path)
	execute(t, db, `CREATE TABLE note (text TEXT)`, `CREATE TABLE kept (text TEXT)`, `CREATE TABLE latency (text TEXT)`)
	execute(t, db, `CREATE TABLE state (id INTEGER PRIMARY KEY, healthy INTEGER)`, `INSERT INTO state VALUES (1, 1)`,
		`CREATE TABLE goose_db_version (id INTEGER, version_id INTEGER, is_applied INTEGER)`, `INSERT INTO goose_db_version VALUES (1, 99, 1)`)
	j := openFile(t, path)
	defer j.Close()
	appendAll(t, j, numbered("check/a", 1, 1)...)
	var n int
	if err := db.QueryRow(`SELECT (SELECT count(*) FROM state) + (SELECT count(*) FROM goose_db_version)`).Scan(&n); err != nil || n != 2 {
		t.Errorf("rows of others: %d, %v, want 2", n, err)
	}
}

// TestSQLitePutBack: where an older copy has been put back, a cursor past its
// end is not taken for the place of what is written there next.
func TestSQLitePutBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openFile(t, path)
	appendAll(t, j, numbered("check/a", 1, 2)...)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	older, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	j = openFile(t, path)
	appendAll(t, j, numbered("check/a", 3, 2)...)
	all := readAll(t, j, "")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, older, 0o600); err != nil {
		t.Fatal(err)
	}
	j = openFile(t, path)
	defer j.Close()
	for i, r := range all {
		if found, err := j.Read(t.Context(), r.Cursor, 10); (err == nil) != (i < 2) || errors.Is(err, event.ErrCursor) != (i >= 2) {
			t.Errorf("read after entry %d of 2: %d entries, %v", i+1, len(found), err)
		}
	}
}

// TestSQLiteLockedByAnother: an append waits for another program's lock, but
// not for ever, and fails without having stored anything.
func TestSQLiteLockedByAnother(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openFile(t, path)
	defer j.Close()
	db := another(t, path)

	execute(t, db, `BEGIN IMMEDIATE`)
	before := time.Now()
	_, err := j.Append(t.Context(), numbered("check/a", 1, 1))
	if err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("append to a locked database: %v", err)
	}
	if took := time.Since(before); took < 4*time.Second || took > 20*time.Second {
		t.Errorf("append to a locked database took %v, want about 5 s", took)
	}
	if found, err := j.Read(t.Context(), "", 1); err != nil || len(found) != 0 {
		t.Errorf("read of a locked database: %v, %v", found, err)
	}

	done := make(chan error, 1)
	go func() {
		_, err := j.Append(t.Context(), numbered("check/a", 1, 1))
		done <- err
	}()
	execute(t, db, `ROLLBACK`)
	if err := <-done; err != nil {
		t.Errorf("append when the lock is gone: %v", err)
	}
	if n := len(readAll(t, j, "")); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}
