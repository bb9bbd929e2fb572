package discovery

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// A machine is the network of the calling thread's namespace.
type machine struct{}

// interfaces lists the interfaces with a carrier that can multicast and are not
// point-to-point: there is nobody to find on those.
func (machine) interfaces() ([]iface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	addrs, err := addresses()
	if err != nil {
		return nil, err
	}
	var usable []iface
	for _, i := range all {
		const wanted = net.FlagUp | net.FlagRunning
		multicast := i.Flags&net.FlagMulticast != 0 || i.Flags&net.FlagLoopback != 0
		if i.Flags&wanted == wanted && multicast && i.Flags&net.FlagPointToPoint == 0 {
			usable = append(usable, iface{i.Index, i.Name, i.MTU, i.Flags&net.FlagLoopback != 0, addrs[i.Index]})
		}
	}
	return usable, nil
}

// addresses returns the addresses of every interface by its index, in one
// question to the kernel (rtnetlink(7)).
func addresses() (map[int][]netip.Prefix, error) {
	dump, err := syscall.NetlinkRIB(unix.RTM_GETADDR, unix.AF_UNSPEC)
	if err != nil {
		return nil, fmt.Errorf("read addresses: %w", err)
	}
	messages, err := syscall.ParseNetlinkMessage(dump)
	if err != nil {
		return nil, fmt.Errorf("read addresses: %w", err)
	}
	addrs := map[int][]netip.Prefix{}
	for _, m := range messages {
		if m.Header.Type != unix.RTM_NEWADDR || len(m.Data) < unix.SizeofIfAddrmsg {
			continue
		}
		if p, ok := usableAddress(m); ok {
			index := int(binary.NativeEndian.Uint32(m.Data[4:]))
			addrs[index] = append(addrs[index], p)
		}
	}
	for _, prefixes := range addrs { // in an order that tells changes
		slices.SortFunc(prefixes, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	}
	return addrs, nil
}

// usableAddress reads an address, unless it is not yet known to be ours alone,
// or known not to be: nothing can be sent from it (RFC 4862, 5.4).
func usableAddress(m syscall.NetlinkMessage) (netip.Prefix, bool) {
	attributes, err := syscall.ParseNetlinkRouteAttr(&m)
	if err != nil {
		return netip.Prefix{}, false
	}
	bits, flags := int(m.Data[1]), uint32(m.Data[2])
	var local, remote netip.Addr
	for _, a := range attributes {
		switch a.Attr.Type {
		case unix.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(a.Value)
		case unix.IFA_ADDRESS:
			remote, _ = netip.AddrFromSlice(a.Value)
		case unix.IFA_FLAGS:
			flags = binary.NativeEndian.Uint32(a.Value)
		}
	}
	if !local.IsValid() { // IPv6 has none of its own
		local = remote
	}
	p := netip.PrefixFrom(local, bits)
	return p, p.IsValid() && flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) == 0
}
