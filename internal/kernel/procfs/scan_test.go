package procfs

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/portreeve/portreeve/internal/port"
)

func TestScanDoesNotAllocate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var sc scan
	f, wanted := New("/proc"), map[uint64]*holding{inodeOf(t, l): {}}
	sc.run(f, wanted)
	if n := testing.AllocsPerRun(20, func() { sc.run(f, wanted) }); n != 0 {
		t.Errorf("%v allocations per scan", n)
	}
	if len(sc.holds) == 0 || sc.err != nil {
		t.Errorf("found %v, %v", sc.holds, sc.err)
	}
}

func TestScanSkipsWhatIsNoSocket(t *testing.T) {
	p := newTree(t)
	p.process(30, 1, "web", 100, 777, 778)
	p.link("30/fd/9", "socket:[777] (deleted)")
	p.link("30/fd/10", "/tmp/socket:[777]")
	p.link("30/fd/11", "pipe:[777]")
	p.file("self/fd/3", "self is no number")
	var sc scan
	sc.run(p.FS, map[uint64]*holding{777: nil})
	if len(sc.holds) != 1 || sc.holds[0] != (hold{777, 30, 3}) || sc.err != nil || sc.denied != 0 {
		t.Errorf("found %v, %d denied, %v", sc.holds, sc.denied, sc.err)
	}
}

// BenchmarkScan looks through 9,000 descriptors more than the machine has, a
// third of them sockets, in 60 processes; and does the same once more in the
// plain way, for a ratio that does not depend on the machine.
func BenchmarkScan(b *testing.B) {
	const processes, each = 60, 150
	crew(b, processes, each)
	f, sc, wanted := New("/proc"), scan{}, map[uint64]*holding{1 << 40: nil}
	b.Run("raw", func(b *testing.B) {
		b.ReportAllocs()
		benchmarkScan(b, func() { sc.run(f, wanted) })
	})
	b.Run("readdir", func(b *testing.B) { benchmarkScan(b, func() { readLinks(b) }) })
}

func benchmarkScan(b *testing.B, scan func()) {
	scan()
	fds := readLinks(b)
	runtime.LockOSThread() // the CPU clock is that of the thread
	defer runtime.UnlockOSThread()
	began := threadTime()
	for b.Loop() {
		scan()
	}
	cpu := threadTime() - began
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(b.N)/float64(fds), "cpu-ns/fd")
	b.ReportMetric(cpu.Seconds()*1e3/float64(b.N), "cpu-ms/scan")
	b.ReportMetric(float64(fds), "fds")
}

// crew starts processes that hold descriptors.
func crew(b *testing.B, processes, each int) {
	b.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	sock, err := l.(*net.TCPListener).File()
	if err != nil {
		b.Fatal(err)
	}
	defer sock.Close()
	var files []*os.File
	for i := range each {
		files = append(files, []*os.File{null, null, sock}[i%3])
	}
	for range processes {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env, cmd.ExtraFiles = append(os.Environ(), childVariable+"=1"), files
		in, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	}
}

// readLinks reads every descriptor of every process in the plain way, and
// returns how many there are.
func readLinks(b *testing.B) int {
	b.Helper()
	processes, err := os.ReadDir("/proc")
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for _, p := range processes {
		dir := "/proc/" + p.Name() + "/fd"
		fds, _ := os.ReadDir(dir) // it may be gone, or no process
		for _, fd := range fds {
			if _, err := os.Readlink(dir + "/" + fd.Name()); err == nil {
				n++
			}
		}
	}
	return n
}

// BenchmarkResolve is a quiet pass over 100 listeners of one process.
func BenchmarkResolve(b *testing.B) {
	var sockets []port.Socket
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer l.Close()
		text, err := inode(l)
		if err != nil {
			b.Fatal(err)
		}
		var n uint64
		if _, err := fmt.Sscan(text, &n); err != nil {
			b.Fatal(err)
		}
		sockets = append(sockets, socket(n))
	}
	o := NewOwners(New("/proc"), OwnersOptions{})
	o.Resolve(sockets)
	b.ReportAllocs()
	for b.Loop() {
		o.Resolve(sockets)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(sockets)), "ns/socket")
}
