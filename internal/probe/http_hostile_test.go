package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

func TestHTTPMisbehaviour(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		reason       health.Reason
	}{
		{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", health.HTTPProtocol},
		{"bytes of all kinds", "\x00\xff\x1b[2J\u202e\r\n\r\n", health.HTTPProtocol},
		{"a TLS alert", "\x15\x03\x01\x00\x02\x02\x46", health.HTTPProtocol},
		{"an empty line for ever", strings.Repeat("\r\n", 100_000), health.HTTPProtocol},
		{"a line without end", strings.Repeat("H", 200_000), health.HTTPProtocol},
		{"half a status", "HTTP/1.1 20", health.HTTPProtocol},
		{"half a header", "HTTP/1.1 200 OK\r\nContent-", health.HTTPProtocol},
		{"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", health.HTTPProtocol},
		{"a status of minus one", "HTTP/1.1 -01 OK\r\n\r\n", health.HTTPProtocol},
		{"a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", health.HTTPProtocol},
		{"a huge header", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", 70<<10) + "\r\n\r\n", health.HTTPProtocol},
		{"many headers", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 20_000) + "\r\n", health.HTTPProtocol},
		{"interim answers without end", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 10_000), health.HTTPProtocol},
		{"another protocol, switched to", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", health.HTTPProtocol},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", health.HTTPProtocol},
		{"a length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", health.HTTPProtocol},
		{"a body that ends early", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabc", health.HTTPProtocol},
		{"a chunk that ends early", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc", health.HTTPProtocol},
		{"a chunk that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", health.HTTPProtocol},
		{"a chunk larger than numbers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc", health.HTTPProtocol},
		{"chunks longer than they say", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n0\r\n\r\n", health.HTTPProtocol},
		{"another transfer encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nabc", health.HTTPProtocol},
		{"nothing", "", health.Reset},
	} {
		addr := serve(t, func(conn net.Conn) {
			io.ReadAtLeast(conn, make([]byte, 4096), 20)
			io.WriteString(conn, tt.answer)
			conn.(*net.TCPConn).CloseWrite()
			drain(conn)
		})
		r := check(t, health.Spec{Target: "http://" + addr + "/", Expect: `body != "x"`})
		mustBe(t, tt.name, r, health.Fail, tt.reason)
	}
}

func TestHTTPReset(t *testing.T) {
	for name, before := range map[string]string{"at once": "", "in the headers": "HTTP/1.1 200 OK\r\nA:", "in the body": "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"} {
		read := make(chan bool)
		addr := serve(t, func(conn net.Conn) {
			io.ReadAtLeast(conn, make([]byte, 4096), 20)
			io.WriteString(conn, before)
			<-read
			conn.(*net.TCPConn).SetLinger(0)
		})
		time.AfterFunc(50*time.Millisecond, func() { close(read) }) // later than what comes before, most likely; it does not matter
		r := check(t, health.Spec{Target: "http://" + addr + "/"})
		mustBe(t, "a reset "+name, r, health.Fail, health.Reset)
		if !strings.Contains(string(r.Text), "connection reset by peer") {
			t.Errorf("a reset %s: %s", name, r.Text)
		}
	}
}

func TestHTTPOneDeadline(t *testing.T) {
	drip := func(before, drop string) func(net.Conn) {
		return func(conn net.Conn) {
			io.ReadAtLeast(conn, make([]byte, 4096), 20)
			for _, err := io.WriteString(conn, before); err == nil; _, err = io.WriteString(conn, drop) {
				time.Sleep(time.Second) // what is tested: a server that is slow, but never silent
			}
		}
	}
	for _, tt := range []struct {
		name   string
		handle func(net.Conn)
		text   string
	}{
		{"a body that drips", drip("HTTP/1.1 200 OK\r\n\r\n", "a"), "the time was up while the body was read"},
		{"headers that drip", drip("HTTP/1.1 200 OK\r\n", "A: b\r\n"), "the time was up while its headers were read"},
		{"interim answers that drip", drip("HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n"), "the time was up while its headers were read"},
		{"silence", drain, "the time was up without an answer"},
	} {
		began := time.Now()
		r := checkWithin(t, health.Spec{Target: "http://" + serve(t, tt.handle) + "/"}, 700*time.Millisecond, reach.Configured())
		mustBe(t, tt.name, r, health.Fail, health.Timeout)
		if string(r.Text) != tt.text {
			t.Errorf("%s: %s, want %s", tt.name, r.Text, tt.text)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: took %v", tt.name, took)
		}
	}
}

// TestHTTPGivenUp ends a check before its time: nothing is known of the target.
func TestHTTPGivenUp(t *testing.T) {
	asked := make(chan bool, 1)
	addr := serve(t, func(conn net.Conn) {
		io.ReadAtLeast(conn, make([]byte, 4096), 20)
		asked <- true
		drain(conn)
	})
	probe, wrong := New(&health.Spec{Name: "x", Target: "http://" + addr + "/"}, Env{Net: reach.New(reach.Options{})})
	if wrong != nil {
		t.Fatal(wrong)
	}
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan health.Result, 1)
	go func() { results <- probe(ctx) }()
	<-asked
	cancel()
	select {
	case r := <-results:
		mustBe(t, "given up", r, health.Indeterminate, health.LocalOverload)
	case <-time.After(10 * time.Second):
		t.Fatal("the check goes on")
	}
}

func TestHTTPNotReached(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	mustBe(t, "nobody there", check(t, health.Spec{Target: "http://" + addr + "/"}), health.Fail, health.Refused)
	mustBe(t, "nobody there, TLS", check(t, health.Spec{Target: "tls://" + addr, SkipVerify: true}), health.Fail, health.Refused)
	no := func(netip.AddrPort) error { return fmt.Errorf("not today") }
	mustBe(t, "a policy", checkWithin(t, health.Spec{Target: "http://" + addr + "/"}, time.Second, no), health.Indeterminate, health.LocalPolicy)
}
