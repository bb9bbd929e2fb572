package journal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
)

// version1 returns a copy of a journal that version 1 of the schema has in
// testdata.
func version1(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "version1.db"))
	check(t, err)
	path := filepath.Join(t.TempDir(), "p.db")
	check(t, os.WriteFile(path, b, 0o600))
	return path
}

// TestMigration: a journal of version 1 is the same afterwards, cursors
// included, and has what later versions want of it.
func TestMigration(t *testing.T) {
	path := version1(t)
	for range 2 { // the second time there is nothing to do
		j := openFile(t, path)
		var got []string
		for _, r := range readAll(t, j, "") {
			got = append(got, r.Key()+" "+string(r.Cursor))
		}
		want := []string{
			"check/shop/1 tgfB6GYocBsAAAAAAAAAAXZ6niU", "check/portreeve.clock/1 tgfB6GYocBsAAAAAAAAAAu9zz58",
			"check/api/1 tgfB6GYocBsAAAAAAAAAA5h0_wk", "check/shop/2 tgfB6GYocBsAAAAAAAAABAYQaqo",
			"check/shop/3 tgfB6GYocBsAAAAAAAAABXEXWjw", "check/shop/4 tgfB6GYocBsAAAAAAAAABugeC4Y",
			"ports/web-1/1 tgfB6GYocBsAAAAAAAAAB58ZOxA", "check/shop/5 tgfB6GYocBsAAAAAAAAACA-mJoE",
			"check/api/2 tgfB6GYocBsAAAAAAAAACXihFhc", "check/api/3 tgfB6GYocBsAAAAAAAAACuGoR60",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("entries (-want +got):\n%s", diff)
		}
		if at, err := j.Position(t.Context(), "log"); err != nil || at != "tgfB6GYocBsAAAAAAAAABXEXWjw" {
			t.Errorf("the log has come to %q, %v", at, err)
		}
		outages, err := j.Changes(t.Context(), event.Query{Outages: true})
		check(t, err)
		var keys []string
		for _, r := range outages {
			keys = append(keys, r.Key())
		}
		if got := strings.Join(keys, " "); got != "check/portreeve.clock/1 check/api/1 check/shop/3 check/shop/5 check/api/2 check/api/3" {
			t.Errorf("outages: %s", got)
		}
		check(t, j.Scrub(t.Context()))
		check(t, j.Close())
	}
	want := []string{
		"1 2025-06-01T12:01:00.000000005Z 1 shop", "3 2025-06-01T12:03:00.000000005Z 0 api",
		"5 2025-06-01T12:05:00.000000005Z 0 shop", "8 2025-06-01T12:07:00.000000005Z 1 shop",
	}
	if diff := cmp.Diff(want, states(t, another(t, path), "state")); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
	j := openFile(t, path)
	defer j.Close()
	moves(t, j, "api:H shop:D portreeve.clock:H")
	if got := states(t, another(t, path), "state"); len(got) != 5 || !strings.HasSuffix(got[4], " 1 api") {
		t.Errorf("states that follow: %q", got)
	}
}

// TestMigrationOfDamage is refused, and changes nothing.
func TestMigrationOfDamage(t *testing.T) {
	path := version1(t)
	db := another(t, path)
	execute(t, db, `UPDATE entry SET body = '{"change":' WHERE seq = 3`)
	check(t, db.Close())
	before, err := os.ReadFile(path)
	check(t, err)
	refused(t, path, journal.ErrCorrupt, "check/api/1")
	db = another(t, path)
	var n int
	if err := db.QueryRow(`SELECT count(*) FROM entry`).Scan(&n); err != nil || n != 10 {
		t.Errorf("%d entries are left, %v", n, err)
	}
	if bytes.Count(before, []byte(`{"change":`)) < 9 {
		t.Error("this was no test")
	}
}
