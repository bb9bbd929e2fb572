package journal

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestBallast: what is made can be dropped, once, and is made again; nothing of
// somebody else's is touched.
func TestBallast(t *testing.T) {
	b := ballastOf(filepath.Join(t.TempDir(), "p.db"), slog.New(slog.DiscardHandler))
	if b.drop() {
		t.Error("dropped what is not there")
	}
	for range 2 {
		b.misled = time.Time{}
		b.keep()
		b.keep()
		if info, err := os.Stat(b.path); err != nil || info.Size() != ballastSize || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		if !b.drop() || b.drop() {
			t.Error("cannot be dropped, or twice")
		}
	}
	for _, again := range []bool{false, true} {
		if err := os.WriteFile(b.path, []byte("cut short"), 0o600); err != nil {
			t.Fatal(err)
		}
		if again {
			b.misled = time.Time{}
			b.keep()
			if size, _ := b.size(); size != ballastSize {
				t.Errorf("one that was cut short stays at %d bytes", size)
			}
		}
		if !b.drop() {
			t.Error("one that was cut short cannot be dropped")
		}
	}
	for name, make := range map[string]func() error{
		"a large file": func() error { return os.WriteFile(b.path, make([]byte, ballastSize+1), 0o600) },
		"a directory":  func() error { return os.Mkdir(b.path, 0o700) },
		"a link":       func() error { return os.Symlink(os.Args[0], b.path) },
	} {
		b.misled = time.Time{}
		if err := make(); err != nil {
			t.Fatal(err)
		}
		b.keep()
		if b.drop() {
			t.Errorf("%s was dropped", name)
		}
		if err := os.Remove(b.path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBallastUnderQuota: where the disk is full and the file system says that it
// has room, ballast is not made and dropped over and over.
func TestBallastUnderQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := ballastOf(filepath.Join(t.TempDir(), "p.db"), slog.New(slog.DiscardHandler))
		drops := 0
		for range 180 { // an append each minute, and each fails for want of space while there is ballast
			b.keep()
			if b.drop() {
				drops++
			}
			time.Sleep(time.Minute)
		}
		if drops != 3 {
			t.Errorf("made and dropped %d times in three hours, want once an hour", drops)
		}
	})
}
