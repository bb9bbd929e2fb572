package reach

import (
	"fmt"
	"net/netip"
	"slices"
)

// A Policy decides whether an address may be connected to: nil, or an error
// that says why not. It sees literal addresses only, just before the connect,
// so no name, redirect, rebinding or notation gets around it. It must be safe
// for concurrent use.
type Policy func(netip.AddrPort) error

// Configured returns the policy for checks that the machine's own
// administrator wrote down: everything, but for link-local addresses, metadata
// services of clouds, multicast and broadcast, which nobody checks on purpose.
func Configured() Policy {
	forbidden := newForbidden()
	return func(to netip.AddrPort) error {
		_, err := forbidden.judge(to.Addr())
		return err
	}
}

// Within returns the policy for checks that others ask for: addresses within
// the prefixes, but for those that [Configured] forbids too. An address that
// leads to an IPv4 destination in disguise (IPv4-mapped, NAT64, 6to4, Teredo
// and the like) is judged as that destination, and one of which nobody can
// tell where it leads is refused.
func Within(prefixes ...netip.Prefix) Policy {
	forbidden := newForbidden()
	allowed := make([]netip.Prefix, len(prefixes))
	for i, p := range prefixes {
		allowed[i] = unmapped(p)
	}
	return func(to netip.AddrPort) error {
		dest, err := forbidden.judge(to.Addr())
		if err != nil {
			return err
		}
		if dest.others != nil {
			return fmt.Errorf("nobody can tell whether it leads to %s or to %s", dest.addr, dest.others[0])
		}
		if !slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(dest.addr) }) {
			return fmt.Errorf("%s is not among the addresses that may be asked for", dest.addr)
		}
		return nil
	}
}

// unmapped turns a prefix of IPv4-mapped addresses into one of IPv4.
func unmapped(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}
