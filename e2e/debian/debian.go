// Package debian finds the programs of the distribution that the tests drive:
// prometheus, promtool, prometheus-node-exporter, chromium, ip and ss, Avahi
// with the bus that it is spoken to by, and the databases PostgreSQL and
// MariaDB, which it also starts ([Postgres], [MariaDB]).
//
// The script fetch beside it, which "make deps" runs, brings those that the
// machine lacks into build/debian. Nothing outside the tests uses this package.
package debian

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// administrators are the directories that an ordinary user's PATH lacks on
// Debian, and where programs such as ip may lie.
const administrators = "/usr/sbin:/sbin"

// postgresPrograms matches the directories, one for each version, in which
// Debian has the programs of PostgreSQL.
const postgresPrograms = "/usr/lib/postgresql/*/bin"

// Path gives the absolute path of a program: the one that was fetched, else
// the one installed. It ends the test when there is neither; tests do not skip
// for want of a program, since "make deps" can always bring it.
//
// A program may be a script that replaces itself by the real one: its process
// id and signals are those of the program, its argv[0] is not.
func Path(t testing.TB, program string) string {
	t.Helper()
	path, err := find(program, os.Getenv("PATH"))
	if err != nil {
		t.Fatalf("%v (run make deps)", err)
	}
	return path
}

// find looks for program in the nearest build/debian above the working
// directory, then along path, then where administrators and PostgreSQL have
// theirs.
func find(program, path string) (string, error) {
	var dirs []string
	if root, err := moduleRoot(); err == nil {
		dirs = append(dirs, filepath.Join(root, "build", "debian", "bin"))
	}
	dirs = append(dirs, filepath.SplitList(path)...)
	dirs = append(dirs, filepath.SplitList(administrators)...)
	if versions, err := filepath.Glob(postgresPrograms); err == nil {
		dirs = append(dirs, versions...)
	}
	for _, dir := range dirs {
		if full := filepath.Join(dir, program); filepath.IsAbs(full) && executable(full) {
			return full, nil
		}
	}
	return "", fmt.Errorf("test program %s: neither fetched nor installed", program)
}

// moduleRoot is the directory of go.mod: a test runs in its package's directory.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find the module: no go.mod above the working directory")
		}
		dir = parent
	}
}

// executable tells whether path is a file that somebody may run.
func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
