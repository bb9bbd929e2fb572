package port

import (
	"cmp"
	"slices"

	"github.com/portreeve/portreeve/internal/foreign"
)

// An EventKind says what happened to a port.
type EventKind string

// The kinds of event.
const (
	Opened       EventKind = "opened"
	Closed       EventKind = "closed"
	OwnerChanged EventKind = "owner_changed"
	ScopeChanged EventKind = "scope_changed"
)

// EventKinds lists every kind of event.
func EventKinds() []EventKind { return []EventKind{Opened, Closed, OwnerChanged, ScopeChanged} }

// An Event is one thing that happened to a port, with who held it.
type Event struct {
	Kind     EventKind    `json:"kind"`
	Listener string       `json:"listener"` // the row's ID, after the event where it has one
	Proto    Proto        `json:"proto"`
	Port     uint16       `json:"port"`
	NetNS    uint64       `json:"netns"`
	Foreign  bool         `json:"foreign_netns,omitempty"` // in another network namespace than the observer's
	Scope    Scope        `json:"scope"`
	Before   Scope        `json:"scope_before,omitempty"` // scope_changed
	Service  Service      `json:"service"`
	Process  *Process     `json:"process,omitempty"`     // who holds it; for closed, who held it
	Was      *Process     `json:"process_was,omitempty"` // owner_changed: who held it before
	Replaced *Service     `json:"service_was,omitempty"` // owner_changed: its service, where another
	User     foreign.Text `json:"user,omitempty"`
	// Unwatched is set when it happened at some time while nobody watched: what
	// listens is not what is remembered from before. It was noticed later.
	Unwatched bool `json:"unwatched,omitempty"`
}

// Diff tells what happened between two looks, by port. An owner that becomes
// visible or invisible is no event: only our sight changed; it is compared with
// the last one that could be seen ([Remember]). Nor is a change of the processes
// beneath the same leader.
func Diff(before, after []Listener) []Event {
	was, is := byKey(before), byKey(after)
	var events []Event
	for k, rows := range is {
		events = append(events, diffPort(was[k], rows)...)
	}
	for k, rows := range was {
		if is[k] == nil {
			events = append(events, diffPort(rows, nil)...)
		}
	}
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Listener, b.Listener))
	})
	return events
}

func byKey(rows []Listener) map[Key][]*Listener {
	m := map[Key][]*Listener{}
	for i := range rows {
		k := rows[i].Key()
		m[k] = append(m[k], &rows[i])
	}
	return m
}

// diffPort compares the rows of one port: first each row with its own former
// self, then those that are left with each other, the best match first. What
// finds no match was opened or closed.
func diffPort(before, after []*Listener) []Event {
	var events []Event
	was, is := before, after
	for _, match := range []func(a, b *Listener) bool{sameRow, sameBind, anyRow} {
		before, after = pair(before, after, match, func(a, b *Listener) {
			events = append(events, compare(a, b)...)
		})
	}
	for _, l := range after {
		if !blurred(l, was) {
			events = append(events, event(Opened, l))
		}
	}
	for _, l := range before {
		if !blurred(l, is) {
			events = append(events, event(Closed, l))
		}
	}
	return events
}

// blurred reports whether a row that has no match may be there all the same
// among the rows of the other look: all its addresses are, and since an owner
// cannot be seen, nobody can tell whose rows they were.
func blurred(l *Listener, others []*Listener) bool {
	blind := !l.Owner.Known
	var bound []Bind
	for _, o := range others {
		blind, bound = blind || !o.Owner.Known, append(bound, o.Binds...)
	}
	return blind && len(l.Binds) > 0 && !slices.ContainsFunc(l.Binds, func(b Bind) bool {
		return !slices.ContainsFunc(bound, func(c Bind) bool { return b.Addr == c.Addr })
	})
}

func sameRow(a, b *Listener) bool { return a.ID == b.ID }

// sameBind matches rows on one address. Of a row that is known by its event alone
// no address is remembered.
func sameBind(a, b *Listener) bool {
	return len(a.Binds) > 0 && len(b.Binds) > 0 && a.Binds[0].Addr == b.Binds[0].Addr
}

// anyRow matches rows of one port that share no address, where sight of the
// owner came or went: the service's key changes then though nothing happened.
func anyRow(a, b *Listener) bool { return a.Owner.Known != b.Owner.Known && a.Scope == b.Scope }

// pair calls found for each two rows that match and returns the others.
func pair(before, after []*Listener, match func(a, b *Listener) bool, found func(a, b *Listener)) (b, a []*Listener) {
	for _, x := range before {
		i := slices.IndexFunc(after, func(y *Listener) bool { return match(x, y) })
		if i < 0 {
			b = append(b, x)
			continue
		}
		found(x, after[i])
		after = slices.Delete(slices.Clone(after), i, i+1)
	}
	return b, after
}

// compare tells what happened to one row.
func compare(a, b *Listener) []Event {
	var events []Event
	if was := a.holder(); was != nil && was.lost(b) {
		e := event(OwnerChanged, b)
		e.Was, e.Unwatched = was.owner.Leader, was.from != watched
		if was.service.Key != b.Service.Key {
			e.Replaced = &was.service
		}
		events = append(events, e)
	}
	if a.Scope != b.Scope {
		e := event(ScopeChanged, b)
		e.Before = a.Scope
		events = append(events, e)
	}
	return events
}

// moved reports whether a port went to another process. Another leader among
// holders that include the old one is no move, unless its pid was used again.
func moved(a, b *Owner) bool {
	if a.Leader == nil || b.Leader == nil || a.Leader.Same(b.Leader) {
		return false
	}
	return a.Leader.PID == b.Leader.PID || !slices.Contains(b.PIDs, a.Leader.PID)
}

func event(kind EventKind, l *Listener) Event {
	return Event{
		Kind: kind, Listener: l.ID, Proto: l.Proto, Port: l.Port, NetNS: l.NetNS, Foreign: l.Foreign, Scope: l.Scope,
		Service: l.Service, Process: l.Owner.Leader, User: l.Owner.User,
	}
}
