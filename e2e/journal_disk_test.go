package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A disk is a small file system that is there only for programs that are
// started on it.
type disk struct {
	t   testing.TB
	dir string
	ns  *os.File // of its mounts
}

func newDisk(t testing.TB, size string) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting a file system needs CAP_SYS_ADMIN")
	}
	d := &disk{t: t, dir: t.TempDir()}
	inThread(t, func() error {
		if err := overlay(nil); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", d.dir, "tmpfs", 0, "mode=755,size="+size); err != nil {
			return fmt.Errorf("mount: %w", err)
		}
		var err error
		d.ns, err = os.Open("/proc/thread-self/ns/mnt")
		return err
	})
	t.Cleanup(func() { d.ns.Close() })
	return d
}

// do runs f where the disk is mounted. Programs that it starts stay there.
func (d *disk) do(f func() error) {
	d.t.Helper()
	inThread(d.t, func() error {
		if err := unix.Unshare(unix.CLONE_FS); err != nil {
			return err
		}
		if err := unix.Setns(int(d.ns.Fd()), unix.CLONE_NEWNS); err != nil {
			return err
		}
		return f()
	})
}

func (d *disk) filler() string { return filepath.Join(d.dir, "filler") }

// fill takes all the space there is, and whatever is given back until stop is
// called. With the pid of a program on the disk it goes on meanwhile.
func (d *disk) fill(pid int) (stop func()) {
	d.t.Helper()
	d.do(func() error { return fillUp(d.filler()) })
	if pid == 0 {
		return func() {}
	}
	ending, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.Tick(20 * time.Millisecond); ; {
			select {
			case <-ending:
				return
			case <-tick:
				_ = fillUp(fmt.Sprintf("/proc/%d/root%s", pid, d.filler())) // which fails when the program has ended
			}
		}
	}()
	return func() { close(ending); <-ended }
}

// fillUp appends to a file until that fails.
func fillUp(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for page := make([]byte, 4096); ; {
		if _, err := f.Write(page); err != nil {
			return nil
		}
	}
}

// empty gives all the space back.
func (d *disk) empty() {
	d.t.Helper()
	d.do(func() error { return os.Remove(d.filler()) })
}

// readOnly makes the disk so, or writable again. Nobody may be writing.
func (d *disk) readOnly(on bool) {
	d.t.Helper()
	flags := uintptr(unix.MS_REMOUNT)
	if on {
		flags |= unix.MS_RDONLY
	}
	d.do(func() error { return unix.Mount("", d.dir, "", flags, "") })
}

// bring copies the journal from the disk to where everybody can read it.
func (d *disk) bring() string {
	d.t.Helper()
	dir := d.t.TempDir()
	d.do(func() error {
		for _, name := range []string{"portreeve.db", "portreeve.db-wal"} {
			b, err := os.ReadFile(filepath.Join(d.dir, name))
			if os.IsNotExist(err) {
				continue
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), b, 0o600)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return filepath.Join(dir, "portreeve.db")
}
