package reach

import (
	"bytes"
	"net/netip"
)

// A destination is where an address leads: mostly to itself.
type destination struct {
	addr   netip.Addr
	others []netip.Addr // where it may lead just as well, when nobody can tell
}

// follow returns where an address leads in the end. The unspecified address
// means this machine to Linux, and several kinds of IPv6 addresses hold the
// IPv4 address that a gateway or a tunnel makes of them.
func follow(a netip.Addr) destination {
	a = a.Unmap() // IPv4-mapped: RFC 4291, section 2.5.5.2
	if a.Is6() {
		if hidden, others, ok := embedded(a.As16()); ok {
			return destination{here(hidden), others}
		}
	}
	return destination{addr: here(a)}
}

// here turns the unspecified address into what Linux connects to instead:
// ip_route_output_key and ip6_dst_lookup take it for loopback.
func here(a netip.Addr) netip.Addr {
	switch {
	case !a.IsUnspecified():
		return a
	case a.Is4():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

// embedded finds the IPv4 address in an IPv6 address.
func embedded(b [16]byte) (a netip.Addr, others []netip.Addr, ok bool) {
	begins := func(prefix ...byte) bool { return bytes.HasPrefix(b[:], prefix) }
	at := func(i, j, k, l int) netip.Addr { return netip.AddrFrom4([4]byte{b[i], b[j], b[k], b[l]}) }
	last := at(12, 13, 14, 15)
	switch {
	case begins(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0): // IPv4-compatible: RFC 4291, section 2.5.5.1
		return last, nil, b[12]|b[13]|b[14] != 0 || b[15] > 1 // but for :: and ::1
	case begins(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0): // IPv4-translated: RFC 2765, section 2.1
		return last, nil, true
	case begins(0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0): // NAT64: RFC 6052, section 2.1
		return last, nil, true
	case begins(0, 0x64, 0xff, 0x9b, 0, 1):
		// NAT64 for local use: RFC 8215. Its prefix has one of four lengths (RFC
		// 6052, section 2.2), and only its gateway knows which.
		return last, []netip.Addr{at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12)}, true
	case begins(0x20, 0x02): // 6to4: RFC 3056, section 2
		return at(2, 3, 4, 5), nil, true
	case begins(0x20, 0x01, 0, 0): // Teredo: RFC 4380, section 4
		return netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}), nil, true
	case b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe: // ISATAP: RFC 5214, section 6.1
		return last, nil, true
	}
	return netip.Addr{}, nil, false
}
