package port

import (
	"net/netip"
	"time"
)

// A Proto is a transport protocol.
type Proto string

// The protocols whose sockets are read.
const (
	TCP Proto = "tcp"
	UDP Proto = "udp"
)

// A Family is an address family as a client sees it: an IPv4 client of a
// [::] listener is ipv4.
type Family string

// The address families.
const (
	IPv4 Family = "ipv4"
	IPv6 Family = "ipv6"
)

// FamilyOf returns the family of an address; v4-mapped addresses are IPv4.
func FamilyOf(a netip.Addr) Family {
	if a.Unmap().Is4() {
		return IPv4
	}
	return IPv6
}

// A Socket is one listening socket as the kernel shows it. Its identity is
// (NetNS, Inode), stable for the socket's life.
type Socket struct {
	Proto Proto  `json:"proto"`
	Port  uint16 `json:"port"`
	Bind  Bind   `json:"bind"`
	UID   uint32 `json:"uid"`
	NetNS uint64 `json:"netns"` // inode of the network namespace, or a stand-in where that is hidden; 0 when unknown
	Owner Owner  `json:"owner"`
}

// A Bind is the address that a socket listens on, and what waits there.
type Bind struct {
	Addr      netip.Addr `json:"addr"` // never v4-mapped; no zone
	Family    Family     `json:"family"`
	Scope     Scope      `json:"scope"`
	V6Only    bool       `json:"v6only,omitempty"`    // an IPv6 socket that refuses IPv4 clients
	Interface string     `json:"interface,omitempty"` // set when bound to a device (SO_BINDTODEVICE)
	Inode     uint64     `json:"inode"`
	Queue     Queue      `json:"queue"` // each socket has its own
}

// A Queue is a listening TCP socket's queue of connections that wait for
// accept. The kernel lets it grow one past its limit, so it is full when
// Length > Limit (inet_csk_accept_queue in the kernel's sources: sk_acceptq_is_full).
type Queue struct {
	Known  bool   `json:"known"` // false where the source does not tell limit and drops (/proc/net/tcp)
	Length uint32 `json:"length"`
	Limit  uint32 `json:"limit"`
	Drops  uint32 `json:"drops"` // packets dropped at this socket since it was opened
	Full   bool   `json:"full"`
}

// A Listening is one look at the listening sockets.
type Listening struct {
	At        time.Time     `json:"at"`
	Source    string        `json:"source"` // "netlink" or "procfs"
	Sockets   []Socket      `json:"sockets"`
	Ephemeral Range         `json:"ephemeral"` // ports that the kernel hands to outgoing connections
	NetNS     uint64        `json:"netns"`     // the observer's own network namespace
	Cost      time.Duration `json:"cost"`      // CPU time spent on the sockets of the own namespace, kernel included
	Search    time.Duration `json:"search"`    // CPU time spent on owners and other namespaces, which have budgets of their own
	Degraded  []Degraded    `json:"degraded,omitempty"`
}

// A Range is a range of ports, both ends inclusive. The zero Range is empty.
type Range struct {
	Low  uint16 `json:"low"`
	High uint16 `json:"high"`
}

// Contains reports whether p lies in r.
func (r Range) Contains(p uint16) bool { return r.Low <= p && p <= r.High && r.High != 0 }

// A Degraded says what could not be seen, why, and what would help.
type Degraded struct {
	Code string `json:"code"` // stable: owners, netns, netlink, closures, clients …
	Text string `json:"text"` // what is missing and why
	Hint string `json:"hint,omitempty"`
}

// Uncounted is the code of a Degraded that says that counting went wrong and
// the numbers are old.
const Uncounted = "connections"
