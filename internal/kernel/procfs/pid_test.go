package procfs

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPIDs(t *testing.T) {
	var pids []int
	if err := New("/proc").PIDs(func(pid int) { pids = append(pids, pid) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(pids, os.Getpid()) || !slices.Contains(pids, os.Getppid()) || !slices.IsSorted(pids) {
		t.Errorf("we are %d, child of %d, but see %v", os.Getpid(), os.Getppid(), pids)
	}
}

func TestPIDsAreNumbers(t *testing.T) {
	f := New(t.TempDir())
	for _, name := range []string{"1", "42", "self", "4a", "-7", "99999999999999999999", "net/tcp"} {
		write(t, f.root, name+"/stat", "")
	}
	var pids []int
	if err := f.PIDs(func(pid int) { pids = append(pids, pid) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(pids)
	if !slices.Equal(pids, []int{1, 42}) {
		t.Errorf("got %v", pids)
	}
}

// TestEntriesInSmallPortions needs more than one getdents64(2).
func TestEntriesInSmallPortions(t *testing.T) {
	dir, want := t.TempDir(), 100
	for i := range want {
		write(t, dir, strconv.Itoa(1000000+i), "")
	}
	fd, err := openat(unix.AT_FDCWD, append([]byte(dir), 0), unix.O_DIRECTORY)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	seen := map[int]bool{}
	err = entries(fd, make([]byte, 256), func(_ uint64, name []byte) bool {
		if n, ok := numbered(name); ok {
			seen[n] = true
		}
		return true
	})
	if err != nil || len(seen) != want {
		t.Errorf("%d of %d names, %v", len(seen), want, err)
	}
}

func TestPIDsDoNotAllocate(t *testing.T) {
	f, n := New("/proc"), 0
	if allocs := testing.AllocsPerRun(20, func() { _ = f.PIDs(func(int) { n++ }) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestPIDsWithoutProc(t *testing.T) {
	if err := New("testdata/missing").PIDs(func(int) {}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestNetNS(t *testing.T) {
	f := New("/proc")
	own, err := f.NetNS(0)
	if err != nil || own == 0 {
		t.Fatalf("our namespace is %d, %v", own, err)
	}
	if same, err := f.NetNS(os.Getpid()); err != nil || same != own {
		t.Errorf("by pid it is %d, %v; want %d", same, err, own)
	}
	if _, err := f.NetNS(1 << 30); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of nobody: %v", err)
	}
}

func TestBracketed(t *testing.T) {
	tests := []struct {
		link string
		want uint64
		ok   bool
	}{
		{"socket:[4711]", 4711, true},
		{"socket:[18446744073709551615]", 1<<64 - 1, true},
		{"socket:[]", 0, false},
		{"socket:[1", 0, false},
		{"socket:", 0, false},
		{"socket:]", 0, false},
		{"sock", 0, false},
		{"", 0, false},
		{"/tmp/socket:[12]", 0, false},
		{"anon_inode:[eventpoll]", 0, false},
		{"socket:[1]2]", 0, false},
	}
	for _, tt := range tests {
		if got, ok := bracketed([]byte(tt.link), "socket"); got != tt.want || ok != tt.ok {
			t.Errorf("%q: %d, %v", tt.link, got, ok)
		}
	}
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x18\x00\x0412\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			name, size := entry(b)
			if size == 0 {
				return
			}
			if name[len(name)-1] != 0 {
				t.Errorf("name %q does not end in NUL", name)
			}
			numbered(name)
			b = b[size:]
		}
	})
}
