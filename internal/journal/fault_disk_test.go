package journal_test

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
)

// ownMounts reports whether the test runs in a process with mounts of its own.
// If not, it runs the test in one.
func ownMounts(t *testing.T) bool {
	t.Helper()
	const inside = "PORTREEVE_TEST_OWN_MOUNTS"
	if os.Getenv(inside) != "" {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatalf("make mounts private: %v", err)
		}
		return true
	}
	t.Parallel()
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), inside+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		child.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		child.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: uid, Size: 1}}
		child.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// A disk is a small file system of the test's own.
type disk struct {
	t   *testing.T
	dir string
}

func newDisk(t *testing.T, size string) disk {
	d := disk{t, t.TempDir()}
	if err := unix.Mount("tmpfs", d.dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatalf("mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(d.dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return d
}

func (d disk) path() string { return filepath.Join(d.dir, "portreeve.db") }

// fill takes all the space that is left.
func (d disk) fill() {
	d.t.Helper()
	f, err := os.OpenFile(filepath.Join(d.dir, "fill"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	for {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return
		}
	}
}

func (d disk) empty() {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.dir, "fill")); err != nil {
		d.t.Fatal(err)
	}
}

func (d disk) readOnly(on bool) {
	d.t.Helper()
	flags := uintptr(unix.MS_REMOUNT)
	if on {
		flags |= unix.MS_RDONLY
	}
	if err := unix.Mount("", d.dir, "", flags, ""); err != nil {
		d.t.Fatalf("remount: %v", err)
	}
}

func (d disk) has(name string) bool {
	_, err := os.Lstat(d.path() + name)
	return err == nil
}

// used leaves a journal of 20 entries on the disk, a position after 10 of them
// and a kept value, and returns the entries.
func (d disk) used() []event.Recorded {
	d.t.Helper()
	j := openStandby(d.t, d.path())
	appendAll(d.t, j, numbered("check/a", 1, 20)...)
	found := readAll(d.t, j, "")
	if err := j.Advance(d.t.Context(), "mail", found[9].Cursor, event.Note{Key: "k", Value: []byte("v")}); err != nil {
		d.t.Fatal(err)
	}
	if _, err := j.Keep(d.t.Context(), "pause/a", []byte("x"), 0); err != nil {
		d.t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		d.t.Fatal(err)
	}
	return found
}

// takesUp fails the test unless a journal knows all that used has left, in
// spite of its trouble, and goes on with an entry in memory.
func takesUp(t *testing.T, j *journal.Standby, before []event.Recorded) {
	t.Helper()
	if err := j.Trouble(); err == nil {
		t.Error("no trouble")
	}
	if found := readAll(t, j, ""); len(found) != len(before) || found[0].Cursor != before[0].Cursor {
		t.Errorf("%d entries, want %d", len(found), len(before))
	}
	at, err := j.Position(t.Context(), "mail")
	if err != nil || at != before[9].Cursor {
		t.Errorf("position %q, %v", at, err)
	}
	notes, err := j.Notes(t.Context(), "mail")
	if err != nil || len(notes) != 1 || string(notes[0].Value) != "v" {
		t.Errorf("notes %v, %v", notes, err)
	}
	kept, err := j.Kept(t.Context(), "")
	if err != nil || len(kept) != 1 || string(kept[0].Value) != "x" {
		t.Errorf("kept %v, %v", kept, err)
	}
	next := uint64(len(before)) + 1
	appendAll(t, j, numbered("check/a", next, 3)...)
	if found := readAll(t, j, before[9].Cursor); len(found) != len(before)-10+3 || j.Unsaved() != 3 {
		t.Errorf("%d entries after the position, %d unsaved", len(found), j.Unsaved())
	}
}

// replays fails the test unless the trouble ends and the file has the entries
// up to a number.
func replays(t *testing.T, j *journal.Standby, path string, last int) {
	t.Helper()
	healed(t, j)
	found := readAll(t, j, "")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	file := openFile(t, path)
	defer file.Close()
	again := readAll(t, file, "")
	if len(again) != last || len(found) != last || again[last-1].Cursor != found[last-1].Cursor || int(again[last-1].Number) != last {
		t.Errorf("%d entries, %d before it was closed, want %d", len(again), len(found), last)
	}
}

// TestStandbyDiskFull: the disk fills up while all is at work.
func TestStandbyDiskFull(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d := newDisk(t, "32m")
	j := openStandby(t, d.path())
	duty := onDuty(t, j)
	duty.events(t, 200*time.Millisecond, time.Millisecond)
	if !d.has(".ballast") {
		t.Error("no ballast on a disk with room")
	}
	d.fill()
	for end := time.Now().Add(30 * time.Second); j.Trouble() == nil || d.has(".ballast"); {
		duty.events(t, 100*time.Millisecond, time.Millisecond)
		if time.Now().After(end) {
			t.Fatalf("trouble %v, ballast %v", j.Trouble(), d.has(".ballast"))
		}
	}
	d.fill() // whatever has been given back
	duty.delay()
	duty.events(t, time.Second, 5*time.Millisecond)
	eventually(t, "all is told", func() bool { return duty.behind() == 0 })
	if slowest := duty.delay(); slowest > time.Second {
		t.Errorf("told after %v while the disk was full", slowest)
	}
	if err := j.Trouble(); err == nil || j.Unsaved() == 0 {
		t.Errorf("trouble: %v, unsaved %d", err, j.Unsaved())
	}
	d.empty()
	duty.event(t)
	healed(t, j)
	eventually(t, "there is ballast again", func() bool { return d.has(".ballast") })
	duty.complete(t, d.path())
}

// TestStandbyDiskFullAtStart: with its ballast, the journal opens; without, it
// is read as it is.
func TestStandbyDiskFullAtStart(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d := newDisk(t, "32m")
	before := d.used()
	d.fill()
	j := openStandby(t, d.path())
	if err := j.Trouble(); err != nil || d.has(".ballast") {
		t.Errorf("with ballast: trouble %v, ballast left %v", err, d.has(".ballast"))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	d.fill()
	j = openStandby(t, d.path())
	takesUp(t, j, before)
	d.empty()
	replays(t, j, d.path(), 23)
}

// TestStandbyDiskFullAfterCrash: the journal was not closed, and there is no
// room to fold its write-ahead log.
func TestStandbyDiskFullAfterCrash(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	for _, shm := range []bool{true, false} {
		d := newDisk(t, "32m")
		before := d.used()
		crashed := newDisk(t, "4m") // too small for ballast
		j := openStandby(t, d.path())
		appendAll(t, j, numbered("check/a", 21, 5)...)
		before = append(before, readAll(t, j, before[19].Cursor)...)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if suffix != "-shm" || shm {
				copyFile(t, d.path()+suffix, crashed.path()+suffix)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		crashed.fill()
		j = openStandby(t, crashed.path())
		if j.Trouble() == nil { // as its -shm is there, it opens
			appendAll(t, j, numbered("check/a", 26, 3)...)
		} else {
			takesUp(t, j, before)
		}
		crashed.empty()
		replays(t, j, crashed.path(), 28)
	}
}

// TestStandbyReadOnlyAtStart: the file system is mounted read-only, as after an
// error, and becomes writable later.
func TestStandbyReadOnlyAtStart(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	for _, crash := range []bool{false, true} {
		d := newDisk(t, "32m")
		before := d.used()
		path := d.path()
		if crash {
			j := openStandby(t, path)
			appendAll(t, j, numbered("check/a", 21, 1)...)
			before = append(before, readAll(t, j, before[19].Cursor)...)
			for _, suffix := range []string{"", "-wal", "-shm"} {
				copyFile(t, path+suffix, filepath.Join(d.dir, "crashed.db"+suffix))
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			path = filepath.Join(d.dir, "crashed.db")
		}
		d.readOnly(true)
		j := openStandby(t, path)
		takesUp(t, j, before)
		d.readOnly(false)
		replays(t, j, path, len(before)+3)
	}
}

// TestStandbyRefusesWithoutAFile: where there is none and none can be made, it
// is most likely the wrong place.
func TestStandbyRefusesWithoutAFile(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	d := newDisk(t, "1m")
	d.fill()
	if _, err := journal.OpenStandby(t.Context(), d.path(), quiet); err == nil || !strings.Contains(err.Error(), "full") && !strings.Contains(err.Error(), "no space") {
		t.Errorf("on a full disk: %v", err)
	}
	d.readOnly(true)
	if _, err := journal.OpenStandby(t.Context(), d.path()+"x", quiet); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("on a read-only disk: %v", err)
	}
}

// TestStandbyWriteFails: writing fails with an error of I/O, here for the
// largest size that this process may give a file.
func TestStandbyWriteFails(t *testing.T) {
	if !ownMounts(t) { // for the limit is the process's
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	d := newDisk(t, "32m")
	j := openStandby(t, d.path())
	duty := onDuty(t, j)
	duty.events(t, 100*time.Millisecond, time.Millisecond)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = 64 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &low); err != nil {
		t.Fatal(err)
	}
	duty.events(t, time.Second, 2*time.Millisecond)
	eventually(t, "trouble is seen", func() bool { return j.Trouble() != nil })
	eventually(t, "all is told", func() bool { return duty.behind() == 0 })
	if slowest := duty.delay(); slowest > time.Second {
		t.Errorf("told after %v while writing failed", slowest)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	healed(t, j)
	duty.complete(t, d.path())
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
