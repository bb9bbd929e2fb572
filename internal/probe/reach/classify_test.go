package reach

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

// TestClassify has errors as package net gives them. What the kernel gives to
// this package is in TestWhatTheKernelSays.
func TestClassify(t *testing.T) {
	server := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}
	us := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 43210}
	op := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Source: us, Addr: server, Err: os.NewSyscallError("connect", err)}
	}
	tests := []struct {
		name    string
		err     error
		verdict health.Verdict
		reason  health.Reason
		text    string
	}{
		{"nothing is wrong", nil, health.Pass, "", ""},
		{"refused", op(unix.ECONNREFUSED), health.Fail, health.Refused, "192.0.2.1:80: connection refused"},
		{"reset", op(unix.ECONNRESET), health.Fail, health.Reset, "192.0.2.1:80: connection reset by peer"},
		{"broken pipe", op(unix.EPIPE), health.Fail, health.Reset, "192.0.2.1:80: broken pipe"},
		{"closed in the middle", fmt.Errorf("read head: %w", io.ErrUnexpectedEOF), health.Fail, health.Reset, "read head: unexpected EOF"},
		{"the kernel's patience", op(unix.ETIMEDOUT), health.Fail, health.Timeout, "192.0.2.1:80: connection timed out"},
		{"ours", &net.OpError{Op: "read", Addr: server, Err: os.ErrDeadlineExceeded}, health.Fail, health.Timeout, "192.0.2.1:80: no answer"},
		{"out of time", context.DeadlineExceeded, health.Fail, health.Timeout, "context deadline exceeded"},
		{"unreachable", op(unix.EHOSTUNREACH), health.Fail, health.Unreachable, "192.0.2.1:80: no route to host"},
		{"no route is ours", op(unix.ENETUNREACH), health.Indeterminate, health.LocalNetwork, "192.0.2.1:80: network is unreachable"},
		{"a prohibit route is ours", op(unix.EACCES), health.Indeterminate, health.LocalNetwork, "192.0.2.1:80: permission denied"},
		{"a blackhole route is ours", op(unix.EINVAL), health.Indeterminate, health.LocalNetwork, "192.0.2.1:80: invalid argument"},
		{"our firewall is ours", op(unix.EPERM), health.Indeterminate, health.LocalNetwork, "192.0.2.1:80: operation not permitted"},
		{"no ports is ours", op(unix.EADDRNOTAVAIL), health.Indeterminate, health.LocalPorts, "192.0.2.1:80: cannot assign requested address"},
		{"no descriptors is ours", op(unix.EMFILE), health.Indeterminate, health.LocalFDs, "192.0.2.1:80: too many open files"},
		{"none on the machine is ours", op(unix.ENFILE), health.Indeterminate, health.LocalFDs, "192.0.2.1:80: too many open files in system"},
		{"no memory is ours", op(unix.ENOBUFS), health.Indeterminate, health.LocalOverload, "192.0.2.1:80: no buffer space available"},
		{"no such family is ours", op(unix.EAFNOSUPPORT), health.Indeterminate, health.LocalNetwork, "192.0.2.1:80: address family not supported by protocol"},
		{"an errno of which we know nothing is ours", op(unix.EXDEV), health.Indeterminate, health.LocalNetwork, "192.0.2.1:80: invalid cross-device link"},
		{"we stopped", context.Canceled, health.Indeterminate, health.LocalOverload, "context canceled"},
		{"no such name", &net.DNSError{Err: "no such host", Name: "db", IsNotFound: true}, health.Fail, health.NoSuchName, "lookup db: no such host"},
		{"the resolver is ours", &net.DNSError{Err: "server misbehaving", Name: "db", IsTemporary: true}, health.Indeterminate, health.LocalResolver, "lookup db: server misbehaving"},
		{"its silence too", &net.DNSError{Err: "i/o timeout", Name: "db", IsTimeout: true}, health.Indeterminate, health.LocalResolver, "lookup db: i/o timeout"},
		{"no descriptors, in the text alone", &net.DNSError{Err: "dial udp 127.0.0.1:53: socket: too many open files", Name: "db"}, health.Indeterminate, health.LocalFDs, "lookup db: dial udp 127.0.0.1:53: socket: too many open files"},
		{"[::1]:53 after EMFILE is not the target that refuses", &net.DNSError{Err: "read udp [::1]:9->[::1]:53: read: connection refused", Name: "db", UnwrapErr: syscall.ECONNREFUSED}, health.Indeterminate, health.LocalResolver, "lookup db: read udp [::1]:9->[::1]:53: read: connection refused"},
	}
	for _, tt := range tests {
		verdict, reason, text := Classify(tt.err)
		if verdict != tt.verdict || reason != tt.reason || string(text) != tt.text {
			t.Errorf("%s: %s %s %q, want %s %s %q", tt.name, verdict, reason, text, tt.verdict, tt.reason, tt.text)
		}
	}
}

// TestEveryErrnoHasAReason goes through all that a connect may give.
func TestEveryErrnoHasAReason(t *testing.T) {
	for errno := unix.Errno(1); errno < 134; errno++ {
		for _, at := range []place{outside, inKernel, homeless, atExit, unsent, byPolicy} {
			verdict, reason, text := Classify(&connectError{cause: errno, at: at})
			if reason == "" || text == "" || reason.Local() != (verdict == health.Indeterminate) || at != outside && verdict != health.Indeterminate {
				t.Errorf("%v at %d: %s %s %q", errno, at, verdict, reason, text)
			}
		}
	}
}
