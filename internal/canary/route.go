package canary

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// A path is how packets leave this machine: the link, and the gateway on it.
type path struct {
	link    int        // its index
	gateway netip.Addr // the zero Addr: the other end is on the link itself
}

func (p path) String() string {
	if !p.gateway.IsValid() {
		return fmt.Sprintf("link %d", p.link)
	}
	return fmt.Sprintf("link %d via %s", p.link, p.gateway)
}

// A route is what the kernel would do with a packet.
type route struct {
	path
	ours bool // the address is this machine's own
}

// route asks the kernel how it would reach an address. No packet is sent. The
// error is a unix.Errno when there is no way.
func (r *rtnetlink) route(to netip.Addr) (found route, err error) {
	err = r.ask(unix.RTM_GETROUTE, 0, routeRequest(to), func(payload []byte) error {
		found, err = parseRoute(payload)
		return err
	})
	return found, err
}

// routeRequest is a struct rtmsg and its attributes.
func routeRequest(to netip.Addr) []byte {
	fam, raw := family(to.Unmap().WithZone(""))
	b := make([]byte, unix.SizeofRtMsg)
	b[0], b[1] = fam, uint8(len(raw)*8)
	b = appendAttribute(b, unix.RTA_DST, raw)
	if zone := zoneIndex(to); zone != 0 {
		b = appendAttribute(b, unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, zone))
	}
	return b
}

// parseRoute reads a struct rtmsg and the attributes behind it. A gateway of
// the other family (RTA_VIA, RFC 5549) is one like any.
func parseRoute(b []byte) (route, error) {
	if len(b) < unix.SizeofRtMsg {
		return route{}, errShortMessage
	}
	r := route{ours: b[7] == unix.RTN_LOCAL}
	for kind, value := range attributes(b[unix.SizeofRtMsg:]) {
		switch kind {
		case unix.RTA_OIF:
			r.link = int(number(value))
		case unix.RTA_GATEWAY:
			r.gateway = address(value)
		case unix.RTA_VIA: // struct rtvia: a family of two bytes, then the address
			if len(value) > 2 {
				r.gateway = address(value[2:])
			}
		}
	}
	return r, nil
}
