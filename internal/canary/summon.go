package canary

import (
	"net/netip"
	"slices"
	"strconv"
)

// maxWitnesses bounds how many are remembered.
const maxWitnesses = 64

// summon adds those who can tell something of the path: its gateway, or any on
// its link; and the resolvers that are reached by it.
func (c *Canary) summon(g *gaze) {
	gateways := []path{g.path}
	if !g.path.gateway.IsValid() {
		gateways = c.defaults()
	}
	for _, p := range gateways {
		if p.link == g.path.link && p.gateway.IsValid() {
			c.call(g, gateway, p.gateway, p)
		}
	}
	for _, a := range resolvers(c.resolvConfs...) {
		r, err := c.net.route(a)
		switch {
		case err != nil || r.ours || r.link != g.path.link:
		case !g.path.gateway.IsValid():
			c.call(g, resolver, a, r.path)
		case r.path == g.path, a.WithZone("") == g.path.gateway:
			c.call(g, resolver, a, r.path)
		}
	}
}

// call adds one witness to a look. It serves a path as its gateway, or is
// reached by it.
func (c *Canary) call(g *gaze, as role, a netip.Addr, serves path) {
	beyond := as == resolver && serves.gateway.IsValid()
	if a.IsLinkLocalUnicast() && a.Is6() {
		a = a.WithZone(strconv.Itoa(g.path.link))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := identity{as, a}
	w := c.witnesses[id]
	if w == nil {
		if len(c.witnesses) >= maxWitnesses {
			clear(c.witnesses)
		}
		w = &witness{role: as, address: a}
		c.witnesses[id] = w
	}
	g.asked = append(g.asked, question{witness: *w, serves: serves, near: !beyond})
	g.witnesses = append(g.witnesses, sighting{role: as, address: a, beyond: beyond, trusted: w.answered})
}

// The route to a root of the Internet's names is the default route, where there
// is one. The kernel is asked for it, nothing is sent there.
func roots() []netip.Addr {
	return []netip.Addr{netip.MustParseAddr("198.41.0.4"), netip.MustParseAddr("2001:503:ba3e::2:30")}
}

// defaults returns the default paths of both families.
func (c *Canary) defaults() []path { return c.pathsTo(roots()) }

// pathsTo returns the paths by which addresses are reached, each once.
func (c *Canary) pathsTo(addresses []netip.Addr) []path {
	var all []path
	for _, a := range addresses {
		if r, err := c.net.route(a); err == nil && !r.ours && !slices.Contains(all, r.path) {
			all = append(all, r.path)
		}
	}
	return all
}

// known returns the paths worth knowing about: those to everywhere, to the
// resolvers, and those that were asked about.
func (c *Canary) known() []path {
	all := c.pathsTo(append(roots(), resolvers(c.resolvConfs...)...))
	c.mu.Lock()
	defer c.mu.Unlock()
	for p := range c.paths {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}
