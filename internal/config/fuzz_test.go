package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzLoad: whatever a file says, Load ends soon, without a panic, and either
// with a configuration that is printed and read back, or with mistakes that
// each have a place and are safe to look at.
func FuzzLoad(f *testing.F) {
	seeds, err := filepath.Glob("testdata/mistakes/*")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range append(seeds, "testdata/everything.yaml") {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if filepath.Ext(path) != ".golden" {
			f.Add(string(text))
		}
	}
	path := filepath.Join(f.TempDir(), "portreeve.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		overwrite(t, path, text)
		c, err := Load(Sources{File: path, Check: kinds})
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if err == nil {
			readBack(t, c, path)
			return
		}
		var wrong *Error
		if !errors.As(err, &wrong) || len(wrong.Mistakes) == 0 || wrong.Mistakes[0].Message == "" {
			t.Fatalf("Load = %v", err)
		}
		for _, m := range wrong.Mistakes {
			if m.At.Name != path || m.At.Line < 1 || m.At.Column < 1 || m.Caret > maxExcerpt {
				t.Errorf("place %+v, caret %d", m.At, m.Caret)
			}
		}
		if strings.ContainsAny(wrong.Report(), "\x1b\x00\r\a") {
			t.Errorf("unsafe: %q", wrong.Report())
		}
	})
}

// readBack prints a configuration and loads what was printed.
func readBack(t *testing.T, c *Config, path string) {
	t.Helper()
	var b strings.Builder
	if err := c.Print(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), hidden) {
		return // what replaces a secret need not be valid in its place
	}
	overwrite(t, path, b.String())
	if _, err := Load(Sources{File: path, Check: kinds}); err != nil {
		t.Errorf("what is printed is wrong: %v\n%s", err, &b)
	}
}
