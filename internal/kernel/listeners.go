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
	ephemeral port.Range      // as last read
}

// Listeners reads the listening TCP sockets and the unconnected UDP sockets of
// the Reader's own network namespace, and of others as far as it may, with
// their owners. It fills into, whose slices it reuses: what was in them is
// gone. After an error into holds nothing that means anything, and its At is
// zero. In steady state it allocates nothing, other namespaces apart, and its
// cost does not depend on the number of connections.
//
// Cost is that of reading the sockets of the own namespace, which is the price
// of looking more often. Search is that of all the rest, which keeps to shares
// of a core of its own, however often somebody looks.
//
// Sockets are in the order of protocol, port, address, namespace and inode.
// A UDP socket has no accept queue: only the drops in its Queue mean
// something. Sockets of other namespaces may be some passes old where there
// are very many. The NetNS of those whose namespace hides its identity is a stand-in,
// the inode of the namespace's own net/tcp: as distinct and as lasting as the
// true one, but nothing that ls -l /proc/PID/ns would show.
func (r *Reader) Listeners(ctx context.Context, into *port.Listening) error {
	if err := r.listen(ctx, into); err != nil {
		into.At = time.Time{}
		return fmt.Errorf("read listeners: %w", err)
	}
	return nil
}

func (r *Reader) listen(ctx context.Context, into *port.Listening) error {
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
		return err
	}
	into.Cost = clock.spent()
	r.shown.set(l.collector.marks)
	r.economize(into.At)
	elsewhere, err := l.others.read(ctx, into)
	if err != nil {
		return err
	}
	into.Sockets = tidy(into.Sockets)
	into.Degraded = append(into.Degraded, l.owners.Resolve(into.Sockets)...)
	if err := l.readEphemeral(r.proc); err != nil {
		into.Degraded = append(into.Degraded, ephemeralUnknown(l.ephemeral, err))
	}
	into.Ephemeral = l.ephemeral
	into.Search = clock.spent() - into.Cost + elsewhere
	return nil
}

// readEphemeral reads the range of ephemeral ports. What was last read holds
// on where that cannot be done: without a range every socket of a UDP client
// would look like a listener.
func (l *listeners) readEphemeral(proc *procfs.FS) error {
	now, err := proc.Ephemeral()
	if err == nil {
		l.ephemeral = now
	}
	return err
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
