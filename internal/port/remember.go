package port

// Remember carries over from the rows of the look before what a single look
// cannot know: since when a row has been there, and, while its owner cannot be
// seen, who held it last.
func Remember(before, after []Listener) {
	was := byKey(before)
	for i := range after {
		l := &after[i]
		old := former(was[l.Key()], l)
		if old == nil {
			continue
		}
		if !old.FirstSeen.IsZero() {
			l.FirstSeen = old.FirstSeen
		}
		if !l.Owner.Known {
			l.last = old.holder()
		}
	}
}

// former returns the row that l was at the look before: of the same service,
// or, since sight of the owner comes and goes, on the same address.
func former(rows []*Listener, l *Listener) *Listener {
	for _, match := range []func(a, b *Listener) bool{sameRow, sameBind} {
		for _, old := range rows {
			if match(old, l) {
				return old
			}
		}
	}
	return nil
}

// A tenure is who holds a row, or held it when the owner could last be seen.
type tenure struct {
	owner   Owner
	service Service
	from    source
}

// holder returns who is known to hold l; nil when nobody ever was.
func (l *Listener) holder() *tenure {
	if l.Owner.Known {
		return &tenure{l.Owner, l.Service, l.from}
	}
	return l.last
}

// lost reports whether the port went from its holder to another, l's. After the
// machine was started anew every process is another: then only another service
// is.
func (t *tenure) lost(l *Listener) bool {
	switch t.from {
	case remembered:
		return moved(&t.owner, &l.Owner) && !nearly(t.owner.Leader, l.Owner.Leader)
	case rebooted:
		return l.Owner.Known && t.service.Key != l.Service.Key
	}
	return moved(&t.owner, &l.Owner)
}
