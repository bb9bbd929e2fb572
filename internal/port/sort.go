package port

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// An Order says how rows are sorted: a key of [OrderKeys], with a leading
// minus for the reverse. The zero Order puts problems first, then by port.
type Order string

// OrderKeys lists what rows can be sorted by.
func OrderKeys() []string {
	return []string{"port", "bind", "service", "owner", "up", "connections", "clients", "queue"}
}

// ParseOrder reads an order; the error is a *FilterError.
func ParseOrder(text string) (Order, error) {
	key := strings.TrimPrefix(text, "-")
	if text == "" || slices.Contains(OrderKeys(), key) {
		return Order(text), nil
	}
	e := &FilterError{Term: text, Reason: fmt.Sprintf("unknown sort key %q", key), Advice: "keys are " + strings.Join(OrderKeys(), ", ")}
	if near, ok := Nearest(key, OrderKeys()); ok {
		e.Advice = fmt.Sprintf("did you mean %s?", near)
	}
	return "", e
}

// Sort returns the rows in order o, ties by port and id; rows stays as it is.
func (o Order) Sort(rows []Listener) []Listener {
	out := slices.Clone(rows)
	key, down := strings.CutPrefix(string(o), "-")
	slices.SortStableFunc(out, func(a, b Listener) int {
		c := byKeyName(key, &a, &b)
		if down {
			c = -c
		}
		return cmp.Or(c, cmp.Compare(a.Port, b.Port), cmp.Compare(a.ID, b.ID))
	})
	return out
}

func byKeyName(key string, a, b *Listener) int {
	switch key {
	case "port":
		return cmp.Compare(a.Port, b.Port)
	case "bind":
		return cmp.Compare(a.Scope.width(), b.Scope.width())
	case "service":
		return cmp.Compare(a.Service.Name, b.Service.Name)
	case "owner":
		return cmp.Compare(ownerName(a), ownerName(b))
	case "up":
		return compareStart(a, b)
	case "connections":
		return cmp.Compare(a.Connections.Established, b.Connections.Established)
	case "clients":
		return cmp.Compare(a.Connections.Clients, b.Connections.Clients)
	case "queue":
		return cmp.Compare(a.Queue.Length, b.Queue.Length)
	}
	return cmp.Compare(urgency(b), urgency(a))
}

// urgency is the state's rank, but an unknown owner alone lifts no row: a
// machine seen without privilege would be all on top.
func urgency(l *Listener) int {
	if l.State == Unclear {
		return OK.Rank()
	}
	return l.State.Rank()
}

func ownerName(l *Listener) string {
	if l.Owner.Leader == nil {
		return ""
	}
	return string(l.Owner.Leader.Name)
}

// compareStart puts the youngest first; unknown starts count as oldest.
func compareStart(a, b *Listener) int {
	if a.Owner.Leader == nil || b.Owner.Leader == nil {
		return cmp.Compare(btoi(a.Owner.Leader == nil), btoi(b.Owner.Leader == nil))
	}
	return b.Owner.Leader.StartedAt.Compare(a.Owner.Leader.StartedAt)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
