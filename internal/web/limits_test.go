package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestShares(t *testing.T) {
	for _, tt := range []struct{ total, few, want int }{
		{256, 6, 32}, {64, 2, 8}, {64, 6, 8}, {32, 6, 6}, {8, 6, 6}, {7, 6, 5}, {4, 6, 3}, {2, 2, 1}, {1, 6, 1},
	} {
		if got := shareOf(tt.total, tt.few); got != tt.want {
			t.Errorf("of %d places, %d at least: %d, want %d", tt.total, tt.few, got, tt.want)
		}
	}
}

// TestFewDescriptors: with room for eight connections a crowd that comes back
// as soon as it is pushed out keeps nobody out, whether it is silent or begins
// a header, not even those at its own address; and the server never has more
// than eight.
func TestFewDescriptors(t *testing.T) {
	needFiles(t)
	for name, part := range map[string]string{"silent": "", "slow": slowHeader} {
		t.Run(name, func(t *testing.T) {
			s := busyWorld(time.Now()).server(Options{MaxConns: 8, MaxStreams: 2})
			target := serve(t, s)
			var crowd sync.WaitGroup
			ctx, disperse := context.WithCancel(t.Context())
			defer crowd.Wait()
			defer disperse()
			var came atomic.Int32
			for i := range 200 {
				crowd.Go(func() { hammer(ctx, target, fmt.Sprintf("127.0.0.%d", 2+i%4), part, &came) })
			}
			if !within(10*time.Second, func() bool { return came.Load() >= 200 }) {
				t.Fatalf("only %d of the crowd have come", came.Load())
			}
			for _, addr := range []string{"127.0.0.9", "127.0.0.2"} {
				failed := 0
				for range 50 { // a browser tries again by itself
					if !within(10*time.Second, func() bool { return answersOnce(target, addr) }) {
						failed++
					}
				}
				if failed > 0 { // single tries, measured: 2 of 1,200 single tries on a quiet machine, 7 of 50 on a busy one
					t.Errorf("the page did not answer %s in %d of 50 tries, while %d came", addr, failed, came.Load())
				}
			}
			s.gate.mu.Lock()
			defer s.gate.mu.Unlock()
			if s.gate.count > 8 {
				t.Errorf("%d connections are open", s.gate.count)
			}
		})
	}
}

// hammer keeps one connection open that sends part of a request, and opens
// another when it is closed.
func hammer(ctx context.Context, target, addr, part string, came *atomic.Int32) {
	for ctx.Err() == nil {
		c, err := from(addr).DialContext(ctx, "tcp", target)
		if err != nil {
			return
		}
		stop := context.AfterFunc(ctx, func() { c.Close() })
		io.WriteString(c, part)
		came.Add(1)
		io.Copy(io.Discard, c)
		stop()
		c.Close()
	}
}

func answersOnce(target, addr string) bool {
	resp, err := caller(addr).Get("http://" + target + "/")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return err == nil && resp.StatusCode == 200 && strings.Contains(string(body), "</html>")
}

// A poorListener finds no descriptor for some of its connections.
type poorListener struct {
	net.Listener
	poor atomic.Int32
}

func (l *poorListener) Accept() (net.Conn, error) {
	if l.poor.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return l.Listener.Accept()
}

// TestOutOfDescriptors pushes out who has been waited for the longest, instead
// of waiting for somebody to leave.
func TestOutOfDescriptors(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	poor := &poorListener{Listener: ln}
	s := busyWorld(time.Now()).server(Options{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, poor) }()
	defer func() { cancel(); <-done }()
	idle := crowd(t, ln.Addr().String(), "127.0.0.2", slowHeader, 3)
	if !within(5*time.Second, func() bool { s.gate.mu.Lock(); defer s.gate.mu.Unlock(); return s.gate.count == 3 }) {
		t.Fatal("the idle ones are not let in")
	}
	poor.poor.Store(2)
	crowd(t, ln.Addr().String(), "127.0.0.3", slowHeader, 1) // what is being accepted now goes through; what follows fails twice
	if took := answers(t, ln.Addr().String(), "127.0.0.9"); took > time.Second {
		t.Errorf("the page took %v", took)
	}
	for i, c := range idle {
		c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		_, err := c.Read(make([]byte, 1))
		if out := err == io.EOF; out != (i < 2) {
			t.Errorf("idle connection %d: %v", i, err)
		}
	}
}

// TestLentConnections are not counted while they are answered by asking
// elsewhere, and are again afterwards.
func TestLentConnections(t *testing.T) {
	g := newGate(2, 2)
	admit := func(addr string) (*peer, *conn) {
		p := &peer{from: addr}
		return p, g.admit(p)
	}
	slow, lent := admit("10.0.0.1")
	g.track(lent, http.StateActive)
	g.lend(lent)
	_, b := admit("10.0.0.2")
	_, c := admit("10.0.0.3")
	g.track(b, http.StateActive)
	if slow.closed || g.count != 2 {
		t.Fatalf("closed %v, %d are counted", slow.closed, g.count)
	}
	waiting := c.Conn.(*peer)
	g.track(lent, http.StateIdle)
	if slow.closed || !waiting.closed || g.count != 2 {
		t.Errorf("back again: closed %v, the one that waited %v, %d are counted", slow.closed, waiting.closed, g.count)
	}
	g.track(lent, http.StateActive)
	g.lend(lent)
	_, d := admit("10.0.0.4")
	g.track(d, http.StateActive)
	g.track(lent, http.StateIdle)
	if !slow.closed || g.count != 2 {
		t.Errorf("no room to come back: closed %v, %d are counted", slow.closed, g.count)
	}
}
