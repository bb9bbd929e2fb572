package registry

import (
	"fmt"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/registration"
)

const (
	maxRegistrations = 10_000
	// maxPerKey is how many checks one token, one IPv4 address or one IPv6 /64 may
	// sign up.
	maxPerKey = 64
	// maxPerSite is how many one IPv6 /48 may, or all places would be gone within
	// seconds to who commands one.
	maxPerSite = 1024
)

// A roll is everything that is registered, with all that must be known of it at
// once, however much there is. What it points to is never changed. It is not safe
// for concurrent use.
type roll struct {
	names   map[string]*registration.Registration
	secrets map[auth.Hash]string         // names, by what is kept of their owners' tokens
	held    map[registration.Key]int     // how many each has
	loads   map[string]registration.Load // by whom is asked
}

func newRoll() *roll {
	return &roll{
		names: map[string]*registration.Registration{}, secrets: map[auth.Hash]string{},
		held: map[registration.Key]int{}, loads: map[string]registration.Load{},
	}
}

// put takes a registration instead of the one of its name before.
func (l *roll) put(r *registration.Registration) {
	name := r.Spec.Name
	l.drop(name)
	l.names[name] = r
	l.count(r.Key(), 1)
	if r.Hash != (auth.Hash{}) {
		l.secrets[r.Hash] = name
	}
	if site := registration.Site(&r.Spec); site != "" {
		l.loads[site] += registration.LoadOf(&r.Spec)
	}
}

// drop forgets the registration of a name.
func (l *roll) drop(name string) {
	r, ok := l.names[name]
	if !ok {
		return
	}
	delete(l.names, name)
	if l.secrets[r.Hash] == name {
		delete(l.secrets, r.Hash)
	}
	l.count(r.Key(), -1)
	site := registration.Site(&r.Spec)
	if l.loads[site] -= registration.LoadOf(&r.Spec); l.loads[site] <= 0 {
		delete(l.loads, site)
	}
}

// count takes one more, or one less, against a key and the site that it is of.
func (l *roll) count(key registration.Key, n int) {
	keys := []registration.Key{key}
	if site := key.Site(); site != key {
		keys = append(keys, site)
	}
	for _, k := range keys {
		if l.held[k] += n; l.held[k] <= 0 {
			delete(l.held, k)
		}
	}
}

// room returns nil when there is place for one more that counts against a key,
// or for the one that is held already and comes to it.
func (l *roll) room(key registration.Key, held *registration.Registration) *registration.Refusal {
	switch {
	case held == nil && len(l.names) >= maxRegistrations:
		return &registration.Refusal{Because: registration.Full, Detail: fmt.Sprintf("%d checks are signed up, and there may be no more.", maxRegistrations), Hint: "Remove what nobody needs any more."}
	case l.held[key] >= maxPerKey && (held == nil || held.Key() != key):
		return &registration.Refusal{Because: registration.Full, Detail: fmt.Sprintf("%d checks are signed up from where you are, and there may be no more.", maxPerKey), Hint: "Remove what nobody needs any more, or use a token: each counts for itself."}
	}
	if site := key.Site(); site != key && l.held[site] >= maxPerSite && (held == nil || held.Key().Site() != site) {
		return &registration.Refusal{Because: registration.Full, Detail: fmt.Sprintf("%d checks are signed up from the IPv6 /48 that you are in, and there may be no more.", maxPerSite), Hint: "Remove what nobody needs any more, or use a token: each counts for itself."}
	}
	return nil
}

// load returns how often whom a registration asks is asked by others.
func (l *roll) load(r *registration.Registration) registration.Load {
	site := registration.Site(&r.Spec)
	load := l.loads[site]
	if held := l.names[r.Spec.Name]; held != nil && registration.Site(&held.Spec) == site {
		load -= registration.LoadOf(&held.Spec)
	}
	return load
}
