package canary

import (
	"encoding/binary"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// A neighbour is an entry of the kernel's table of who is on a link
// (linux/neighbour.h).
type neighbour struct {
	address netip.Addr // without a zone
	state   uint16     // NUD_…
	// confirmed is how long ago the neighbour was last known to hear us: it
	// answered the kernel, or a connection through it moved on.
	confirmed time.Duration
}

// settled reports that the kernel is content with what it knows of the
// neighbour. It is not while it asks for it: before the first answer, after the
// last, and when it looks whether the neighbour is still there (NUD_PROBE),
// which one that lives answers at once. What does no neighbour discovery is
// always settled.
func (n *neighbour) settled() bool {
	return n.state&(unix.NUD_INCOMPLETE|unix.NUD_FAILED|unix.NUD_PROBE) == 0
}

// heard reports that the neighbour was heard at all since a moment.
func (n *neighbour) heard(now, since time.Time) bool {
	const speaks = unix.NUD_REACHABLE | unix.NUD_STALE | unix.NUD_DELAY | unix.NUD_PROBE
	return n.state&speaks != 0 && now.Add(-n.confirmed).After(since.Add(clockTick))
}

// neighbours asks for those on one link, of both families.
func (r *rtnetlink) neighbours(link int) (all []neighbour, err error) {
	body := make([]byte, unix.SizeofNdMsg)
	body = appendAttribute(body, unix.NDA_IFINDEX, binary.NativeEndian.AppendUint32(nil, uint32(link)))
	err = r.ask(unix.RTM_GETNEIGH, unix.NLM_F_DUMP, body, func(payload []byte) error {
		n, on, err := parseNeighbour(payload)
		if on == link { // older kernels send all
			all = append(all, n)
		}
		return err
	})
	return all, err
}

// parseNeighbour reads a struct ndmsg and the attributes behind it, and on
// which link the neighbour is.
func parseNeighbour(b []byte) (n neighbour, on int, err error) {
	if len(b) < unix.SizeofNdMsg {
		return neighbour{}, 0, errShortMessage
	}
	on = int(int32(binary.NativeEndian.Uint32(b[4:])))
	n = neighbour{state: binary.NativeEndian.Uint16(b[8:]), confirmed: unconfirmed}
	for kind, value := range attributes(b[unix.SizeofNdMsg:]) {
		switch {
		case kind == unix.NDA_DST:
			n.address = address(value)
		case kind == unix.NDA_CACHEINFO && len(value) >= 4: // struct nda_cacheinfo: ndm_confirmed comes first
			n.confirmed = time.Duration(binary.NativeEndian.Uint32(value)) * clockTick
		}
	}
	return n, on, nil
}

const (
	// clockTick is the unit of times in tables of the kernel (USER_HZ).
	clockTick = 10 * time.Millisecond
	// unconfirmed stands for a neighbour of which the kernel does not say.
	unconfirmed = 1 << 62
)
