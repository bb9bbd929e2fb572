package kernel

import (
	"context"
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/port"
)

// A listeners reads listening sockets.
type listeners struct {
	site      site // of the own namespace
	collector *collector
	others    *namespaces
	owners    *procfs.Owners
	blind     []port.Degraded // what the source does not tell, known from the start
}

// Listeners reads the listening TCP sockets and the unconnected UDP sockets of
// the Reader's own network namespace, and of others as far as it may, with
// their owners. It fills into, whose slices it reuses: what was in them is
// gone. In steady state it allocates nothing, other namespaces apart, and its
// cost does not depend on the number of connections.
//
// Sockets are in the order of protocol, port, address, namespace and inode.
// A UDP socket has no accept queue: only the drops in its Queue mean
// something. Sockets of other namespaces may be some passes old where there
// are very many; NetNS is 0 for those whose namespace hides its identity.
func (r *Reader) Listeners(ctx context.Context, into *port.Listening) error {
	l := &r.listeners
	clock := startClock()
	defer clock.stop()
	*into = port.Listening{
		At:       time.Now(),
		Source:   r.source,
		Sockets:  into.Sockets[:0],
		NetNS:    l.others.ownInode,
		Degraded: append(into.Degraded[:0], l.blind...),
	}
	var err error
	if into.Sockets, err = l.collector.gather(ctx, l.site, into.NetNS, into.Sockets); err != nil {
		return fmt.Errorf("read listeners: %w", err)
	}
	r.shown.set(l.collector.marks)
	r.economize(into.At)
	elsewhere, err := l.others.read(ctx, into)
	if err != nil {
		return fmt.Errorf("read listeners: %w", err)
	}
	into.Sockets = tidy(into.Sockets)
	into.Degraded = append(into.Degraded, l.owners.Resolve(into.Sockets)...)
	if into.Ephemeral, err = r.proc.Ephemeral(); err != nil {
		into.Degraded = append(into.Degraded, ephemeralUnknown(err))
	}
	into.Cost = clock.spent() + elsewhere
	return nil
}

// probe reads the own namespace once to see what is refused. It can do without
// sock_diag for UDP, which is gathered after TCP.
func (l *listeners) probe(ctx context.Context) error {
	_, err := l.collector.gather(ctx, l.site, 0, nil)
	if err == nil || l.site.conn == nil || l.collector.proto == port.TCP {
		return err
	}
	l.site.procUDP, l.others.visitor.procUDP = true, true
	l.blind = append(l.blind, udpRefused(err))
	_, err = l.collector.gather(ctx, l.site, 0, nil)
	return err
}
