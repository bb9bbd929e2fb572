package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/journal"
)

// TestSQLiteRefuses: one clear error and a hint for every file that cannot
// hold a journal, and no trace left beside it.
func TestSQLiteRefuses(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, dir string) (path string)
		is      error
		says    string
	}{
		{"a missing directory", func(t *testing.T, dir string) string { return filepath.Join(dir, "no", "p.db") }, nil, "there is no directory"},
		{"a directory", func(t *testing.T, dir string) string { return dir }, nil, "it is a directory"},
		{"a file as a directory", func(t *testing.T, dir string) string {
			return filepath.Join(file(t, dir, "plain", ""), "p.db")
		}, nil, "is not a directory"},
		{"text", func(t *testing.T, dir string) string {
			return file(t, dir, "passwd", "root:x:0:0:root:/root:/bin/bash\n")
		}, journal.ErrNoDatabase, "not an SQLite database"},
		{"a few bytes", func(t *testing.T, dir string) string { return file(t, dir, "p.db", "SQL") }, journal.ErrNoDatabase, "not an SQLite database"},
		{"a header and rubbish", func(t *testing.T, dir string) string {
			return file(t, dir, "p.db", "SQLite format 3\x00"+"\x10\x00\x01\x01"+strings.Repeat("rubbish ", 1000))
		}, journal.ErrNoDatabase, "not an SQLite database"},
		{"a newer schema", newerSchema, journal.ErrNewer, "schema is version 99"},
		{"a lock that leads elsewhere", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "p.db")
			if err := os.Symlink(file(t, t.TempDir(), "passwd", "root:x:0:0:root:/root:/bin/bash\n"), path+".lock"); err != nil {
				t.Fatal(err)
			}
			return path
		}, syscall.ELOOP, "symbolic links"},
		{"another program's damaged database", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "p.db")
			db := another(t, path)
			execute(t, db, `CREATE TABLE diary (day TEXT, text TEXT)`, `INSERT INTO diary VALUES ('monday', 'rain')`)
			db.Close()
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			check(t, err)
			defer f.Close()
			_, err = f.WriteAt(bytes.Repeat([]byte{0xee}, 900), 100) // the schema
			check(t, err)
			return path
		}, journal.ErrNoDatabase, "malformed"},
		{"another program's tables", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "p.db")
			execute(t, another(t, path), `CREATE TABLE entry (id INTEGER)`)
			return path
		}, nil, "table entry already exists"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := tt.prepare(t, dir)
			before := locks(t, dir)
			refused(t, path, tt.is, tt.says)
			if left := locks(t, dir); left != before {
				t.Errorf("%d locks left behind", left-before)
			}
			refused(t, path, tt.is, tt.says) // the same the second time
		})
	}
}

// refused fails the test unless path cannot be opened, for that reason, told
// in one line.
func refused(t *testing.T, path string, is error, says string) {
	t.Helper()
	s, err := journal.OpenSQLite(t.Context(), path, quiet)
	refusal(t, s == nil, err, is, says)
	if is != journal.ErrCorrupt { // which a standby moves aside
		j, err := journal.Open(t.Context(), "sqlite:"+path, quiet)
		refusal(t, j == nil, err, is, says)
	}
}

func refusal(t *testing.T, none bool, err, is error, says string) {
	t.Helper()
	if err == nil || !none {
		t.Fatal("opened")
	}
	e, ok := errors.AsType[*journal.OpenError](err)
	if !ok || e.Hint() == "" || e.Path == "" {
		t.Fatalf("%v is no OpenError with a path and a hint", err)
	}
	if is != journal.ErrCorrupt && errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("%v: that file is no journal", err)
	}
	if is != nil && !errors.Is(err, is) {
		t.Errorf("%v is no %v", err, is)
	}
	for _, line := range []string{err.Error(), e.Hint()} {
		if strings.Contains(line, "\n") {
			t.Errorf("more than one line: %q", line)
		}
	}
	if !strings.Contains(err.Error(), says) {
		t.Errorf("%q does not say %q", err, says)
	}
}

// locks returns how many lock files are in a directory.
func locks(t *testing.T, dir string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.lock"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

func file(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func newerSchema(t *testing.T, dir string) string {
	path := filepath.Join(dir, "p.db")
	if err := openFile(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db := another(t, path)
	execute(t, db, `INSERT INTO portreeve_schema (version_id, is_applied) VALUES (99, 1)`)
	db.Close()
	return path
}

// TestSQLiteWithoutPermission becomes an ordinary user for file access, for
// this thread only (setfsuid(2)).
func TestSQLiteWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	own := filepath.Join(dir, "own.db")
	if err := openFile(t, own).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) }) // or an ordinary user could not clear it
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := unix.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer unix.Setfsuid(0)
	}
	refused(t, filepath.Join(dir, "p.db"), os.ErrPermission, "permission denied")
	refused(t, own, os.ErrPermission, "permission denied")
}

// TestSQLiteReadOnly mounts a file system of its own, in a mount namespace
// that ends with the thread.
func TestSQLiteReadOnly(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := t.TempDir()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // not unlocked: the thread is of no use to others
		if err := mountReadOnly(dir); err != nil {
			t.Error(err)
			return
		}
		_, err := journal.OpenSQLite(t.Context(), filepath.Join(dir, "p.db"), quiet)
		if e, ok := errors.AsType[*journal.OpenError](err); !ok || !errors.Is(err, unix.EROFS) || !strings.Contains(e.Hint(), "write") {
			t.Errorf("on a read-only file system: %v", err)
		}
	}()
	<-done
}

func mountReadOnly(dir string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "size=64k"); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	return nil
}

// TestSQLiteIsHeldOnce: a second opener is told who the first is, by whatever
// name it comes; when the first has gone, it may.
func TestSQLiteIsHeldOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "portreeve.db")
	first := openFile(t, path)
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink("portreeve.db", link); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, name := range []string{path, link, "portreeve.db", "./../" + filepath.Base(dir) + "/portreeve.db"} {
		refused(t, name, journal.ErrHeld, fmt.Sprintf("another portreeve holds it: pid %d", os.Getpid()))
	}
	appendAll(t, first, numbered("check/a", 1, 1)...) // it has not been disturbed
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := openFile(t, link)
	defer second.Close()
	if n := len(readAll(t, second, "")); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}
