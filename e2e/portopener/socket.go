package main

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// control sets the socket options that must stand before bind.
func control(o Options) func(network, address string, c syscall.RawConn) error {
	if !o.ReusePort {
		return nil
	}
	return func(_, _ string, c syscall.RawConn) error {
		return onSocket(c, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
	}
}

// limitBacklog calls listen(2) once more: on a socket that listens already,
// Linux only takes the new limit (inet_listen in net/ipv4/af_inet.c).
func limitBacklog(l *net.TCPListener, backlog int) error {
	c, err := l.SyscallConn()
	if err != nil {
		return err
	}
	return onSocket(c, func(fd int) error { return unix.Listen(fd, backlog) })
}

func onSocket(c syscall.RawConn, f func(fd int) error) error {
	var err error
	if controlErr := c.Control(func(fd uintptr) { err = f(int(fd)) }); controlErr != nil {
		return controlErr
	}
	return err
}

// shareSourcePorts puts the choice of the source port off from bind to
// connect, so that two clients may share one when their servers differ
// (IP_BIND_ADDRESS_NO_PORT, ip(7)).
func shareSourcePorts(_, _ string, c syscall.RawConn) error {
	return onSocket(c, func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
}
