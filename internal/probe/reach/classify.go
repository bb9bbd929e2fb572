package reach

import (
	"context"
	"errors"
	"io"
	"net"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A judgement is what an error says of the target.
type judgement struct {
	verdict health.Verdict
	reason  health.Reason
}

// Classify tells whose fault an error is: of this package, or of reading and
// writing a connection of its. The text is the evidence for people: which
// address answered what. It does not change while the cause stays the same, so
// it holds no times and no ports of ours. No error at all is a pass.
//
// A fault of our own, and a policy's refusal, is [health.Indeterminate]: the
// target was not asked. A silence is [health.Timeout] and no way to it
// [health.Unreachable], both failures that may still be our own: whoever
// judges asks a canary before believing one (see [health.Reason.Silent]). Of
// what is not listed, an errno is taken for our own and all else for the
// target's.
func Classify(err error) (health.Verdict, health.Reason, foreign.Text) {
	if err == nil {
		return health.Pass, "", ""
	}
	j := judge(err)
	return j.verdict, j.reason, evidence(err)
}

func judge(err error) judgement {
	if failure, ok := errors.AsType[*connectError](err); ok {
		return failure.judge()
	}
	if name, ok := errors.AsType[*nameError](err); ok {
		return name.judgement
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return judgeDNS(dns)
	}
	return judgeCause(err)
}

// judge tells what the place says beside the cause: what ended in this machine
// is never the target's fault, and what came from outside was not our own
// routing table or firewall.
func (e *connectError) judge() judgement {
	j := judgeCause(e.cause)
	switch {
	case e.at == byPolicy:
		return judgement{health.Indeterminate, health.LocalPolicy}
	case e.at == homeless, e.at == atExit, e.at == unsent:
		return judgement{health.Indeterminate, health.LocalNetwork}
	case e.at == inKernel && j.verdict == health.Fail:
		return judgement{health.Indeterminate, health.LocalNetwork}
	case e.at == outside && (errors.Is(e.cause, unix.EACCES) || errors.Is(e.cause, unix.EPERM)):
		// A firewall out there: RFC 4443, section 3.1, codes 1, 5 and 6. The
		// errno is that of a prohibit route of our own.
		return judgement{health.Fail, health.Unreachable}
	}
	return j
}

// judgeCause judges an error by itself.
func judgeCause(err error) judgement {
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return judgeErrno(errno)
	}
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.Canceled):
		return judgement{health.Indeterminate, health.LocalOverload} // we stopped
	case errors.Is(err, context.DeadlineExceeded), ok && timeout.Timeout():
		return judgement{health.Fail, health.Timeout}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return judgement{health.Fail, health.Reset}
	}
	return judgement{health.Fail, health.Unreachable}
}

// judgeErrno is the table. ICMP errors reach us as the errnos of icmp_err_convert
// in net/ipv4/icmp.c and icmpv6_err_convert in net/ipv6/icmp.c.
func judgeErrno(errno unix.Errno) judgement {
	switch errno {
	case unix.ECONNREFUSED: // a reset; ICMP port unreachable
		return judgement{health.Fail, health.Refused}
	case unix.ECONNRESET, unix.ECONNABORTED, unix.EPIPE, unix.ENOTCONN:
		return judgement{health.Fail, health.Reset}
	case unix.ETIMEDOUT, unix.EAGAIN:
		return judgement{health.Fail, health.Timeout}
	case unix.EHOSTUNREACH, unix.EHOSTDOWN, unix.ENONET, unix.ENOPROTOOPT, unix.EOPNOTSUPP, unix.EPROTO: // ICMP only
		return judgement{health.Fail, health.Unreachable}
	case unix.EADDRNOTAVAIL, unix.EADDRINUSE:
		return judgement{health.Indeterminate, health.LocalPorts}
	case unix.EMFILE, unix.ENFILE:
		return judgement{health.Indeterminate, health.LocalFDs}
	case unix.ENOMEM, unix.ENOBUFS, unix.EINTR:
		return judgement{health.Indeterminate, health.LocalOverload}
	}
	// No route (ENETUNREACH, also when a router says so: then our way out is
	// as likely dead as theirs), a prohibit route (EACCES), a blackhole route
	// (EINVAL), our own firewall (EPERM), a link that is down (ENETDOWN), a
	// family that is switched off (EAFNOSUPPORT).
	return judgement{health.Indeterminate, health.LocalNetwork}
}

// judgeDNS judges an error of a resolver other than this package's.
func judgeDNS(err *net.DNSError) judgement {
	switch {
	case starved(err):
		return judgement{health.Indeterminate, health.LocalFDs}
	case err.IsNotFound:
		return judgement{health.Fail, health.NoSuchName}
	}
	return judgement{health.Indeterminate, health.LocalResolver}
}

// evidence words an error for people, without the calls in between and without
// the ports of our end.
func evidence(err error) foreign.Text {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		text := causeText(op.Err)
		if op.Addr != nil {
			text = op.Addr.String() + ": " + text
		}
		return foreign.Text(text)
	}
	return foreign.Text(err.Error())
}

// causeText words what a call ended by.
func causeText(err error) string {
	if errno, ok := errors.AsType[unix.Errno](err); ok {
		return errno.Error()
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return "no answer"
	}
	return err.Error()
}
