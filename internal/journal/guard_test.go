package journal_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/journal"
)

const nobody = 65534

// TestSQLiteIsUnsafe: places and files that somebody else controls are refused
// at once, whoever we are, and nothing is made or changed there.
func TestSQLiteIsUnsafe(t *testing.T) {
	tests := []struct {
		name    string
		root    bool // the test needs root to make the place
		prepare func(t *testing.T, dir string)
		is      error
		says    string
	}{
		{"a directory that anybody can write", false, func(t *testing.T, dir string) { check(t, os.Chmod(dir, 0o777)) },
			journal.ErrUnsafe, "anybody can replace it"},
		{"a directory that a group can write", true, func(t *testing.T, dir string) {
			check(t, os.Chown(dir, -1, nobody))
			check(t, os.Chmod(dir, 0o775))
		}, journal.ErrUnsafe, "its group can replace it"},
		{"a link to nowhere", false, func(t *testing.T, dir string) {
			check(t, os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "p.db")))
		}, syscall.ELOOP, "symbolic links"},
		{"somebody's link", true, func(t *testing.T, dir string) {
			file(t, dir, "victim.db", "")
			check(t, os.Symlink("victim.db", filepath.Join(dir, "p.db")))
			check(t, os.Lchown(filepath.Join(dir, "p.db"), nobody, nobody))
		}, journal.ErrUnsafe, "a symbolic link that belongs to another user, uid 65534"},
		{"a pipe", false, func(t *testing.T, dir string) { check(t, syscall.Mkfifo(filepath.Join(dir, "p.db"), 0o600)) },
			journal.ErrUnsafe, "no regular file"},
		{"a pipe for a lock", false, func(t *testing.T, dir string) { check(t, syscall.Mkfifo(filepath.Join(dir, "p.db.lock"), 0o600)) },
			journal.ErrUnsafe, "p.db.lock is no regular file"},
		{"somebody's file", true, func(t *testing.T, dir string) { chown(t, file(t, dir, "p.db", "")) },
			journal.ErrUnsafe, "p.db belongs to another user, uid 65534"},
		{"somebody's log", true, func(t *testing.T, dir string) { chown(t, file(t, dir, "p.db-wal", "")) },
			journal.ErrUnsafe, "p.db-wal belongs to another user"},
		{"a link as a log", false, func(t *testing.T, dir string) {
			check(t, os.Symlink(file(t, dir, "victim", ""), filepath.Join(dir, "p.db-wal")))
		}, syscall.ELOOP, "symbolic links"},
		{"a directory as a log", false, func(t *testing.T, dir string) { check(t, os.Mkdir(filepath.Join(dir, "p.db-journal"), 0o700)) },
			journal.ErrUnsafe, "p.db-journal is no regular file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root && os.Geteuid() != 0 {
				t.Skip("only root can give files away")
			}
			dir := t.TempDir()
			tt.prepare(t, dir)
			before := listing(t, dir)
			began := time.Now()
			refused(t, filepath.Join(dir, "p.db"), tt.is, tt.says)
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("that took %v", took)
			}
			if after := listing(t, dir); after != before {
				t.Errorf("it was  %s\nit is   %s", before, after)
			}
		})
	}
}

func chown(t *testing.T, path string) {
	t.Helper()
	check(t, os.Chown(path, nobody, nobody))
}

// listing names the files of a directory with their sizes.
func listing(t *testing.T, dir string) string {
	t.Helper()
	files, err := os.ReadDir(dir)
	check(t, err)
	var list []string
	for _, f := range files {
		info, err := f.Info()
		check(t, err)
		list = append(list, info.Mode().String()+" "+f.Name())
	}
	return strings.Join(list, ", ")
}

// TestSQLiteIsSafe: what is common and harmless is not refused.
func TestSQLiteIsSafe(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, dir string){
		"a sticky directory":            func(t *testing.T, dir string) { check(t, os.Chmod(dir, 0o777|os.ModeSticky)) },
		"a directory for our own group": func(t *testing.T, dir string) { check(t, os.Chmod(dir, 0o775)) },
		"our own link": func(t *testing.T, dir string) {
			check(t, openFile(t, filepath.Join(dir, "real.db")).Close())
			check(t, os.Symlink("real.db", filepath.Join(dir, "p.db")))
		},
		"an empty file": func(t *testing.T, dir string) { file(t, dir, "p.db", "") },
		"the file of whom the directory belongs to": func(t *testing.T, dir string) {
			if os.Geteuid() == 0 {
				chown(t, dir)
				chown(t, file(t, dir, "p.db", ""))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			prepare(t, dir)
			j := openFile(t, filepath.Join(dir, "p.db"))
			appendAll(t, j, numbered("check/a", 1, 1)...)
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
