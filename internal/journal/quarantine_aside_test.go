package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestQuarantine: all that belongs to a database goes together, and nothing is
// overwritten.
func TestQuarantine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	at := time.Date(2025, 3, 30, 1, 0, 0, 0, time.UTC)
	want := map[string]string{}
	for i, name := range []string{path + ".corrupt-20250330T010000Z", path + ".corrupt-20250330T010000Z-2", path + ".corrupt-20250330T010000Z-3"} {
		for _, suffix := range []string{"", "-wal", "-shm"}[:i+1] {
			want[name+suffix] = name + suffix + " was here"
			if err := os.WriteFile(path+suffix, []byte(want[name+suffix]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if moved, err := quarantine(path, at); err != nil || moved != name {
			t.Fatalf("%q, %v, want %q", moved, err, name)
		}
	}
	for name, text := range want {
		if got, err := os.ReadFile(name); err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if left, err := filepath.Glob(path + "*"); err != nil || len(left) != len(want) {
		t.Errorf("%d files, %v, want %d", len(left), err, len(want))
	}
}

// TestOursIsFoundAnywhere: what tells that a file is ours is found wherever it
// stands, also across the edge of what is read at a time.
func TestOursIsFoundAnywhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	for _, at := range []int{0, 1<<20 - 70, 1<<20 - 10, 1<<20 - 1, 1 << 20, 2<<20 - 64, 3 << 20} {
		for mark, want := range map[string]bool{string(marks[0]): true, string(marks[1]): true, string(marks[2]): true, "-- the host that saw me": false} {
			content := append(make([]byte, at), mark...)
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if got := ours(path); got != want {
				t.Errorf("%q at %d: %v, want %v", mark, at, got, want)
			}
		}
	}
	if ours(path + ".missing") {
		t.Error("what is not there is ours")
	}
}
