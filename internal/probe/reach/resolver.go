package reach

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
)

// A resolver asks /etc/hosts and the name servers of /etc/resolv.conf. It is
// Go's own, never the C library's, whose errors tell less.
type resolver struct {
	net         net.Resolver
	dial        func(ctx context.Context, network, server string) (net.Conn, error)
	descriptors *descriptors
	log         *slog.Logger
	silences    atomic.Int32 // lookups in a row in which no server said anything
}

func newResolver(o Options, d *descriptors) *resolver {
	r := &resolver{dial: o.DialResolver, descriptors: d, log: o.Log}
	if r.dial == nil {
		r.dial = (&net.Dialer{}).DialContext
	}
	// A temporary error in one of the domains to search hides what the others
	// would have said: strictly, then, there is no fact.
	r.net = net.Resolver{PreferGo: true, StrictErrors: true, Dial: r.connect}
	readConfiguration()
	return r
}

// readConfiguration has package net read its files while there are
// descriptors. It keeps what it has read when it cannot read that again, but
// takes what it could not read at first for missing. No server is asked.
func readConfiguration() {
	nobody := func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("not asked") }
	r := net.Resolver{PreferGo: true, Dial: nobody}
	_, _ = r.LookupNetIP(context.Background(), "ip4", "invalid.") // RFC 6761, section 6.4: in no file
}

// mostAddresses is how many addresses of a name are kept, per family.
const mostAddresses = 16

// lookup asks for the addresses of a name, at least one, and tells for how long
// the answer need not be asked for again.
func (r *resolver) lookup(ctx context.Context, of name) answer {
	short := r.descriptors.short()
	var q question
	addrs, err := r.net.LookupNetIP(q.in(ctx), of.network(), of.host)
	r.descriptors.note(err)
	if q.wasAsked() {
		r.listen(err)
	}
	if err != nil {
		failure := explain(of, err, r.descriptors.short() || short)
		return answer{name: of, err: failure, fresh: q.fresh(true)}
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return answer{name: of, addrs: slices.Clip(addrs[:min(len(addrs), mostAddresses)]), fresh: q.fresh(false)}
}

// network names the family as package net does.
func (n name) network() string {
	if n.v6 {
		return "ip6"
	}
	return "ip4"
}

// connect connects to a name server for package net.
func (r *resolver) connect(ctx context.Context, network, server string) (net.Conn, error) {
	q := questionOf(ctx)
	q.ask()
	if err := configured(server); err != nil {
		return nil, err
	}
	conn, err := r.dial(ctx, network, server)
	if err != nil {
		r.descriptors.note(err)
		return nil, err
	}
	return q.watch(conn), nil
}

// muteAfter is how many lookups in a row must have met with silence before the
// servers are taken for mute. A single name may be slow for reasons of its own.
const muteAfter = 3

// mute reports whether no server has said anything for a while.
func (r *resolver) mute() bool { return r.silences.Load() >= muteAfter }

// listen takes the end of a lookup in which servers were asked.
func (r *resolver) listen(err error) {
	if unheard(err) {
		if r.silences.Add(1) == muteAfter {
			r.log.Warn("cannot look up names; the last known addresses go on", "err", err)
		}
		return
	}
	if r.silences.Swap(0) >= muteAfter {
		r.log.Info("names can be looked up again")
	}
}

// unheard reports whether an error came without a word of any server: by
// timeout, or from a socket, which shows in its text alone.
func unheard(err error) bool {
	var dns *net.DNSError
	if !errors.As(err, &dns) || dns.IsNotFound || starved(err) {
		return false
	}
	return dns.IsTimeout || strings.Contains(dns.Err, ": ")
}
