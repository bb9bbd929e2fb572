package sockdiag

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrMissed is returned when the kernel had to drop notices because they were
// not received in time: any socket may be gone.
var ErrMissed = errors.New("notices of destroyed sockets were lost")

// destroyGroups are the multicast groups of SKNLGRP_INET{,6}_{TCP,UDP}_DESTROY.
// Everybody may join them (NL_CFG_F_NONROOT_RECV in net/core/sock_diag.c).
const destroyGroups = 1<<(unix.SKNLGRP_INET_TCP_DESTROY-1) |
	1<<(unix.SKNLGRP_INET_UDP_DESTROY-1) |
	1<<(unix.SKNLGRP_INET6_TCP_DESTROY-1) |
	1<<(unix.SKNLGRP_INET6_UDP_DESTROY-1)

// A Subscription receives a notice for every destroyed socket that had a local
// port and never a peer: listening TCP sockets, unconnected UDP sockets, and
// TCP sockets that were bound and no more.
type Subscription struct {
	file *os.File
	conn syscall.RawConn
	// A notice holds a struct tcp_info beside the message: 400 bytes so far.
	notice [4096]byte
	socket Socket
}

// Subscribe opens a Subscription to the network namespace of the calling
// thread. The kernel does extra work for each socket it destroys while there
// is one.
func Subscribe() (*Subscription, error) {
	flags := unix.SOCK_RAW | unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	fd, err := unix.Socket(unix.AF_NETLINK, flags, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, fmt.Errorf("open netlink socket: %w", err)
	}
	if err := subscribe(fd); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("subscribe to destroyed sockets: %w", err)
	}
	s := &Subscription{file: os.NewFile(uintptr(fd), "sock_diag notices")}
	if s.conn, err = s.file.SyscallConn(); err != nil {
		s.file.Close()
		return nil, err
	}
	return s, nil
}

// subscribe joins the groups behind a filter that runs in the kernel, so that
// the end of a connection never wakes us.
func subscribe(fd int) error {
	filter := listenersOnly()
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program); err != nil {
		return err
	}
	return unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: destroyGroups})
}

// listenersOnly returns the classic BPF program that lets a notice pass when
// its socket has a local port and never had a peer. A remote port of zero is
// not enough: a connection that is reset on close, or refused, loses its
// remote port before it is destroyed (tcp_disconnect in net/ipv4/tcp.c), but
// keeps the remote address.
func listenersOnly() []unix.SockFilter {
	const (
		localPort  = headerSize + 4
		remotePort = headerSize + 6
		remote     = headerSize + 24
		half       = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS
		word       = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal      = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		end        = unix.BPF_RET | unix.BPF_K
	)
	return []unix.SockFilter{
		{Code: half, K: localPort},
		{Code: equal, K: 0, Jt: 11},
		{Code: half, K: remotePort},
		{Code: equal, K: 0, Jf: 9},
		{Code: word, K: remote},
		{Code: equal, K: 0, Jf: 7},
		{Code: word, K: remote + 4},
		{Code: equal, K: 0, Jf: 5},
		{Code: word, K: remote + 8},
		{Code: equal, K: 0, Jf: 3},
		{Code: word, K: remote + 12},
		{Code: equal, K: 0, Jf: 1},
		{Code: end, K: 0xffffffff},
		{Code: end, K: 0},
	}
}

// Receive waits for notices and shows visit all that are there. It returns
// [ErrMissed] when some were lost, the context's error when that ends first,
// and [os.ErrClosed] after Close. It serves one goroutine at a time.
func (s *Subscription) Receive(ctx context.Context, visit func(*Socket)) error {
	stop := context.AfterFunc(ctx, func() { s.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		err := s.wait(visit)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		// It may have been the context of an earlier call that ended. Clear
		// the deadline first and look afterwards, or ours could end unseen.
		if err := s.file.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func (s *Subscription) wait(visit func(*Socket)) error {
	var failure error
	err := s.conn.Read(func(fd uintptr) (done bool) {
		done, failure = s.drain(int(fd), visit)
		return done
	})
	switch {
	case err == nil:
		return failure
	case errors.Is(err, os.ErrDeadlineExceeded):
		return err
	}
	return os.ErrClosed // the one other reason not to get to drain
}

// drain reads until nothing is there and reports whether anything was.
func (s *Subscription) drain(fd int, visit func(*Socket)) (done bool, err error) {
	for {
		n, err := unix.Read(fd, s.notice[:])
		switch err {
		case nil:
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return done, nil
		case unix.ENOBUFS:
			return true, ErrMissed
		default:
			return true, fmt.Errorf("receive notice: %w", err)
		}
		if err := s.show(s.notice[:n], visit); err != nil {
			return true, err
		}
		done = true
	}
}

func (s *Subscription) show(b []byte, visit func(*Socket)) error {
	for len(b) > 0 {
		m, rest, err := nextMessage(b)
		if err != nil {
			return fmt.Errorf("read notice: %w", err)
		}
		if b = rest; m.kind != unix.SOCK_DIAG_BY_FAMILY {
			continue
		}
		if err := s.socket.parse(m.payload); err != nil {
			return fmt.Errorf("read notice: %w", err)
		}
		visit(&s.socket)
	}
	return nil
}

// Pause leaves the groups: no notice comes, and the kernel prepares none.
// Resume joins them again. Both may be called while Receive waits.
func (s *Subscription) Pause() error { return s.member(unix.NETLINK_DROP_MEMBERSHIP) }

// Resume undoes Pause.
func (s *Subscription) Resume() error { return s.member(unix.NETLINK_ADD_MEMBERSHIP) }

func (s *Subscription) member(option int) error {
	var failures []error
	err := s.conn.Control(func(fd uintptr) {
		for group := 1; destroyGroups>>(group-1) != 0; group++ {
			if destroyGroups&(1<<(group-1)) != 0 {
				failures = append(failures, unix.SetsockoptInt(int(fd), unix.SOL_NETLINK, option, group))
			}
		}
	})
	return errors.Join(append(failures, err)...)
}

// Close ends the subscription; a Receive that waits returns.
func (s *Subscription) Close() error { return s.file.Close() }
