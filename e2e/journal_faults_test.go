package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestJournalLocked: another program holds the file's lock. Outages are mailed
// all the same, and everything is in the file afterwards.
func TestJournalLocked(t *testing.T) {
	t.Parallel()
	l := newLookout(t, t.TempDir()).start(nil).well()
	release := seize(t, l.journal)
	l.endures(lockedFor)
	release()
	l.heals()
	l.audit(func() string { return l.journal })
}

// TestJournalLockedAtTheEnd: asked to stop while it cannot write, the server
// ends in time and says what is lost; what was in the file stays.
func TestJournalLockedAtTheEnd(t *testing.T) {
	t.Parallel()
	l := newLookout(t, t.TempDir()).start(nil).well()
	eventually(t, 10*time.Second, func() string {
		if n := l.metric("portreeve_journal_unsaved_entries") + l.metric("portreeve_journal_queue_length"); n > 0 {
			return fmt.Sprintf("%v entries wait", n)
		}
		return ""
	})
	before := happenings(l.s)
	release := seize(t, l.journal)
	l.m.down[0].Store(true)
	l.told("UNHEALTHY", 0)
	l.s.stop() // within its time, or the test fails
	release()
	if said := l.s.stderr.String(); !strings.Contains(said, "lost") {
		t.Errorf("nothing is said of what is lost: %s", said)
	}
	inOrder(t, before, filed(t, l.journal))
	l.m.down[0].Store(false)
	l.start(nil).well()
}

// TestJournalOnAFullDisk: the disk fills up while the server runs, and is
// cleared later.
func TestJournalOnAFullDisk(t *testing.T) {
	t.Parallel()
	d := newDisk(t, "32m")
	l := newLookout(t, d.dir)
	d.do(func() error { l.start(nil); return nil })
	l.well()
	stop := d.fill(l.s.pid())
	// SQLite's log has room of its own from before.
	for until := time.Now().Add(2 * time.Minute); l.metric("portreeve_journal_writable") == 1 && time.Now().Before(until); {
		l.outage()
	}
	l.endures(0)
	l.confesses("full")
	stop()
	d.empty()
	l.heals()
	l.audit(d.bring)
}

// TestJournalOnAFullDiskAtStart: it comes up where it can write nothing, knows
// what there was, and writes once it can.
func TestJournalOnAFullDiskAtStart(t *testing.T) {
	t.Parallel()
	d := newDisk(t, "32m")
	l := newLookout(t, d.dir)
	d.do(func() error { l.start(nil); return nil })
	l.well()
	l.outage()
	before := happenings(l.s)
	l.s.stop()
	for range 2 { // the first time, there is ballast to drop
		d.fill(0)()
		d.do(func() error { l.start(nil); return nil })
		l.well()
		stop := d.fill(l.s.pid())
		l.outage()
		if after := happenings(l.s); len(after) < len(before) {
			t.Errorf("%d entries, there were %d", len(after), len(before))
		}
		stop()
		d.empty()
		l.heals()
		before = happenings(l.s)
		l.s.stop()
	}
	d.do(func() error { l.start(nil); return nil })
	l.well()
	l.audit(d.bring)
}

// TestJournalReadOnly: the file system is read-only, as after an error, when
// the server starts, and is made writable while it runs.
func TestJournalReadOnly(t *testing.T) {
	t.Parallel()
	d := newDisk(t, "32m")
	l := newLookout(t, d.dir)
	d.do(func() error { l.start(nil); return nil })
	l.well()
	l.outage()
	before := happenings(l.s)
	l.s.stop()
	d.readOnly(true)
	d.do(func() error { l.start(nil); return nil })
	l.well()
	l.endures(0)
	l.confesses("read-only")
	inOrder(t, before, happenings(l.s))
	d.readOnly(false)
	l.heals()
	l.audit(d.bring)
}

// TestTwoOnOneJournal: the second refuses, names the first, and does no harm.
func TestTwoOnOneJournal(t *testing.T) {
	t.Parallel()
	l := newLookout(t, t.TempDir()).start(nil).well()
	for _, args := range [][]string{
		{"serve", "--listen", "127.0.0.1:0", "--database", l.journal},
		{"serve", "--listen", "127.0.0.1:0", "--database", "sqlite:" + filepath.Dir(l.journal) + "/./portreeve.db"},
		{"monitor", l.m.URL + "/0", "--database", l.journal},
	} {
		_, errs, code := run(t, nil, args...)
		if code != 1 || !strings.Contains(errs, fmt.Sprintf("pid %d", l.s.pid())) || !strings.Contains(errs, "hint: ") {
			t.Errorf("%s: exit %d, %s; want 1, the first's pid and a hint", args[0], code, errs)
		}
	}
	l.outage()
	l.audit(func() string { return l.journal })
}

// TestJournalOfAnother: a file that is none of ours is not touched.
func TestJournalOfAnother(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"text":     strings.Repeat("Dear diary, nothing listened today.\n", 500),
		"database": "SQLite format 3\x00" + strings.Repeat("\x00", 8000),
	} {
		file := filepath.Join(t.TempDir(), "mine.db")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, errs, code := run(t, nil, "serve", "--listen", "127.0.0.1:0", "--database", file)
		if code != 1 || !strings.Contains(errs, "hint: ") {
			t.Errorf("%s: exit %d: %s", name, code, errs)
		}
		if got := string(bytesOf(t, file)); got != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
}
