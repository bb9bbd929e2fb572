package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Every program that fetch promises is found and runs.
func TestProgramsRun(t *testing.T) {
	for program, version := range map[string]string{
		"prometheus":               "--version",
		"promtool":                 "--version",
		"prometheus-node-exporter": "--version",
		"chromium":                 "--version",
		"ip":                       "-V",
		"ss":                       "-V",
		"initdb":                   "--version",
		"postgres":                 "--version",
		"psql":                     "--version",
		"mariadbd":                 "--version",
		"mariadb":                  "--version",
		"avahi-daemon":             "--version",
		"avahi-browse":             "--version",
		"avahi-publish":            "--version",
		"dbus-daemon":              "--version",
	} {
		t.Run(program, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, Path(t, program), version).CombinedOutput()
			if err != nil || len(out) == 0 {
				t.Errorf("%s %s: %v\n%s", program, version, err, out)
			}
		})
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	here := filepath.Join(root, "internal", "deep")
	fetched := filepath.Join(root, "build", "debian", "bin")
	installed := filepath.Join(root, "usr", "bin")
	for _, dir := range []string{here, fetched, installed} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "go.mod"), 0o644)
	write(t, filepath.Join(fetched, "both"), 0o755)
	write(t, filepath.Join(installed, "both"), 0o755)
	write(t, filepath.Join(installed, "installed"), 0o755)
	write(t, filepath.Join(installed, "text"), 0o644)
	t.Chdir(here)

	for program, want := range map[string]string{
		"both":      filepath.Join(fetched, "both"),
		"installed": filepath.Join(installed, "installed"),
		"text":      "", // not executable
		"absent":    "",
		"":          "", // a directory is no program
	} {
		got, err := find(program, installed)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("find(%q) = %q, %v; want %q", program, got, err, want)
		}
	}
}

// A test that lacks its program fails and says what to do.
func TestPathFailsWithAHint(t *testing.T) {
	stub := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		Path(stub, "no-such-program")
	}()
	<-done
	if !strings.Contains(stub.fatal, "no-such-program") || !strings.Contains(stub.fatal, "make deps") {
		t.Errorf("Path ended the test with %q", stub.fatal)
	}
}

// recorder is a testing.TB that keeps the last words of a failing test.
type recorder struct {
	testing.TB
	fatal string
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func write(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), mode); err != nil {
		t.Fatal(err)
	}
}
