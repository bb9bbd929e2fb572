package config

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
)

// TestPasswordFile reads one line of a regular file, waits for nobody, and never
// tells what it read.
func TestPasswordFile(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe, loop, socket := filepath.Join(dir, "pipe"), filepath.Join(dir, "loop"), filepath.Join(dir, "socket")
	ln, err := net.Listen("unix", socket)
	if err := errors.Join(err, syscall.Mkfifo(pipe, 0o600), os.Symlink(loop, loop)); err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	tests := []struct{ path, password, wrong string }{
		{file("plain", "hunter2"), "hunter2", ""},
		{file("line", "hunter2\r\n"), "hunter2", ""},
		{file("blanks", " hunter 2 \n"), " hunter 2 ", ""},
		{file("empty", "\n"), "", "is empty"},
		{file("lines", "hunter2\nhunter3\n"), "", "more than one line"},
		{file("nul", "hunter2\x00"), "", "more than one line"},
		{file("large", strings.Repeat("hunter2", 1000)), "", "is larger than 4096 bytes"},
		{filepath.Join(dir, "nosuch"), "", "no such file"},
		{pipe, "", "no regular file"},
		{socket, "", "no regular file"},
		{dir, "", "no regular file"},
		{"/dev/zero", "", "no regular file"},
		{loop, "", "too many levels of symbolic links"},
	}
	for _, tt := range tests {
		got, err := passwordFile(tt.path)
		switch {
		case tt.wrong == "" && (err != nil || got.Reveal() != tt.password):
			t.Errorf("%s: %q, %v", tt.path, got.Reveal(), err)
		case tt.wrong != "" && (err == nil || got != "" || !strings.Contains(err.Error(), tt.wrong) || strings.Contains(err.Error(), "hunter")):
			t.Errorf("%s: %q, %v, want %q", tt.path, got.Reveal(), err, tt.wrong)
		}
	}
}

// TestAPasswordThatCannotBeReadIsToldOnce, and not once more for being missing.
func TestAPasswordThatCannotBeReadIsToldOnce(t *testing.T) {
	text := "alerts: {ops: {email: {to: [a@example.org], from: b@example.org, smtp: \"smtp://u@mail.example.org\", password_file: /nosuch}}}\n"
	_, err := Load(Sources{File: write(t, text), Check: kinds, Alert: func(a *Alert) []health.FieldError {
		if a.Email.Password == "" {
			return []health.FieldError{{Field: "email.password_file", Reason: "is missing"}}
		}
		return nil
	}})
	var wrong *Error
	if !errors.As(err, &wrong) || len(wrong.Mistakes) != 1 || !strings.Contains(wrong.Report(), "no such file") {
		t.Errorf("%v", err)
	}
}
