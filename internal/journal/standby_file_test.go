package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/journal"
)

// TestStandbyOrphanedLog: a write-ahead log without its database, as after a
// crash in the middle of moving a damaged one aside, is moved aside too: SQLite
// would delete it.
func TestStandbyOrphanedLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	if err := os.WriteFile(path+"-wal", []byte("what was written last"), 0o600); err != nil {
		t.Fatal(err)
	}
	j := openStandby(t, path)
	defer j.Close()
	where, _, ok := j.Quarantined()
	if kept, err := os.ReadFile(where + "-wal"); !ok || err != nil || string(kept) != "what was written last" {
		t.Errorf("%q, %v: %q, %v", where, ok, kept, err)
	}
	appendAll(t, j, numbered("check/a", 1, 1)...)
}

// TestStandbyFileExchanged: where an older copy has been put back while the
// file could not be written, nothing is written into it, and that is said.
func TestStandbyFileExchanged(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d, other := newDisk(t, "32m"), newDisk(t, "4m")
	d.used()
	copyFile(t, d.path(), other.path())
	j := openStandby(t, d.path())
	appendAll(t, j, numbered("check/a", 21, 5)...)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	d.readOnly(true)
	j = openStandby(t, d.path())
	appendAll(t, j, numbered("check/a", 26, 5)...)
	if err := unix.Mount(other.dir, d.dir, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(d.dir, 0) })
	eventually(t, "it is said", func() bool {
		err := j.Trouble()
		return err != nil && strings.Contains(err.Error(), "exchanged")
	})
	appendAll(t, j, numbered("check/a", 31, 5)...)
	// What the other file would answer is no answer: a reader that is told that
	// its place is unknown would leave out all up to the end.
	if found, err := j.Changes(t.Context(), event.Query{Check: "shop"}); err == nil || errors.Is(err, event.ErrCursor) {
		t.Errorf("changes: %d of another file, %v", len(found), err)
	}
	if err := j.Close(); err == nil || !strings.Contains(err.Error(), "10 events are lost") {
		t.Errorf("close: %v", err)
	}
	older := openFile(t, d.path())
	defer older.Close()
	if found := readAll(t, older, ""); len(found) != 20 {
		t.Errorf("%d entries in the older copy, want its 20", len(found))
	}
}

// TestStandbyWithoutPermission: a file that this user may not write is a
// mistake that somebody has to mend, and nothing that passes.
func TestStandbyWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "portreeve.db")
	if err := openStandby(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := unix.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer unix.Setfsuid(0)
	}
	j, err := journal.OpenStandby(t.Context(), path, quiet)
	if err == nil {
		j.Close()
	}
	if e, ok := errors.AsType[*journal.OpenError](err); !ok || !errors.Is(err, os.ErrPermission) || e.Hint() == "" {
		t.Errorf("open: %v", err)
	}
}

// TestStandbyRecentOfLargeEntries: those that memory does not keep come from
// the disk.
func TestStandbyRecentOfLargeEntries(t *testing.T) {
	j := openStandby(t, filepath.Join(t.TempDir(), "portreeve.db"))
	defer j.Close()
	const n = 45
	for i := range uint64(n) {
		e := numbered("check/a", i+1, 1)[0]
		e.Change.Text = foreign.Text(strings.Repeat("x", 100<<10))
		appendAll(t, j, e)
	}
	for _, limit := range []int{1, n / 2, n + 1} {
		found, err := j.Recent(t.Context(), limit)
		if err != nil || len(found) != min(limit, n) {
			t.Fatalf("recent %d: %d, %v", limit, len(found), err)
		}
		for i, r := range found {
			if want := uint64(n - len(found) + i + 1); r.Number != want {
				t.Errorf("recent %d: entry %d is number %d, want %d", limit, i, r.Number, want)
			}
		}
	}
	if found := readAll(t, j, ""); len(found) != n {
		t.Errorf("%d entries, want %d", len(found), n)
	}
}
