package web

import (
	"net"
	"syscall"
	"testing"
	"time"
)

// TestDeferringIsForScarceConnections alone: it makes the kernel count a drop at
// our port for every connection.
func TestDeferringIsForScarceConnections(t *testing.T) {
	for conns, want := range map[int]bool{0: false, scarceConns: false, scarceConns - 1: true, 8: true} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		newWorld(time.Now()).server(Options{MaxConns: conns}).listen(ln)
		raw, err := ln.(*net.TCPListener).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var seconds int
		if err := raw.Control(func(fd uintptr) {
			seconds, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT)
		}); err != nil {
			t.Fatal(err)
		}
		if err != nil || (seconds > 0) != want {
			t.Errorf("with %d connections it waits for data for %d s, %v", conns, seconds, err)
		}
	}
}
