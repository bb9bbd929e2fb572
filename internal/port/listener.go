package port

import "time"

// A Listener is one row of what listens: everything one service holds on one
// port, IPv4 and IPv6 and SO_REUSEPORT sockets folded together.
type Listener struct {
	ID          string    `json:"id"` // proto/port/hash, stable across restarts of the same service
	Proto       Proto     `json:"proto"`
	Port        uint16    `json:"port"`
	NetNS       uint64    `json:"netns"`
	Foreign     bool      `json:"foreign_netns"` // in another network namespace than the observer's
	Ephemeral   bool      `json:"ephemeral"`     // in the range of outgoing ports
	Binds       []Bind    `json:"binds"`         // one per socket, by address
	Scope       Scope     `json:"scope"`         // the widest of the binds
	Owner       Owner     `json:"owner"`
	Service     Service   `json:"service"`
	FirstSeen   time.Time `json:"first_seen"` // by portreeve; the owner's start may be long before
	Queue       Queue     `json:"queue"`      // the fullest socket's; drops of all
	Connections Traffic   `json:"connections"`
	State       State     `json:"state"`
	Problems    []Problem `json:"problems"`

	last *tenure // see Remember
	from source  // see Memory
}

// A Traffic is a listener's share of the last count of connections.
type Traffic struct {
	Counts
	Counted        bool     `json:"counted"` // false for UDP, in another namespace, or before the first count
	Clients        int      `json:"clients"`
	MaxPerClient   uint32   `json:"max_per_client"`
	LimitPerClient *uint32  `json:"limit_per_client"` // null: none configured
	Top            []Client `json:"top,omitempty"`
}

// Key is what a port is to the kernel: it tells rows of one port apart from
// rows of another.
type Key struct {
	NetNS uint64
	Proto Proto
	Port  uint16
}

// Key returns the port that l listens on.
func (l *Listener) Key() Key { return Key{l.NetNS, l.Proto, l.Port} }
