package canary

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Report tells what this machine knows of its own link.
type Report struct {
	Links     []LinkReport    `json:"links"`     // all but loopback
	Witnesses []WitnessReport `json:"witnesses"` // gateways first, then resolvers
}

// A LinkReport is one network interface.
type LinkReport struct {
	Name    foreign.Text `json:"name"`
	OK      bool         `json:"ok"`
	Trouble string       `json:"trouble,omitempty"` // as "has lost its carrier"
}

// A Standing says how much a witness's silence would prove.
type Standing string

// The standings.
const (
	Answers Standing = "answers"
	Silent  Standing = "silent"         // it did answer before
	Mute    Standing = "never_answered" // so its silence proves nothing
)

// A WitnessReport is a gateway or a resolver.
type WitnessReport struct {
	Role     string       `json:"role"` // gateway or resolver
	Address  netip.Addr   `json:"address"`
	Link     foreign.Text `json:"link"`
	Standing Standing     `json:"standing"`
	Answered time.Time    `json:"answered,omitzero"` // last
	Way      string       `json:"way,omitempty"`     // how: icmp echo, tcp, udp, dns
}

// Report asks all gateways and resolvers that are known, a second at most for
// each path, and tells how everything is.
func (c *Canary) Report(ctx context.Context) (Report, error) {
	links, err := c.net.links()
	if err != nil {
		return Report{}, err
	}
	var r Report
	for _, l := range links {
		if !l.loopback {
			trouble := l.trouble()
			r.Links = append(r.Links, LinkReport{Name: l.name, OK: trouble == "", Trouble: trouble})
		}
	}
	for _, l := range c.learn(ctx) {
		r.add(l, c.witness)
	}
	slices.SortStableFunc(r.Witnesses, func(a, b WitnessReport) int { return cmp.Compare(a.Role, b.Role) })
	return r, ctx.Err()
}

// witness returns what is remembered of one.
func (c *Canary) witness(as role, a netip.Addr) witness {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.witnesses[identity{as, a}]; w != nil {
		return *w
	}
	return witness{}
}

// add adds the witnesses of a look that are not there yet.
func (r *Report) add(l *look, remembered func(role, netip.Addr) witness) {
	for _, s := range l.witnesses {
		w := remembered(s.role, s.address)
		one := WitnessReport{Role: string(s.role), Address: s.address.WithZone(""), Link: l.link, Standing: Mute, Answered: w.answered, Way: w.way}
		switch {
		case s.alive && w.trusted():
			one.Standing = Answers
		case w.trusted():
			one.Standing = Silent
		}
		if !slices.ContainsFunc(r.Witnesses, func(o WitnessReport) bool {
			return o.Role == one.Role && o.Address == one.Address && o.Link == one.Link
		}) {
			r.Witnesses = append(r.Witnesses, one)
		}
	}
}
