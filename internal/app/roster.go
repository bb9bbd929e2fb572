package app

import (
	"context"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/probe"
	"github.com/portreeve/portreeve/internal/registration"
	"github.com/portreeve/portreeve/internal/registry"
	"github.com/portreeve/portreeve/internal/watch"
)

// forgetting is how long the journal may take to forget.
const forgetting = 2 * time.Second

// A roster has the checks asked that apps sign up, beside those of the
// configuration, which win a clash of names. It is safe for concurrent use.
type roster struct {
	asker     *asker
	checks    *watch.Checks
	state     func(name string) *health.State
	log       *slog.Logger
	beats     *heartbeat.Book
	mailboxes *mailboxes

	changing sync.Mutex // held while it is said who is asked, before mu

	mu         sync.Mutex
	allow      []netip.Prefix
	configured map[string]bool
	routes     map[string]bool
	entered    map[string]watch.Check // by name, also those that the configuration hides

	ownNetworks []netip.Prefix // this machine's own addresses
	ownAt       time.Time      // when they were asked for
}

var _ registry.Roster = (*roster)(nil)

// configure takes what the configuration says of names, routes and networks.
func (r *roster) configure(c *config.Config) {
	configured, routes := map[string]bool{}, map[string]bool{}
	for _, spec := range c.Checks {
		configured[spec.Name] = true
	}
	for _, a := range c.Alerts {
		routes[a.Name] = true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.allow, r.configured, r.routes = c.Registration.Allow, configured, routes
}

// set has the configuration's checks asked, and those of apps that it leaves room
// for.
func (r *roster) set(c *config.Config, configured []watch.Check) {
	r.changing.Lock()
	defer r.changing.Unlock()
	r.configure(c)
	r.checks.Set(append(slices.Clone(configured), r.unhidden()...))
}

// unhidden returns the checks of apps whose names the configuration leaves free.
func (r *roster) unhidden() []watch.Check {
	r.mu.Lock()
	defer r.mu.Unlock()
	var free []watch.Check
	for _, name := range slices.Sorted(maps.Keys(r.entered)) {
		if !r.configured[name] {
			free = append(free, r.entered[name])
		}
	}
	return free
}

// Judge implements [registry.Roster].
func (r *roster) Judge(reg registration.Registration) []health.FieldError {
	spec := reg.Spec
	_, wrong := newCheck(&spec, r.world(reg))
	wrong = append(wrong, r.judgeTarget(reg)...)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range spec.Alerts {
		if !r.routes[name] {
			wrong = append(wrong, health.FieldError{Field: "alerts", Reason: "there is no route " + foreign.Text(name).Clip(63), Hint: r.routesHint()})
		}
	}
	if reg.Email != "" && !r.mailboxes.room(reg) {
		wrong = append(wrong, health.FieldError{Field: "email", Reason: "too many different addresses are mailed already", Hint: "use one that is mailed already, or leave it out"})
	}
	return wrong
}

// routesHint lists the routes that there are. r.mu is held.
func (r *roster) routesHint() string {
	if len(r.routes) == 0 {
		return "leave it out: no routes are configured here"
	}
	return "one of " + strings.Join(slices.Sorted(maps.Keys(r.routes)), ", ")
}

// judgeTarget tells whether a target that is written as an address may be asked.
// Where a name leads is seen when it is asked.
func (r *roster) judgeTarget(reg registration.Registration) []health.FieldError {
	target, err := health.ParseTarget(reg.Spec.Target)
	addr, literal := target.Addr()
	if err != nil || !literal {
		return nil // which somebody else tells
	}
	if err := r.asker.permits(r.networks(reg), addr); err != nil {
		return []health.FieldError{{
			Field: "target", Reason: err.Error(), Hint: "an app may have its own address asked, and those of registration.allow",
		}}
	}
	return nil
}

// world is what a registered check may use: it reaches what the app itself does,
// and what is open to all apps.
func (r *roster) world(reg registration.Registration) probe.Env {
	return r.asker.lasting(r.networks(reg))
}

// networks returns the addresses that a registered check may reach.
func (r *roster) networks(reg registration.Registration) []netip.Prefix {
	r.mu.Lock()
	networks := slices.Clone(r.allow)
	r.mu.Unlock()
	if networks == nil {
		networks = []netip.Prefix{}
	}
	addr := reg.Addr.Unmap()
	if !addr.IsValid() {
		return networks
	}
	own := r.own()
	if slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return append(networks, own...)
	}
	return append(networks, netip.PrefixFrom(addr, addr.BitLen()))
}

// own returns this machine's own addresses, as they were a moment ago: thousands
// of registrations are entered together.
func (r *roster) own() []netip.Prefix {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); r.ownAt.IsZero() || now.Sub(r.ownAt) > time.Second {
		r.ownNetworks, r.ownAt = ownNetworks(), now
	}
	return r.ownNetworks
}

// ownNetworks returns this machine's own addresses.
func ownNetworks() []netip.Prefix {
	own := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	addrs, _ := net.InterfaceAddrs() // the loopback ones will do
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
		}
	}
	return own
}

// Enter implements [registry.Roster].
func (r *roster) Enter(reg registration.Registration) error {
	spec := reg.Spec
	if reg.Email != "" {
		spec.Alerts = append(slices.Clone(spec.Alerts), mailboxRoute(reg.Email))
	}
	check, wrong := newCheck(&spec, r.world(reg))
	if wrong != nil {
		return specError{spec.Name, wrong[0]}
	}
	r.mailboxes.put(spec.Name, reg.Email)
	r.changing.Lock()
	defer r.changing.Unlock()
	r.mu.Lock()
	r.entered[spec.Name] = check
	r.mu.Unlock()
	if !r.Configured(spec.Name) {
		r.checks.Add(check)
	}
	return nil
}

// Leave implements [registry.Roster].
func (r *roster) Leave(name string) {
	r.mailboxes.put(name, "")
	r.changing.Lock()
	defer r.changing.Unlock()
	r.mu.Lock()
	check, entered := r.entered[name]
	delete(r.entered, name)
	r.mu.Unlock()
	if r.Configured(name) {
		return
	}
	r.checks.Remove(name)
	if entered && strings.HasPrefix(check.Spec.Target, "push:") {
		r.forget(name)
	}
}

// forget has nothing known any more of the heartbeats of a name: whoever signs up
// by it next is somebody else.
func (r *roster) forget(name string) {
	ctx, cancel := context.WithTimeout(context.Background(), forgetting)
	defer cancel()
	if err := r.beats.Forget(ctx, name); err != nil {
		r.log.Warn("what was heard of a heartbeat is not forgotten", "check", name, "err", err)
	}
}

// Configured implements [registry.Roster].
func (r *roster) Configured(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.configured[name]
}

// State implements [registry.Roster].
func (r *roster) State(name string) *health.State { return r.state(name) }

// Mark implements [registry.Roster].
func (r *roster) Mark(name string, m health.Mark, by, text foreign.Text) {
	if !r.Configured(name) {
		r.checks.Mark(name, m, by, text)
	}
}
