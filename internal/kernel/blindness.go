package kernel

import "github.com/portreeve/portreeve/internal/port"

// A blindness is what cannot be seen of other namespaces. It is put into words
// only when it changes.
type blindness struct {
	seen     partly
	degraded []port.Degraded
}

// A partly is the numbers of namespaces that are not seen in full.
type partly struct {
	fromProc, pending, unread, stale int
	unreadFor, staleFor, unlistedFor string
}

func (b *blindness) of(n *namespaces) []port.Degraded {
	var seen partly
	if n.lookErr != nil {
		seen.unlistedFor = n.lookErr.Error()
	}
	for _, ns := range n.all {
		switch {
		case !ns.visited:
			seen.pending++
		case ns.err != nil && ns.read:
			seen.stale, seen.staleFor = seen.stale+1, ns.err.Error()
		case ns.err != nil:
			seen.unread, seen.unreadFor = seen.unread+1, ns.err.Error()
		case ns.barred || n.visitor.barred:
			seen.fromProc++
		}
	}
	if seen != b.seen {
		b.seen, b.degraded = seen, seen.words(n.visitor.barred)
	}
	return b.degraded
}

// words puts it into words. It is not for want of a privilege where netlink is
// not used at all.
func (p partly) words(barred bool) []port.Degraded {
	var all []port.Degraded
	switch {
	case p.fromProc > 0 && barred:
		all = append(all, namespacesFromProc(p.fromProc))
	case p.fromProc > 0:
		all = append(all, namespacesBarred(p.fromProc))
	}
	if p.pending > 0 {
		all = append(all, namespacesPending(p.pending))
	}
	if p.unread > 0 {
		all = append(all, namespacesUnread(p.unread, p.unreadFor))
	}
	if p.stale > 0 {
		all = append(all, namespacesStale(p.stale, p.staleFor))
	}
	if p.unlistedFor != "" {
		all = append(all, namespacesUnlisted(p.unlistedFor))
	}
	return all
}
