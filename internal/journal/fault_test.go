package journal_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
)

// lockOf names, in a child's environment, the database that it is to lock
// until its standard input ends.
const lockOf = "PORTREEVE_TEST_LOCK"

// TestLockHolder is the child's part of lock; by itself it does nothing.
func TestLockHolder(t *testing.T) {
	path := os.Getenv(lockOf)
	if path == "" {
		return
	}
	execute(t, another(t, path), `PRAGMA busy_timeout = 10000`, `BEGIN EXCLUSIVE`)
	fmt.Println("\nlocked")
	os.Stdin.Read(make([]byte, 1))
}

// lock has another process lock a database until unlock is called.
func lock(t *testing.T, path string) (unlock func()) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestLockHolder$")
	child.Env = append(os.Environ(), lockOf+"="+path)
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	unlock = sync.OnceFunc(func() {
		in.Close()
		child.Wait()
	})
	t.Cleanup(unlock)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "locked" {
			return unlock
		}
	}
	t.Fatal("child did not lock the database")
	return nil
}

// lockHere locks a database by another connection of this process.
func lockHere(t testing.TB, path string) (unlock func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, statement := range []string{`PRAGMA busy_timeout = 10000`, `BEGIN EXCLUSIVE`} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	unlock = sync.OnceFunc(func() { db.Close() })
	t.Cleanup(unlock)
	return unlock
}

// eventually fails the test unless ok becomes true.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func healed(t testing.TB, s *journal.Standby) {
	t.Helper()
	eventually(t, "the trouble ends", func() bool { return s.Trouble() == nil })
	if n := s.Unsaved(); n != 0 {
		t.Errorf("no trouble, but %d entries are not on the disk", n)
	}
}

// A duty is all that goes on around a journal while it has a fault: a watcher
// whose events a Writer appends, and a reader that tells people and notes what
// it told.
type duty struct {
	j      *journal.Standby
	writer *journal.Writer
	stop   func() error

	mu      sync.Mutex
	put     int
	told    []event.Recorded
	slowest time.Duration // from the event to the telling
}

// onDuty begins one.
func onDuty(t *testing.T, j *journal.Standby) *duty {
	d := &duty{j: j, writer: journal.NewWriter(j, quiet)}
	stop := sync.OnceValue(run(t, d.writer))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.read(ctx) }()
	d.stop = sync.OnceValue(func() error {
		err := stop()
		eventually(t, "all is told", func() bool { return d.behind() == 0 })
		cancel()
		return errors.Join(err, <-ended)
	})
	t.Cleanup(func() { cancel(); stop() })
	return d
}

// event has the watcher notice something.
func (d *duty) event(t *testing.T) {
	t.Helper()
	e := said(fmt.Sprint("check/", d.put%3), fmt.Sprint(d.put))
	e.At = time.Now()
	d.mu.Lock()
	d.put++
	d.mu.Unlock()
	if !d.writer.Put(e) {
		t.Fatal("an event was dropped")
	}
}

// events has the watcher notice something every few milliseconds.
func (d *duty) events(t *testing.T, long, every time.Duration) {
	t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(every) {
		d.event(t)
	}
}

func (d *duty) behind() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.put - len(d.told)
}

// read tells people: it follows the journal and commits what it told.
func (d *duty) read(ctx context.Context) error {
	at, err := d.j.Position(ctx, "mail")
	for ctx.Err() == nil && err == nil {
		if err = d.j.Wait(ctx, at); err != nil {
			break
		}
		var page []event.Recorded
		if page, err = d.j.Read(ctx, at, 50); err != nil || len(page) == 0 {
			break
		}
		at = page[len(page)-1].Cursor
		d.tell(page)
		note := event.Note{Key: "told", Value: fmt.Append(nil, page[len(page)-1].Change.Text)}
		err = d.j.Advance(ctx, "mail", at, note)
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("reader: %w", err)
}

func (d *duty) tell(page []event.Recorded) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range page {
		d.told = append(d.told, r)
		d.slowest = max(d.slowest, time.Since(r.At))
	}
}

// delay returns the longest time from an event to the telling since it was
// last asked.
func (d *duty) delay() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	slowest := d.slowest
	d.slowest = 0
	return slowest
}

// complete ends the duty and the journal, and fails the test unless the file
// has everything, once, in the order and under the cursors that it was told.
func (d *duty) complete(t *testing.T, path string) {
	t.Helper()
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	if err := d.j.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	j := openFile(t, path)
	defer j.Close()
	found := readAll(t, j, "")
	if diff := cmp.Diff(d.told, found); diff != "" {
		t.Errorf("file (-told +found):\n%.2000s", diff)
	}
	if len(found) != d.put {
		t.Errorf("%d entries in the file, %d events", len(found), d.put)
	}
	at, err := j.Position(t.Context(), "mail")
	if err != nil || len(found) == 0 || at != found[len(found)-1].Cursor {
		t.Errorf("position %q, %v, want the end", at, err)
	}
	notes, err := j.Notes(t.Context(), "mail")
	if want := fmt.Sprint(d.put - 1); err != nil || len(notes) != 1 || len(notes[0].Value) == 0 || d.put > 0 && string(notes[0].Value) != string(found[len(found)-1].Change.Text) {
		t.Errorf("notes %q, %v, want %s", notes, err, want)
	}
}
