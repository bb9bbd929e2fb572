package canary

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A way gets some answer out of a host: nil says that one came, an error that
// none did before ctx ended, or why the question could not be sent.
type way struct {
	name string
	ask  func(ctx context.Context, host netip.Addr) error
}

// gatewayWays are those that any router may answer, the cheapest first.
func gatewayWays() []way {
	return []way{{"icmp echo", ping}, {"tcp", connect}, {"udp", datagram}}
}

// resolverWays are those that every resolver answers.
func resolverWays() []way { return []way{{"dns", query}} }

// again is when a question is put again that may have been lost.
const again = 250 * time.Millisecond

var errNoPing = errors.New("ping sockets are not for us (net.ipv4.ping_group_range)")

// ping sends ICMP echoes (RFC 792, RFC 4443) by a socket that the kernel gives
// to whom net.ipv4.ping_group_range lists. It fills in identifier and checksum,
// and hands out only the answers.
func ping(ctx context.Context, host netip.Addr) error {
	family, protocol, kind := unix.AF_INET, unix.IPPROTO_ICMP, byte(8)
	var to unix.Sockaddr
	if host.Is4() {
		to = &unix.SockaddrInet4{Addr: host.As4()}
	} else {
		family, protocol, kind = unix.AF_INET6, unix.IPPROTO_ICMPV6, 128
		to = &unix.SockaddrInet6{Addr: host.As16(), ZoneId: zoneIndex(host)}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if err == unix.EACCES {
		return errNoPing // not to be taken for what a firewall on the way says
	}
	if err != nil {
		return fmt.Errorf("open ping socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), "ping")
	defer f.Close()
	if err := unix.Connect(fd, to); err != nil {
		return fmt.Errorf("connect ping socket: %w", err)
	}
	return exchange(ctx, f, []byte{kind, 0, 0, 0, 0, 0, 0, 1})
}

// tracePort is where traceroute begins: no service has it, and routers know
// what a datagram to it is for.
const tracePort = 33434

// datagram sends to a port that is most likely closed, which ICMP says.
func datagram(ctx context.Context, host netip.Addr) error {
	return send(ctx, host, tracePort, []byte("portreeve"))
}

// query asks a resolver for the name servers of the root, which each has.
func query(ctx context.Context, host netip.Addr) error {
	id := binary.BigEndian.AppendUint16(nil, uint16(time.Now().UnixNano()))
	const (
		flags = "\x01\x00"                         // recursion desired
		count = "\x00\x01\x00\x00\x00\x00\x00\x00" // one question
		root  = "\x00\x00\x02\x00\x01"             // ". IN NS"
	)
	return send(ctx, host, 53, append(id, flags+count+root...))
}

// send sends a datagram. That nobody has the port is an answer too.
func send(ctx context.Context, host netip.Addr, port uint16, packet []byte) error {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", netip.AddrPortFrom(host, port).String())
	if err != nil {
		return err
	}
	defer conn.Close()
	return answered(exchange(ctx, conn, packet))
}

// connect opens a TCP connection, to a port that a gateway's firewall most
// likely lets through. That nobody has the port is an answer too.
func connect(ctx context.Context, host netip.Addr) error {
	d := net.Dialer{KeepAlive: -1}
	conn, err := d.DialContext(ctx, "tcp", netip.AddrPortFrom(host, 53).String())
	if err != nil {
		return answered(err)
	}
	_ = conn.(*net.TCPConn).SetLinger(0) // leave no TIME_WAIT
	return conn.Close()
}

// answered makes the errors that only a host which lives can cause into nil.
func answered(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	return err
}

// A talk is a connected socket of datagrams.
type talk interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	SetReadDeadline(time.Time) error
}

// exchange sends a packet, now and again, until anything comes back.
func exchange(ctx context.Context, with talk, packet []byte) error {
	var answer [512]byte
	for ctx.Err() == nil {
		if _, err := with.Write(packet); err != nil {
			return err
		}
		if err := listen(ctx, with, answer[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
	}
	return ctx.Err()
}

// listen reads once, until it is time to ask again or ctx ends.
func listen(ctx context.Context, with talk, into []byte) error {
	if err := with.SetReadDeadline(time.Now().Add(again)); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = with.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	_, err := with.Read(into)
	return err
}

// zoneIndex returns the link that a link-local address is on.
func zoneIndex(a netip.Addr) uint32 {
	if n, err := strconv.ParseUint(a.Zone(), 10, 32); err == nil {
		return uint32(n)
	}
	if link, err := net.InterfaceByName(a.Zone()); err == nil {
		return uint32(link.Index)
	}
	return 0
}
