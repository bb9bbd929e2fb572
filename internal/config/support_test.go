package config

import (
	"os"
	"path/filepath"
	"testing"
)

// variables are an environment.
type variables map[string]string

func (v variables) lookup(name string) (string, bool) {
	value, ok := v[name]
	return value, ok
}

// write writes a configuration and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "portreeve.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load loads sources, which must be right.
func load(t testing.TB, s Sources) *Config {
	t.Helper()
	if s.paths == nil {
		s.paths = []string{}
	}
	c, err := Load(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func overwrite(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
