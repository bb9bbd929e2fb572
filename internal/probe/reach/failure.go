package reach

import (
	"context"
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"
)

// A connectError is why an address was not connected to.
type connectError struct {
	addr  netip.AddrPort
	cause error // an errno, a policy's refusal, or the end of the context
	at    place

	by     netip.Addr // who sent the ICMP error that is the cause, when it was not the target
	nobody bool       // it says that nobody of the target's address is on the link
}

// A place is where an attempt to connect ended. Only what ended outside says
// anything about the target.
type place int

const (
	outside  place = iota // an answer, or silence
	byPolicy              // forbidden
	inKernel              // the kernel did not even begin
	homeless              // nor could it: there is no address to ask from
	atExit                // this machine rejected the packet on its way out
	unsent                // this machine did not let the packet out
)

// Error says which address answered what.
func (e *connectError) Error() string { return e.addr.String() + ": " + e.says() }

// Unwrap returns the cause.
func (e *connectError) Unwrap() error { return e.cause }

func (e *connectError) says() string {
	switch cause := e.cause.Error(); {
	case e.at == byPolicy:
		return "not asked: " + cause
	case e.at == homeless:
		return cause + ": this machine has no address to ask from"
	case e.at == atExit:
		return cause + ": rejected on the way out by this machine itself"
	case e.at == unsent:
		return "no answer: this machine did not let the packets out"
	case errors.Is(e.cause, context.Canceled):
		return "given up before the answer came"
	case errors.Is(e.cause, context.DeadlineExceeded):
		return "no answer"
	case e.by.IsValid():
		return cause + ", says " + e.by.String()
	case e.nobody:
		return cause + ": nobody of that address on the link"
	default:
		return cause
	}
}

// refusedHere is the error when the kernel did not even begin.
func (s *socket) refusedHere(addr netip.AddrPort, cause error) *connectError {
	if cause == unix.EADDRNOTAVAIL && isHomeless(addr) {
		return &connectError{addr: addr, cause: cause, at: homeless}
	}
	return &connectError{addr: addr, cause: cause, at: inKernel}
}

// refusedThere is the error when the answer was that there is no connection to
// be had.
func (s *socket) refusedThere(addr netip.AddrPort, cause error) *connectError {
	failure := &connectError{addr: addr, cause: cause}
	if p, ok := s.protest(); ok {
		s.blame(failure, p)
	}
	return failure
}

// rejectedHere is the error when this machine itself rejected the packet on its
// way out, nil when it did not. The kernel takes no notice of that while it is
// still in connect, and would have us wait for a second.
func (s *socket) rejectedHere(addr netip.AddrPort) *connectError {
	p, ok := s.protest()
	if !ok {
		return nil
	}
	failure := &connectError{addr: addr, cause: p.errno}
	if s.blame(failure, p); failure.at != atExit {
		return nil
	}
	return failure
}

// blame notes who sent an ICMP error. When that was this machine about another,
// nobody out there was asked; unless it looked for the target on the link, and
// found nobody.
func (s *socket) blame(failure *connectError, p protest) {
	failure.nobody = p.nobody
	if p.by == failure.addr.Addr() {
		return
	}
	switch {
	case p.by != s.own.Addr():
		failure.by = p.by
	case !p.nobody:
		failure.at = atExit
	}
}

// isHomeless reports whether this machine lacks an address to ask from, as when
// IPv6 is switched off. The kernel says the same when it lacks a free port; a
// UDP socket, whose ports are others, tells them apart.
func isHomeless(addr netip.AddrPort) bool {
	family, to := sockaddr(addr)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Connect(fd, to) == unix.EADDRNOTAVAIL
}
