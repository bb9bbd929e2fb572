package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// newTCP makes a probe that passes when the target accepts a connection. The
// connection is closed by a reset (SO_LINGER 0), so that neither end keeps a
// TIME_WAIT and local ports do not run out. Resolving and dialling are steps
// of their own, so that each fault keeps its own reason.
func newTCP(_ health.Spec, t health.Target) (health.Probe, error) {
	dialer := &net.Dialer{KeepAlive: -1}
	return func(ctx context.Context) health.Result {
		addrs, err := resolve(ctx, t)
		if err != nil {
			return classify(err)
		}
		for _, a := range addrs {
			var conn net.Conn
			if conn, err = dialer.DialContext(ctx, "tcp", netip.AddrPortFrom(a, t.Port).String()); err == nil {
				hangUp(conn)
				return health.Result{Verdict: health.Pass}
			}
		}
		return classify(err)
	}, nil
}

// resolve returns the target's addresses, at least one.
func resolve(ctx context.Context, t health.Target) ([]netip.Addr, error) {
	if a, ok := t.Addr(); ok {
		return []netip.Addr{a.Addr()}, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", t.Host)
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Err: "no addresses", Name: t.Host, IsNotFound: true}
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, err
}

// hangUp closes with a reset. What it returns does not matter: the answer is in.
func hangUp(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// verdicts says whose fault an error of the kernel's is. What is not listed
// and no timeout is the target's: unreachable.
func verdicts() []struct {
	errno   syscall.Errno
	verdict health.Verdict
	reason  health.Reason
} {
	return []struct {
		errno   syscall.Errno
		verdict health.Verdict
		reason  health.Reason
	}{
		{syscall.ECONNREFUSED, health.Fail, health.Refused},
		{syscall.ECONNRESET, health.Fail, health.Reset},
		{syscall.ETIMEDOUT, health.Fail, health.Timeout},
		{syscall.EHOSTUNREACH, health.Fail, health.Unreachable},
		{syscall.ENETUNREACH, health.Indeterminate, health.LocalNetwork},
		{syscall.EACCES, health.Indeterminate, health.LocalNetwork},
		{syscall.EPERM, health.Indeterminate, health.LocalNetwork},
		{syscall.EINVAL, health.Indeterminate, health.LocalNetwork},
		{syscall.EADDRNOTAVAIL, health.Indeterminate, health.LocalPorts},
		{syscall.EMFILE, health.Indeterminate, health.LocalFDs},
		{syscall.ENFILE, health.Indeterminate, health.LocalFDs},
	}
}

// classify turns an error of resolving or dialling into a result.
func classify(err error) health.Result {
	r := health.Result{Verdict: health.Fail, Reason: health.Unreachable, Text: evidence(err)}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		if dns.IsNotFound {
			r.Reason = health.NoSuchName
			return r
		}
		r.Verdict, r.Reason = health.Indeterminate, health.LocalResolver
		return r
	}
	for _, v := range verdicts() {
		if errors.Is(err, v.errno) {
			r.Verdict, r.Reason = v.verdict, v.reason
			return r
		}
	}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		r.Reason = health.Timeout
	}
	return r
}

// evidence words an error for people: which address answered what, without
// the names of the calls in between.
func evidence(err error) foreign.Text {
	var op *net.OpError
	if !errors.As(err, &op) || op.Addr == nil {
		return foreign.Text(err.Error())
	}
	cause := op.Err
	var call *os.SyscallError
	if errors.As(err, &call) {
		cause = call.Err
	}
	return foreign.Text(op.Addr.String() + ": " + cause.Error())
}
