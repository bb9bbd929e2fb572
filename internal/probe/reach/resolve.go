package reach

import (
	"context"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/portreeve/portreeve/internal/health"
)

// Addresses are where a name leads. They are shared, and not to be modified.
type Addresses struct {
	V4, V6 []netip.Addr
	// Stale is set when the resolver failed, for one family at least, and what
	// it last said is used instead.
	Stale bool
}

// Resolve returns the addresses of a host of the families that are asked for:
// at least one, and one of each for [health.FamilyBoth]. An address that is
// written out costs nothing. A name is looked up in /etc/hosts and then by DNS,
// together with others who want it at the same moment, and not again before
// the answer's time to live is over, or five minutes.
//
// When the resolver refuses, is silent or cannot be reached, the last
// addresses that it gave are used for up to an hour, and it is not waited for
// so long that no time is left for the target. Only that there is no such name
// is a fact, unless that may come from our own lack of descriptors. What the
// error says of the target, [Classify] tells.
func (n *Network) Resolve(ctx context.Context, host string, family health.Family) (Addresses, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return literal(host, a.Unmap(), family)
	}
	if err := askable(host); err != nil {
		return Addresses{}, err
	}
	var v4, v6 answer
	switch family {
	case health.FamilyIPv4:
		v4 = n.names.ask(ctx, name{host, false})
	case health.FamilyIPv6:
		v6 = n.names.ask(ctx, name{host, true})
	default:
		v4, v6 = n.askBoth(ctx, host, family)
	}
	if err := missing(v4, v6, family); err != nil {
		return Addresses{}, err
	}
	return Addresses{V4: v4.addrs, V6: v6.addrs, Stale: v4.stale || v6.stale}, nil
}

// askable returns an error for a name with letters outside of ASCII: package net
// says that there is no such name, but has not asked for it.
func askable(host string) error {
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) {
		return &nameError{host, judgement{health.Indeterminate, health.LocalResolver}, "not looked up: it has letters that DNS does not know"}
	}
	return nil
}

// literal returns a written address, when it is of the family.
func literal(host string, a netip.Addr, family health.Family) (Addresses, error) {
	switch {
	case a.Is4() && family != health.FamilyBoth && family != health.FamilyIPv6:
		return Addresses{V4: []netip.Addr{a}}, nil
	case a.Is6() && family != health.FamilyBoth && family != health.FamilyIPv4:
		return Addresses{V6: []netip.Addr{a}}, nil
	}
	return Addresses{}, noSuchName(host, "an address, and not one of each family that is asked for")
}

// askBoth asks for both families at once.
func (n *Network) askBoth(ctx context.Context, host string, family health.Family) (v4, v6 answer) {
	v4, fresh4 := n.names.recall(name{host, false})
	v6, fresh6 := n.names.recall(name{host, true})
	if fresh4 && fresh6 {
		return v4, v6
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	answers := make(chan answer, 2)
	for _, v6 := range []bool{false, true} {
		go func() { answers <- n.names.ask(ctx, name{host, v6}) }()
	}
	first := <-answers
	if first.err == nil && family != health.FamilyBoth {
		defer time.AfterFunc(n.names.grace(), func() { cancel(context.DeadlineExceeded) }).Stop()
	}
	second := <-answers
	if first.v6 {
		return second, first
	}
	return first, second
}

// missing returns why there are not the addresses that a family demands, nil
// when there are.
func missing(v4, v6 answer, family health.Family) *nameError {
	switch family {
	case health.FamilyIPv4:
		return v4.err
	case health.FamilyIPv6:
		return v6.err
	case health.FamilyBoth:
		if v6.isFact() || v4.err == nil {
			return v6.err
		}
		return v4.err
	}
	switch {
	case v4.err == nil, v6.err == nil:
		return nil
	case v4.isFact() && v6.isFact():
		return noSuchName(v4.host, "no such name")
	case v4.isFact():
		return v6.err // there may be such addresses, and nobody could tell
	}
	return v4.err
}
