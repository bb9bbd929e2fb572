package canary

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// An Acquaintance is a gateway or a resolver that has answered: its silence
// proves something. It is plain data, for whoever keeps it over a restart.
type Acquaintance struct {
	Role     string     `json:"role"`    // gateway or resolver
	Address  netip.Addr `json:"address"` // a link-local one with the number of its link as zone
	Answered time.Time  `json:"answered"`
	Way      string     `json:"way"` // how: icmp echo, tcp, udp, dns
}

// Acquaintances returns who has answered and whose silence proves something, in
// the order of their addresses.
func (c *Canary) Acquaintances() []Acquaintance {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []Acquaintance
	for _, w := range c.witnesses {
		if w.trusted() {
			all = append(all, Acquaintance{string(w.role), w.address, w.answered.Round(0).UTC(), w.way})
		}
	}
	slices.SortFunc(all, func(a, b Acquaintance) int { return cmp.Or(cmp.Compare(a.Role, b.Role), a.Address.Compare(b.Address)) })
	return all
}

// Recall takes up who answered the process before this one, so that a restart in
// the middle of trouble of our own does not take everybody's silence for their
// own. Call it before the first question. One that answers no more, though others
// do, is forgotten as ever.
func (c *Canary) Recall(all []Acquaintance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range all {
		as := role(a.Role)
		if as != gateway && as != resolver || !a.Address.IsValid() || a.Answered.IsZero() || len(c.witnesses) >= maxWitnesses {
			continue
		}
		id := identity{as, a.Address}
		if c.witnesses[id] == nil {
			c.witnesses[id] = &witness{role: as, address: a.Address, asked: true, answered: a.Answered, way: a.Way}
		}
	}
}
