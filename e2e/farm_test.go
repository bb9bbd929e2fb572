package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A farm is a crowd of targets on loopback: one server behind each address of
// 127.64.0.0/10, and black holes beside them.
type farm struct {
	tcp   int // accepts and hangs up
	http  int // answers {"status":"OK"}
	black int // never answers a SYN: its accept queue is full for good
}

func newFarm(t testing.TB) *farm {
	t.Helper()
	return &farm{tcp: serveTCP(t), http: serveHTTP(t), black: digHole(t)}
}

// addr returns the i-th address of the farm.
func (*farm) addr(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 64 + byte(i>>16), byte(i >> 8), byte(i)})
}

func serveTCP(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}

func serveHTTP(t testing.TB) int {
	t.Helper()
	ln, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"status":"OK"}`)
	})}
	t.Cleanup(func() { s.Close() })
	go s.Serve(ln)
	return ln.Addr().(*net.TCPAddr).Port
}

// digHole returns a port that is silent: nobody accepts there, and the queue
// is full, so the kernel drops every further SYN.
func digHole(t testing.TB) int {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := sa.(*syscall.SockaddrInet4).Port
	for range 3 {
		c, err := net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", port), 300*time.Millisecond)
		if err != nil {
			return port
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the accept queue does not fill")
	return 0
}

// config writes a configuration with n checks every interval, made by one.
func config(t testing.TB, head string, n int, one func(i int) string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(head + "\nchecks:\n")
	for i := range n {
		b.WriteString("  - " + one(i) + "\n")
	}
	file := filepath.Join(t.TempDir(), "portreeve.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
