package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A peer is one end of a connection that a test makes up.
type peer struct {
	net.Conn
	from   string
	closed bool
}

func (p *peer) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(p.from), 1))
}
func (p *peer) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 9, 9, 9), Port: 9860} }
func (p *peer) Close() error        { p.closed = true; return nil }

// TestGate reads like the rule: each step is a caller who comes (a b c …), or
// what becomes of one (a! sends a whole header, a_ is answered before its body
// has come, a~ is idle, a. leaves), and then who is still connected.
func TestGate(t *testing.T) {
	addr := map[byte]string{'a': "10.0.0.1", 'b': "10.0.0.2", 'c': "10.0.0.3", 'd': "2001:db8:0:1::1", 'e': "2001:db8:0:1::2", 'l': "127.0.0.1", 'm': "::1", 'o': "10.9.9.9"}
	for _, tt := range []struct {
		name, steps, want string
	}{
		{"there is room", "a1 b1 c1", "a1 b1 c1"},
		{"a full address loses its own oldest", "a1 a2 a3", "a2 a3"},
		{"nobody else's", "b1 a1 a2 a3", "b1 a2 a3"},
		{"not one that is being answered", "a1 a1! a2 a3", "a1 a3"},
		{"a newcomer is turned away when all are being answered", "a1 a1! a2 a2! a3", "a1 a2"},
		{"an idle one makes room", "a1 a1! a1~ a2 a2! a3", "a2 a3"},
		{"so does one that owes a body to an answered request", "a1 a1! a1_ a2 a2! a3", "a2 a3"},
		{"idle counts from when it began", "a1 a1! a2 a1~ a3", "a1 a3"},
		{"when all is full the oldest of all goes", "a1 a2 b1 b2 c1", "a2 b1 b2 c1"},
		{"even if it comes from elsewhere", "b1 a1 a2 c1 d1", "a1 a2 c1 d1"},
		{"when all is full of answers, newcomers wait outside", "a1 a1! a2 a2! b1 b1! b2 b2! c1", "a1 a2 b1 b2"},
		{"who leaves makes room", "a1 a1! a2 a2! a1. a3", "a2 a3"},
		{"an IPv6 network is one caller", "d1 e1 d2", "e1 d2"},
		{"a crowd leaves a place for this machine", "a1 a2 b1 b2 c1 l1", "a2 b1 b2 c1 l1"},
		{"even if all of it is being answered", "a1 a1! a2 a2! b1 b1! b2 b2! c1 l1", "a1 a2 b1 b2 l1"},
		{"and nobody of it takes that from who has it", "l1 a1 a2 b1 b2 c1 c2", "l1 b1 b2 c1 c2"},
		{"not even when that one is idle", "l1 l1! l1~ a1 a1! a2 a2! b1 b1! b2 b2! c1", "l1 a1 a2 b1 b2"},
		{"what this machine has beyond that is anybody's", "l1 l2 a1 a2 b1 b2", "l2 a1 a2 b1 b2"},
		{"this machine pushes out the oldest of all", "a1 l1 l2 m1 m2 o1", "l1 l2 m1 m2 o1"},
		{"be it its own", "l1 l2 m1 m2 a1 o1", "l2 m1 m2 a1 o1"},
		{"a call of its own address is one of this machine", "a1 a2 b1 b2 o1 c1", "a2 b1 b2 o1 c1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate(5, 2) // four for those from elsewhere
			peers, conns := map[string]*peer{}, map[string]net.Conn{}
			var order []string
			for _, step := range strings.Fields(tt.steps) {
				name, act := step[:2], step[2:]
				switch act {
				case "":
					p := &peer{from: addr[name[0]]}
					if c := g.admit(p); c != nil {
						g.track(c, http.StateNew)
						peers[name], conns[name] = p, c
						order = append(order, name)
					}
				case "!":
					g.track(conns[name], http.StateActive)
				case "_":
					g.await(conns[name].(*conn))
				case "~":
					g.track(conns[name], http.StateIdle)
				case ".":
					conns[name].Close()
					g.track(conns[name], http.StateClosed)
				}
			}
			var left []string
			for _, name := range order {
				if !peers[name].closed {
					left = append(left, name)
				}
			}
			if got := strings.Join(left, " "); got != tt.want {
				t.Errorf("%s: left are %s, want %s", tt.steps, got, tt.want)
			}
			if g.count != len(left) {
				t.Errorf("the gate counts %d, %d are there", g.count, len(left))
			}
		})
	}
}

