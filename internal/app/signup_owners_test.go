package app

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestOwnersFile: the XDG Base Directory Specification.
func TestOwnersFile(t *testing.T) {
	tests := []struct{ state, home, want string }{
		{"", "/home/ann", "/home/ann/.local/state/portreeve/owners.json"},
		{"/var/state", "/home/ann", "/var/state/portreeve/owners.json"},
		{"state", "/home/ann", "/home/ann/.local/state/portreeve/owners.json"},
		{"", "ann", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		env := map[string]string{"XDG_STATE_HOME": tt.state, "HOME": tt.home}
		got := ownersFile(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
		if got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

// TestOwnersKeepAll: many at once lose nothing.
func TestOwnersKeepAll(t *testing.T) {
	o := owners{filepath.Join(t.TempDir(), "new", "owners.json")}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			name := strconv.Itoa(i)
			if err := o.keep("http://h", name, "prt_"+name); err != nil {
				t.Error(err)
			}
			if i%2 == 0 {
				if err := o.forget("http://h", name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for i := range 20 {
		name, want := strconv.Itoa(i), ""
		if i%2 == 1 {
			want = "prt_" + name
		}
		if got, err := o.token("http://h", name); got != want || err != nil {
			t.Errorf("token of %s = %q, %v, want %q", name, got, err, want)
		}
	}
	if got, err := o.servers("1"); !slices.Equal(got, []string{"http://h"}) || err != nil {
		t.Errorf("servers = %v, %v", got, err)
	}
}

// TestOwnersThatCannotBeTrusted are told of, and left as they are.
func TestOwnersThatCannotBeTrusted(t *testing.T) {
	tests := []struct {
		text string
		mode os.FileMode
		want string
	}{
		{`{"http://h":{"a":"prt_a"}}`, 0o644, "can be read by others (mode 0644)"},
		{`{"http://h":{"a":"prt_a"}}`, 0o622, "can be changed by others (mode 0622)"},
		{`{"http://h":`, 0o600, "is not what portreeve has written"},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "owners.json")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{"keep": owners{path}.keep("http://h", "b", "prt_b"), "forget": owners{path}.forget("http://h", "a")} {
			if err == nil || !strings.Contains(err.Error(), tt.want) || hintIn(err) == "" {
				t.Errorf("%s: %v, want %s", name, err, tt.want)
			}
		}
		if text, err := os.ReadFile(path); string(text) != tt.text || err != nil {
			t.Errorf("%q became %q, %v", tt.text, text, err)
		}
	}
}
