package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// serve runs a server on loopback whose every connection is handled by handle,
// and closed after it. Nothing of it outlives the test.
func serve(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, ln, handle)
	return ln.Addr().String()
}

// serveOn runs a server on a listener, which it closes in the end.
func serveOn(t testing.TB, ln net.Listener, handle func(net.Conn)) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			all.Go(func() {
				handle(conn)
				conn.Close()
				mu.Lock()
				delete(open, conn)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for conn := range open {
			conn.Close()
		}
		mu.Unlock()
		all.Wait()
	})
}

// says handles a connection by reading one request and writing raw bytes.
func says(raw string) func(net.Conn) {
	return func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			fmt.Fprint(conn, raw)
			drain(conn)
		}
	}
}

// page is a whole answer.
func page(status int, header, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d Whatever\r\n%sContent-Length: %d\r\n\r\n%s", status, header, len(body), body)
}

// drain reads until the client hangs up, so that nothing unread makes our end a
// reset that overtakes the answer.
func drain(conn net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}

// serveHTTP runs a real server, with TLS when config is given.
func serveHTTP(t testing.TB, config *tls.Config, handler http.HandlerFunc) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, TLSConfig: config, ErrorLog: silent()}
	var done sync.WaitGroup
	done.Go(func() {
		if config != nil {
			server.ServeTLS(ln, "", "")
		} else {
			server.Serve(ln)
		}
	})
	t.Cleanup(func() {
		server.Close()
		done.Wait()
	})
	return ln.Addr().String()
}

// check makes a check and asks it once.
func check(t testing.TB, spec health.Spec) health.Result {
	t.Helper()
	return checkWithin(t, spec, 10*time.Second, reach.Configured())
}

// checkWithin asks once, with a time and a policy.
func checkWithin(t testing.TB, spec health.Spec, timeout time.Duration, policy reach.Policy) health.Result {
	t.Helper()
	spec.Name = "x"
	probe, wrong := New(&spec, Env{Net: reach.New(reach.Options{Policy: policy})})
	if wrong != nil {
		t.Fatalf("%s: %v", spec.Target, wrong)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return probe(ctx)
}

// mustBe compares a result's verdict and reason.
func mustBe(t testing.TB, what string, r health.Result, verdict health.Verdict, reason health.Reason) {
	t.Helper()
	if r.Verdict != verdict || r.Reason != reason {
		t.Errorf("%s: %s %s (%s), want %s %s", what, r.Verdict, r.Reason, r.Text, verdict, reason)
	}
	if (r.Verdict == health.Pass) != (r.Text == "") {
		t.Errorf("%s: %s with the text %q", what, r.Verdict, r.Text)
	}
	if r.Answer == nil {
		t.Errorf("%s: no evidence", what)
	}
	if len(r.Text) > 4*maxText {
		t.Errorf("%s: %d bytes of text", what, len(r.Text))
	}
}