// from returns a dialer that calls from an address of this machine.
func from(addr string) *net.Dialer {
	return &net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
}

// caller returns a client that calls from an address, one connection each time.
func caller(addr string) *http.Client {
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: from(addr).DialContext, DisableKeepAlives: true}}
}

// What a crowd sends, and then no more.
const (
	slowHeader   = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
	slowBody     = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
	slowChunks   = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
	slowExpected = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
	slowGet      = "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"
	slowRefused  = "POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 100\r\n\r\n"
)

// crowd opens n connections from an address that send part of a request.
func crowd(t *testing.T, target, addr, part string, n int) (conns []net.Conn) {
	t.Helper()
	for range n {
		c, err := from(addr).Dial("tcp", target)
		if err != nil {
			t.Fatalf("connection of the crowd: %v", err)
		}
		t.Cleanup(func() { c.Close() })
		io.WriteString(c, part)
		conns = append(conns, c)
	}
	return conns
}

// answers reports how long the page took for a caller.
func answers(t *testing.T, target, addr string) time.Duration {
	t.Helper()
	begin := time.Now()
	resp, err := caller(addr).Get("http://" + target + "/")
	if err != nil {
		t.Fatalf("the page does not answer %s: %v", addr, err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), "</html>") {
		t.Fatalf("the page answers %s with %d, %v", addr, resp.StatusCode, err)
	}
	return time.Since(begin)
}

// quickest returns the best of a few tries: the machine may be busy with other
// things, a page that is locked out never is quick.
func quickest(t *testing.T, target, addr string) time.Duration {
	t.Helper()
	best := time.Hour
	for range 5 {
		best = min(best, answers(t, target, addr))
	}
	return best
}

// needFiles ends a test where the system does not let it have its crowd.
func needFiles(t *testing.T) {
	t.Helper()
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < 6000 {
		t.Skipf("%d descriptors are too few for both ends of 2,000 connections", files.Cur)
	}
}

func TestSlowCrowdCannotLockOthersOut(t *testing.T) {
	needFiles(t)
	s := busyWorld(time.Now()).server(Options{})
	target := serve(t, s)
	crowd(t, target, "127.0.0.2", slowHeader, 1000) // one address …
	for i := range 50 {
		crowd(t, target, fmt.Sprintf("127.0.1.%d", i+1), slowHeader, 24) // … and fifty
	}
	if took := quickest(t, target, "127.0.0.9"); took > 100*time.Millisecond {
		t.Errorf("the page took %v beside a crowd of 2,200", took)
	}
	if took := quickest(t, target, "127.0.0.2"); took > 100*time.Millisecond {
		t.Errorf("the page took %v for the very address that the crowd sits on", took)
	}
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if s.gate.count > maxConns {
		t.Errorf("%d connections are open, more than %d", s.gate.count, maxConns)
	}
}

// TestSlowBodiesCannotLockOthersOut has crowds that send whole headers and
// never the bodies that those announce. The full set of one address is answered
// to the last, so that all of it lingers when others come.
func TestSlowBodiesCannotLockOthersOut(t *testing.T) {
	needFiles(t)
	for _, tt := range []struct {
		name, part string
		n          int
	}{
		{"32 bodies", slowBody, 32},
		{"2,000 bodies", slowBody, 2000},
		{"chunked", slowChunks, 32},
		{"continue expected", slowExpected, 32},
		{"a GET with a body", slowGet, 32},
		{"a refused request", slowRefused, 32},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := busyWorld(time.Now()).server(Options{})
			s.wait.body = time.Minute // only who is pushed out goes
			target := serve(t, s)
			conns := crowd(t, target, "127.0.0.2", tt.part, tt.n)
			for i := 0; tt.n <= s.gate.perAddr && i < tt.n; i++ {
				conns[i].SetReadDeadline(time.Now().Add(5 * time.Second))
				if _, err := conns[i].Read(make([]byte, 1)); err != nil {
					t.Fatalf("connection %d of the crowd is not answered: %v", i, err)
				}
			}
			for _, addr := range []string{"127.0.0.2", "127.0.0.9"} {
				if took := answers(t, target, addr); took > time.Second {
					t.Errorf("the first page took %v for %s", took, addr)
				}
				if took := quickest(t, target, addr); took > 100*time.Millisecond {
					t.Errorf("the page took %v for %s", took, addr)
				}
			}
		})
	}
}

