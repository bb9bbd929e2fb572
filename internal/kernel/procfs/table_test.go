package procfs

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rows returns a table as text, one socket per item.
func rows(t *testing.T, f *FS, name string) []string {
	t.Helper()
	var list []string
	if err := f.Table(name, func(r *Row) {
		list = append(list, fmt.Sprintf("%v %v %d rx=%d tx=%d uid=%d inode=%d drops=%d",
			r.Local, r.Remote, r.State, r.RxQueue, r.TxQueue, r.UID, r.Inode, r.Drops))
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTablesOfOlderKernels(t *testing.T) {
	tests := map[string][]string{
		"centos8/net/tcp": {
			"127.0.0.1:3000 0.0.0.0:0 10 rx=0 tx=0 uid=1001 inode=28412 drops=0",
			"0.0.0.0:22 0.0.0.0:0 10 rx=0 tx=0 uid=0 inode=22177 drops=0",
			"10.0.2.5:22 10.0.2.2:57540 1 rx=0 tx=36 uid=0 inode=29950 drops=0",
			"10.0.2.5:46322 10.0.2.9:5432 6 rx=0 tx=0 uid=0 inode=0 drops=0",
			"127.0.0.1:3000 127.0.0.1:50000 1 rx=5 tx=0 uid=0 inode=0 drops=0",
		},
		"centos8/net/tcp6": {
			"[::]:80 [::]:0 10 rx=3 tx=0 uid=0 inode=23671 drops=0",
			"[::ffff:10.0.2.5]:80 [::ffff:10.0.2.3]:51382 1 rx=0 tx=0 uid=48 inode=30881 drops=0",
			"[2001:db8::1]:443 [::]:0 10 rx=0 tx=0 uid=48 inode=23672 drops=0",
		},
		"centos8/net/udp": {
			"0.0.0.0:68 0.0.0.0:0 7 rx=0 tx=0 uid=0 inode=24114 drops=0",
			"127.0.0.1:323 0.0.0.0:0 7 rx=768 tx=0 uid=998 inode=20811 drops=17",
			"10.0.2.5:36139 10.0.2.9:53 1 rx=0 tx=0 uid=0 inode=31002 drops=2147483649",
		},
		"centos8/net/udp6": {"[::1]:323 [::]:0 7 rx=0 tx=0 uid=998 inode=20812 drops=0"},
		"ubuntu2004/net/tcp": {
			"127.0.0.53:53 0.0.0.0:0 10 rx=0 tx=0 uid=101 inode=21634 drops=0",
			"127.0.0.1:5432 0.0.0.0:0 10 rx=1 tx=0 uid=113 inode=33021 drops=0",
		},
		"ubuntu2004/net/tcp6": {"[::]:22 [::]:0 10 rx=0 tx=0 uid=0 inode=25913 drops=0"},
		"ubuntu2004/net/udp": {
			"127.0.0.53:53 0.0.0.0:0 7 rx=0 tx=0 uid=101 inode=21633 drops=0",
			"0.0.0.0:5353 0.0.0.0:0 7 rx=0 tx=0 uid=115 inode=40001 drops=4294967295",
		},
		"ubuntu2004/net/udp6": nil,
	}
	f := New("testdata")
	for name, want := range tests {
		got := rows(t, f, name)
		if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
			t.Errorf("%s:\n%s\nwant\n%s", name, g, w)
		}
	}
	if n := f.Malformed(); n != 0 {
		t.Errorf("%d lines were skipped", n)
	}
}

func TestTableOfThisMachine(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	want := netip.MustParseAddrPort(l.Addr().String())
	for _, name := range []string{"net/tcp", fmt.Sprintf("%d/net/tcp", os.Getpid())} {
		found := false
		err := New("/proc").Table(name, func(r *Row) {
			found = found || r.Local == want && r.State == 10 && r.Inode == inodeOf(t, l) && r.UID == uint32(os.Getuid())
		})
		if err != nil || !found {
			t.Errorf("%s: our listener on %v is missing: %v", name, want, err)
		}
	}
}

func TestTableMissing(t *testing.T) {
	for _, name := range []string{"net/tcp7", "1073741824/net/tcp6"} {
		err := New("/proc").Table(name, func(*Row) { t.Error("a row of nothing") })
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const (
	header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	good   = "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 28412 1 0000000000000000 100 0 0 10 0\n"
)

func TestTableSkipsMalformedLines(t *testing.T) {
	tests := []struct {
		name, text      string
		rows, malformed int
		err             error
	}{
		{"empty", "", 0, 0, nil},
		{"header alone", header, 0, 0, nil},
		{"one bad line among good ones", header + good + "   1: garbage\n" + good, 2, 1, nil},
		{"nothing but bad lines", header + "a\nb\n", 0, 2, ErrFormat},
		{"last line without its end", header + strings.TrimSuffix(good, "\n"), 1, 0, nil},
		{"last line cut off", header + good + good[:40], 1, 1, nil},
		{"a line longer than the buffer", header + good + strings.Repeat("x", 200<<10) + "\n" + good, 2, 1, nil},
		{"NULs", header + good + strings.Repeat("\x00", 300) + "\n", 1, 1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := New(t.TempDir())
			write(t, f.root, "net/tcp", tt.text)
			n := 0
			err := f.Table("net/tcp", func(*Row) { n++ })
			if n != tt.rows || f.Malformed() != uint64(tt.malformed) || !errors.Is(err, tt.err) {
				t.Errorf("%d rows, %d malformed, error %v; want %d, %d, %v", n, f.Malformed(), err, tt.rows, tt.malformed, tt.err)
			}
		})
	}
}

// TestTableVisitsMayNest reads a table from within another.
func TestTableVisitsMayNest(t *testing.T) {
	f, n := New("testdata"), 0
	err := f.Table("centos8/net/tcp", func(r *Row) {
		before := *r
		if err := f.Table("ubuntu2004/net/tcp", func(*Row) { n++ }); err != nil {
			t.Error(err)
		}
		if *r != before {
			t.Errorf("the row changed under the visitor: %+v", r)
		}
	})
	if err != nil || n != 10 {
		t.Errorf("%d inner rows, %v; want 10", n, err)
	}
}

// crowd writes a table of n connections and returns its reader.
func crowd(tb testing.TB, n int) *FS {
	f := New(tb.TempDir())
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "%4d: 0100007F:2134 %08X:%04X 01 00000000:00000000 00:00000000 00000000  1001        0 %d 1 0000000000000000 20 4 30 10 -1\n",
			i, 0x0100007F+i<<8, 1024+i%60000, 40000+i)
	}
	write(tb, f.root, "net/tcp", b.String())
	return f
}

func TestTableDoesNotAllocate(t *testing.T) {
	f, n := crowd(t, 2000), 0
	visit := func(r *Row) { n++ }
	if allocs := testing.AllocsPerRun(20, func() { _ = f.Table("net/tcp", visit) }); allocs != 0 {
		t.Errorf("%v allocations per table", allocs)
	}
	if n != 21*2000 {
		t.Errorf("%d rows", n)
	}
}

func BenchmarkTable(b *testing.B) {
	f, n := crowd(b, 20000), 0
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Table("net/tcp", func(*Row) { n++ }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/row")
}

// write makes a file of a proc tree.
func write(tb testing.TB, root, name, text string) {
	tb.Helper()
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
}
