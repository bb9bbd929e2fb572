package journal

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseDSN(t *testing.T) {
	tests := []struct{ dsn, path, problem string }{
		{"portreeve.db", "portreeve.db", ""},
		{"/var/lib/portreeve/portreeve.db", "/var/lib/portreeve/portreeve.db", ""},
		{"./a:b.db", "./a:b.db", ""},
		{"sqlite:portreeve.db", "portreeve.db", ""},
		{"sqlite:/var/lib/p.db", "/var/lib/p.db", ""},
		{"sqlite:///var/lib/p.db", "/var/lib/p.db", ""},
		{"SQLite:p?mode=ro#%41.db", "p?mode=ro#%41.db", ""},
		{"memory:", "", ""},
		{"", "", "empty"},
		{" ", "", "empty"},
		{"sqlite:", "", "needs a path"},
		{"sqlite://p.db", "", "host"},
		{"memory:x", "", "no path"},
		{":memory:", "", "share"},
		{"sqlite::memory:", "", "share"},
		{"a\x00b", "", "NUL"},
		{"postgres://portreeve:secret@db/portreeve", "", `unknown scheme "postgres:"`},
		{"mysql:secret", "", `unknown scheme "mysql:"`},
		{"file:p.db", "", `unknown scheme "file:"`},
	}
	for _, tt := range tests {
		path, err := ParseDSN(tt.dsn)
		if tt.problem == "" {
			if path != tt.path || err != nil {
				t.Errorf("%q: %q, %v, want %q", tt.dsn, path, err, tt.path)
			}
			continue
		}
		if !errors.Is(err, ErrDSN) || !strings.Contains(err.Error(), tt.problem) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want an ErrDSN that says %q and keeps secrets", tt.dsn, err, tt.problem)
		}
		if e, ok := errors.AsType[*OpenError](err); !ok || e.Hint() == "" {
			t.Errorf("%q: %v has no hint", tt.dsn, err)
		}
	}
}

func TestSQLiteVersionIsRecentEnough(t *testing.T) {
	for version, want := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.53.0": true, "4.0.0": true,
		"3.51.2": false, "3.50.9": false, "2.99.99": false, "": false, "3.51": false, "new": false,
	} {
		if got := recent(version); got != want {
			t.Errorf("recent(%q) = %v, want %v", version, got, want)
		}
	}
}

func TestOpenChoosesTheEngine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	for _, dsn := range []string{"memory:", path, "sqlite:" + path} {
		j, err := Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := j.(*Standby); ok != (dsn != "memory:") {
			t.Errorf("%s: a %T", dsn, j)
		}
		if err := j.Close(); err != nil {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	if j, err := Open(t.Context(), "redis://x", slog.New(slog.DiscardHandler)); !errors.Is(err, ErrDSN) || j != nil {
		t.Errorf("redis: %v, %v", j, err)
	}
}