// TestBodyIsAnsweredUnread at once, and the connection is closed: whether the
// body never comes, comes late or was there all along.
func TestBodyIsAnsweredUnread(t *testing.T) {
	target := serve(t, busyWorld(time.Now()).server(Options{}))
	for _, tt := range []struct {
		name, now, later string
		want             int
	}{
		{"never", slowBody, "", http.StatusMethodNotAllowed},
		{"late", slowBody, strings.Repeat("x", 100), http.StatusMethodNotAllowed},
		{"at once", slowBody + strings.Repeat("x", 100), "", http.StatusMethodNotAllowed},
		{"chunked", slowChunks, "0\r\n\r\n", http.StatusMethodNotAllowed},
		{"of a GET", slowGet, strings.Repeat("x", 100), http.StatusOK},
		{"of a refused request", slowRefused, "", http.StatusMisdirectedRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := net.Dial("tcp", target)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(5 * time.Second)) // half the server's patience with requests
			io.WriteString(c, tt.now)
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatalf("no answer: %v", err)
			}
			io.WriteString(c, tt.later)
			if _, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != tt.want || !resp.Close {
				t.Errorf("%d, want %d; closes: %v; %v", resp.StatusCode, tt.want, resp.Close, err)
			}
			if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("the connection stays open: %d, %v", n, err)
			}
		})
	}
}

// TestHugeHeaders are refused early.
func TestHugeHeaders(t *testing.T) {
	target := serve(t, busyWorld(time.Now()).server(Options{}))
	req, _ := http.NewRequest("GET", "http://"+target+"/", nil)
	req.Header.Set("X-Big", strings.Repeat("x", maxHeader))
	resp, err := caller("127.0.0.1").Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 16 KiB: %d", resp.StatusCode)
	}
	req.Header.Set("X-Big", strings.Repeat("x", maxHeader/2))
	if resp, err = caller("127.0.0.1").Do(req); err != nil || resp.StatusCode != 200 {
		t.Errorf("a header of 8 KiB: %v %v", resp, err)
	}
	resp.Body.Close()
}

// TestSlowHeaderIsCutOff though nobody else wants the place.
func TestSlowHeaderIsCutOff(t *testing.T) {
	s := busyWorld(time.Now()).server(Options{})
	s.wait.header = 300 * time.Millisecond
	c, err := net.Dial("tcp", serve(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	begin := time.Now()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n")
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadAll(bufio.NewReader(c)); err != nil {
		t.Fatalf("not cut off: %v", err)
	}
	if took := time.Since(begin); took < s.wait.header/2 {
		t.Errorf("cut off after %v", took)
	}
}

// TestServeEnds drains and returns within its time, though streams are open
// and a header is half sent.
func TestServeEnds(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := busyWorld(time.Now()).server(Options{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	resp, err := http.Get("http://" + ln.Addr().String() + "/events/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	crowd(t, ln.Addr().String(), "127.0.0.2", slowHeader, 3)
	cancel()
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Errorf("the stream was not ended but cut: %v", err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Serve: %v", err)
		}
	case <-time.After(s.wait.drain + 2*time.Second):
		t.Fatal("Serve does not end")
	}
	if s.streams.open() != 0 {
		t.Errorf("%d streams are still counted", s.streams.open())
	}
}

func TestServeTellsThatItCannot(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := busyWorld(time.Now()).server(Options{}).Serve(t.Context(), ln); err == nil || !strings.HasPrefix(err.Error(), "serve on 127.0.0.1:") {
		t.Errorf("err = %v", err)
	}
}
