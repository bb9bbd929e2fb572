package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestLockIsOfOne: holders come and go, removing the file each time, and
// there is never a second one.
func TestLockIsOfOne(t *testing.T) {
	const openers, each = 4, 100
	database := filepath.Join(t.TempDir(), "p.db")
	var holders atomic.Int32
	var wg sync.WaitGroup
	for range openers {
		wg.Go(func() {
			deadline := time.Now().Add(30 * time.Second)
			for held := 0; held < each && time.Now().Before(deadline) && !t.Failed(); {
				lock, err := lockFile(database)
				if errors.Is(err, ErrHeld) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d holders at once", n)
				}
				if _, err := lockFile(database); !errors.Is(err, ErrHeld) {
					t.Errorf("held, but another was given: %v", err)
				}
				held++
				holders.Add(-1)
				if err := lock.release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestLockOnARemovedFile is no lock: the next opener would take another.
func TestLockOnARemovedFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "p.db.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		t.Fatal(err)
	}
	if err := take(f); !errors.Is(err, errRemoved) {
		t.Errorf("take: %v, want errRemoved", err)
	}
	if err := os.WriteFile(f.Name(), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := take(f); !errors.Is(err, errRemoved) {
		t.Errorf("take, with another file of that name: %v, want errRemoved", err)
	}
}

// TestLockLeavesTheNextOnesFile: who finds his file removed by a third party
// does not remove that of whoever came next.
func TestLockLeavesTheNextOnesFile(t *testing.T) {
	database := filepath.Join(t.TempDir(), "p.db")
	first, err := lockFile(database)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(database + ".lock"); err != nil {
		t.Fatal(err)
	}
	second, err := lockFile(database)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.release(); err != nil {
		t.Error(err)
	}
	if _, err := lockFile(database); !errors.Is(err, ErrHeld) {
		t.Errorf("a third one: %v, want ErrHeld", err)
	}
	if err := second.release(); err != nil {
		t.Error(err)
	}
}

func TestLockNamesItsHolder(t *testing.T) {
	here, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		fmt.Sprintf("811 %s\n", here): "pid 811",
		"1 elsewhere\n":               `pid 1 on host "elsewhere"`,
		"1 \x1b[2J\n":                 `pid 1 on host "\x1b[2J"`,
		"":                            "a process that has not said its pid yet",
		"\x1b[2J":                     "a process that has not said its pid yet",
	} {
		f, err := os.Create(filepath.Join(t.TempDir(), "p.db.lock"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if got := holder(f); got != want {
			t.Errorf("holder of %q = %s, want %s", text, got, want)
		}
	}
}
