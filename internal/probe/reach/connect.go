package reach

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

// selfTries is how often to try anew when a socket was connected to itself.
// That happens when nobody listens on a port of this machine's ephemeral range
// and the kernel picks that very port for our end (RFC 9293, section 3.5: both
// ends may open at once).
const selfTries = 3

// connect asks the policy and connects. Errors are *connectError.
func (n *Network) connect(ctx context.Context, addr netip.AddrPort, mode health.Mode) (socket, error) {
	if err := n.policy(addr); err != nil {
		return socket{}, &connectError{addr: addr, cause: err, at: byPolicy}
	}
	addr = netip.AddrPortFrom(here(addr.Addr().Unmap()), addr.Port())
	for range selfTries {
		s, failure := attempt(ctx, addr, mode)
		if failure != nil {
			n.descriptors.note(failure.cause)
			return socket{}, failure
		}
		if s.own != addr {
			return s, nil
		}
		s.close()
	}
	return socket{}, &connectError{addr: addr, cause: unix.ECONNREFUSED} // nobody else was there
}

// attempt makes one socket and connects it.
func attempt(ctx context.Context, addr netip.AddrPort, mode health.Mode) (socket, *connectError) {
	if ctx.Err() != nil {
		return socket{}, ended(ctx, addr)
	}
	s, err := newSocket(addr, mode)
	if err != nil {
		return s, &connectError{addr: addr, cause: err, at: inKernel}
	}
	failure := s.handshake(ctx, addr)
	if failure != nil {
		s.close()
	}
	return s, failure
}

// handshake connects and waits for the answer. On loopback it is mostly there
// before connect returns, though it never says so to a non-blocking socket:
// asking once more is cheaper than waiting.
func (s *socket) handshake(ctx context.Context, addr netip.AddrPort) *connectError {
	switch err := unix.Connect(s.fd, s.to); err {
	case nil, unix.EINPROGRESS, unix.EINTR:
	default:
		return s.refusedHere(addr, err)
	}
	s.own = s.local() // an error would make the kernel forget it
	switch err := s.connected(); err {
	case nil:
		return nil
	case unix.EALREADY, unix.EINTR:
		return s.wait(ctx, addr)
	default:
		return s.refusedThere(addr, err)
	}
}

// wait waits in the runtime's poller for the answer, until ctx ends.
func (s *socket) wait(ctx context.Context, addr netip.AddrPort) *connectError {
	s.file = os.NewFile(uintptr(s.fd), "tcp")
	waiting := *s // for the closures, so that a socket that need not wait stays off the heap
	raw, err := waiting.file.SyscallConn()
	if err == nil {
		deadline, _ := ctx.Deadline()
		err = waiting.file.SetWriteDeadline(deadline)
	}
	if err != nil {
		return &connectError{addr: addr, cause: err, at: inKernel}
	}
	stop := context.AfterFunc(ctx, func() { _ = waiting.file.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	var failure *connectError
	err = raw.Write(func(uintptr) (done bool) {
		done, failure = waiting.look(addr)
		return done
	})
	switch {
	case err == nil:
		return failure
	case errors.Is(err, os.ErrDeadlineExceeded):
		return waiting.outOfTime(ctx, addr)
	}
	return &connectError{addr: addr, cause: err, at: inKernel}
}

// look tells whether the waiting is over, and why.
func (s *socket) look(addr netip.AddrPort) (done bool, failure *connectError) {
	switch err := s.connected(); err {
	case nil:
		return true, nil
	case unix.EALREADY, unix.EINTR:
		failure = s.rejectedHere(addr)
		return failure != nil, failure
	default:
		return true, s.refusedThere(addr, err)
	}
}

// outOfTime looks a last time, for the answer may have come while we did not
// get to run, and then tells why we gave up.
func (s *socket) outOfTime(ctx context.Context, addr netip.AddrPort) *connectError {
	if done, failure := s.look(addr); done {
		return failure
	}
	failure := ended(ctx, addr)
	if failure.at == outside && s.unsent() {
		failure.at = unsent
	}
	return failure
}

// ended is the error when there is no answer and no more time. Who stopped us
// before that learns nothing.
func ended(ctx context.Context, addr netip.AddrPort) *connectError {
	if errors.Is(ctx.Err(), context.Canceled) && !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return &connectError{addr: addr, cause: context.Canceled, at: inKernel}
	}
	return &connectError{addr: addr, cause: context.DeadlineExceeded}
}

// unsent reports whether the kernel itself did not let the packets out: its own
// firewall drops them (NF_DROP in the output hook shows in no error), or a
// queue is full. It counts a packet as on its way again (tcpi_retrans) only
// when the layers below took it (tcp_retransmit_skb in net/ipv4/tcp_output.c),
// the tries (tcpi_total_retrans) always, and the times at which it should have
// tried (tcpi_retransmits) even when it did not, because the packet before
// still waits for the target's address on the link. The first try comes after
// a second, so a shorter silence tells nothing.
func (s *socket) unsent() bool {
	info, err := unix.GetsockoptTCPInfo(s.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	return err == nil && info.Total_retrans > 0 && info.Retrans == 0 && uint32(info.Retransmits) == info.Total_retrans
}
