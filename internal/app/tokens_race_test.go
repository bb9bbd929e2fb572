package app

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/portreeve/portreeve/internal/auth"
)

// TestFirstStartsAtOnce of many servers on one file: one makes it, all have it,
// and the secret beside it fits.
func TestFirstStartsAtOnce(t *testing.T) {
	for round := range 50 {
		path := filepath.Join(t.TempDir(), "tokens")
		var opened [20]*Tokens
		var made atomic.Int32
		var group sync.WaitGroup
		for i := range opened {
			group.Go(func() {
				var said strings.Builder
				tokens, err := OpenTokens(path, slog.New(slog.NewTextHandler(&said, nil)))
				if err != nil {
					t.Errorf("round %d: %v", round, err)
				}
				if opened[i] = tokens; said.Len() > 0 {
					made.Add(1)
				}
			})
		}
		group.Wait()
		secret, err := os.ReadFile(path + adminSuffix)
		if err != nil || t.Failed() || made.Load() != 1 {
			t.Fatalf("round %d: %v; %d made the file", round, err, made.Load())
		}
		for _, tokens := range opened {
			if _, ok := tokens.Find(strings.TrimSpace(string(secret))); !ok {
				t.Fatalf("round %d: the secret beside the file does not fit what a server has read", round)
			}
		}
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 2 {
			t.Fatalf("round %d: left are %v, %v", round, left, err)
		}
	}
}

// TestFirstStartBesideTokenAdd: whichever comes first, no token is lost, and a
// secret beside the file fits.
func TestFirstStartBesideTokenAdd(t *testing.T) {
	for round := range 50 {
		path := filepath.Join(t.TempDir(), "tokens")
		var group sync.WaitGroup
		for i := range 4 {
			group.Go(func() {
				if _, err := OpenTokens(path, slog.New(slog.DiscardHandler)); err != nil {
					t.Errorf("round %d, server: %v", round, err)
				}
			})
			group.Go(func() {
				if _, _, err := ran(TokenOptions{Action: "add", Name: fmt.Sprintf("t%d", i), File: path}); err != nil {
					t.Errorf("round %d, token %d: %v", round, i, err)
				}
			})
		}
		group.Wait()
		file, _, err := readTokens(path, trustForServe())
		if err != nil || t.Failed() {
			t.Fatal(err)
		}
		secret, err := os.ReadFile(path + adminSuffix)
		_, fits := file.Find(strings.TrimSpace(string(secret)))
		if none := errors.Is(err, fs.ErrNotExist); fits == none || len(file.Tokens()) != 5 && !(none && len(file.Tokens()) == 4) {
			t.Fatalf("round %d: %d tokens, the secret fits: %v, %v", round, len(file.Tokens()), fits, err)
		}
	}
}

// TestFirstStartCutOff after the secret was written: what is left fits nothing,
// and the next start, or the next token, makes it right.
func TestFirstStartCutOff(t *testing.T) {
	for _, next := range []string{"serve", "token"} {
		path, log, _ := tokensIn(t)
		for _, left := range []string{path + adminSuffix, path + lockSuffix} {
			if err := os.WriteFile(left, []byte(auth.Prefix+strings.Repeat("0", 43)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if next == "token" {
			if _, _, err := ran(TokenOptions{Action: "add", Name: "prometheus", File: path}); err != nil {
				t.Fatal(err)
			}
		}
		tokens, err := OpenTokens(path, log)
		if err != nil {
			t.Fatal(err)
		}
		secret, err := os.ReadFile(path + adminSuffix)
		if _, ok := tokens.Find(strings.TrimSpace(string(secret))); ok != (next == "serve") || ok != (err == nil) {
			t.Errorf("%s next: the secret fits: %v, %v", next, ok, err)
		}
	}
}

// TestRootKeepsTheFileOfServe readable by it: root changes, and makes, files of
// the user that serve runs as.
func TestRootKeepsTheFileOfServe(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	for _, tt := range []struct {
		name     string
		uid, gid int // of the file; -1: there is none yet
		mode     os.FileMode
		err      string // empty: it is changed, and has the same owner and mode
		hint     string
	}{
		{"serve's own", 4321, 4321, 0o600, "", ""},
		{"root's, read by serve's group", 0, 4321, 0o640, "", ""},
		{"none yet", -1, -1, 0o600, "", ""},
		{"serve's, read by a group", 4321, 4321, 0o640, "can be read by others (mode 0640)", "chmod 600 "},
		{"serve's, written by a group", 4321, 4321, 0o620, "can be changed by others (mode 0620)", "chmod 600 "},
		{"root's, read by all", 0, 4321, 0o644, "can be read by others (mode 0644)", "chmod 640 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, _, _ := tokensIn(t)
			if err := os.Chown(filepath.Dir(path), 4321, 4321); err != nil {
				t.Fatal(err)
			}
			if tt.uid >= 0 {
				if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chown(path, tt.uid, tt.gid), os.Chmod(path, tt.mode)); err != nil {
					t.Fatal(err)
				}
			}
			_, _, err := ran(TokenOptions{Action: "add", Name: "prometheus", File: path})
			if tt.err != "" {
				var hinted interface{ Hint() string }
				if err == nil || !strings.Contains(err.Error(), tt.err) || !errors.As(err, &hinted) || !strings.HasPrefix(hinted.Hint(), tt.hint) {
					t.Errorf("err = %v, want %q and the hint %q", err, tt.err, tt.hint)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			uid := max(tt.uid, 0)
			if tt.uid < 0 {
				uid = 4321
			}
			if s := info.Sys().(*syscall.Stat_t); int(s.Uid) != uid || s.Gid != 4321 || info.Mode() != tt.mode {
				t.Errorf("it is now of %d:%d with mode %v", s.Uid, s.Gid, info.Mode())
			}
			if err := (trust{uid: 4321}).check(path, info); err != nil {
				t.Errorf("serve would refuse it: %v", err)
			}
		})
	}
}

// TestNoPlaceForTokens is said with the directory's name, not that of a file
// that nobody has heard of.
func TestNoPlaceForTokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nowhere", "tokens")
	_, opened := OpenTokens(path, slog.New(slog.DiscardHandler))
	_, _, added := ran(TokenOptions{Action: "add", Name: "prometheus", File: path})
	for _, err := range []error{opened, added} {
		var hinted interface{ Hint() string }
		want := path + " cannot be written, for its directory " + filepath.Dir(path) + ": no such file or directory"
		if err == nil || err.Error() != want || !errors.As(err, &hinted) {
			t.Errorf("err = %v, want %s and a hint", err, want)
		}
	}
	inner := &fs.PathError{Op: "open", Path: "/d/.tokens.123", Err: syscall.EACCES}
	if err := unwritable("/d/tokens", inner); err.Error() != "/d/tokens cannot be written, for its directory /d: permission denied" || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("err = %v", err)
	}
}
