package journal

import "github.com/portreeve/portreeve/internal/event"

// A ledger is what an engine's append reads and writes while it is the only
// one that does.
type ledger interface {
	// head returns the number of a stream's newest entry, 0 without one.
	head(stream string) (uint64, error)
	// holds reports whether r is stored under its number, word for word.
	holds(r row) (bool, error)
	// add stores r at the end of the journal.
	add(r row) error
}

// appendTo stores rows by the contract's compare-and-set: the one place that
// decides what is stored, what was already, and what conflicts.
func appendTo(l ledger, rows []row) ([]event.Outcome, error) {
	a := appending{ledger: l, heads: map[string]uint64{}, lost: map[string]bool{}}
	outcomes := make([]event.Outcome, len(rows))
	for i, r := range rows {
		ok, err := a.one(r)
		if err != nil {
			return nil, err
		}
		outcomes[i] = event.Stored
		if !ok {
			outcomes[i], a.lost[r.stream] = event.Conflict, true
		}
	}
	return outcomes, nil
}

// An appending is the state of one append.
type appending struct {
	ledger
	heads map[string]uint64
	lost  map[string]bool // streams with a conflict: nothing later is taken
}

// one stores r and reports whether r is in the journal now.
func (a *appending) one(r row) (bool, error) {
	if a.lost[r.stream] {
		return false, nil
	}
	head, known := a.heads[r.stream]
	if !known {
		var err error
		if head, err = a.head(r.stream); err != nil {
			return false, err
		}
		a.heads[r.stream] = head
	}
	switch {
	case r.number <= head:
		return a.holds(r)
	case r.number > head+1:
		return false, nil
	}
	a.heads[r.stream] = r.number
	return true, a.add(r)
}
