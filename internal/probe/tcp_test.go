package probe

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func ask(t *testing.T, target string, timeout time.Duration) health.Result {
	t.Helper()
	probe, err := New(health.Spec{Name: "x", Target: target})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return probe(ctx)
}

func TestTCP(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if r := ask(t, "tcp://"+addr, time.Second); r.Verdict != health.Pass {
		t.Errorf("a listener: %+v", r)
	}
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server read %v, want a reset: a FIN would leave TIME_WAIT with us", err)
	}
	conn.Close()
	ln.Close()
	if r := ask(t, "tcp://"+addr, time.Second); r.Verdict != health.Fail || r.Reason != health.Refused || string(r.Text) != addr+": connection refused" {
		t.Errorf("nobody listening: %+v", r)
	}
}

func TestTCPSilenceIsATimeout(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	probe, err := New(health.Spec{Name: "x", Target: "tcp://127.0.0.1:9"})
	if err != nil {
		t.Fatal(err)
	}
	if r := probe(ctx); r.Verdict != health.Fail || r.Reason != health.Timeout {
		t.Errorf("out of time: %+v", r)
	}
}

func TestClassify(t *testing.T) {
	op := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	tests := []struct {
		name string
		err  error
		want health.Verdict
		code health.Reason
	}{
		{"refused", op(syscall.ECONNREFUSED), health.Fail, health.Refused},
		{"unreachable", op(syscall.EHOSTUNREACH), health.Fail, health.Unreachable},
		{"no route is ours", op(syscall.ENETUNREACH), health.Indeterminate, health.LocalNetwork},
		{"our firewall is ours", op(syscall.EPERM), health.Indeterminate, health.LocalNetwork},
		{"no descriptors is ours", op(syscall.EMFILE), health.Indeterminate, health.LocalFDs},
		{"no ports is ours", op(syscall.EADDRNOTAVAIL), health.Indeterminate, health.LocalPorts},
		{"no such name", op(&net.DNSError{IsNotFound: true}), health.Fail, health.NoSuchName},
		{"the resolver is ours", op(&net.DNSError{IsTemporary: true}), health.Indeterminate, health.LocalResolver},
		{"time is up", op(context.DeadlineExceeded), health.Fail, health.Timeout},
	}
	for _, tt := range tests {
		if r := classify(tt.err); r.Verdict != tt.want || r.Reason != tt.code || r.Text == "" {
			t.Errorf("%s: %+v, want %s %s with a text", tt.name, r, tt.want, tt.code)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	if _, err := New(health.Spec{Name: "x", Target: "gopher://host:70"}); err == nil {
		t.Error("a gopher check was accepted")
	}
}
