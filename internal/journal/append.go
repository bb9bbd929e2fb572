package journal

import (
	"fmt"

	"github.com/portreeve/portreeve/internal/event"
)

// A ledger is what an engine's append reads and writes while it is the only
// one that does.
type ledger interface {
	// head returns the number of a stream's newest entry, 0 without one.
	head(stream string) (uint64, error)
	// stored returns the entry of that number in a stream, if there is one.
	stored(stream string, number uint64) (row, bool, error)
	// judged returns what the view `state` last said of a check.
	judged(check string) (verdict, error)
	// add stores r, whose seq is the one after the newest entry's.
	add(r row) error
}

// appendTo stores rows by the contract's compare-and-set: the one place that
// decides what is stored, what was already, and what conflicts. last is the
// highest sequence number that was ever used; the highest known to be used
// afterwards is returned.
//
// A row that comes with a seq has been given out under it already: it is
// stored there or nowhere.
func appendTo(l ledger, last int64, rows []row) ([]event.Outcome, int64, error) {
	a := appending{ledger: l, last: last, heads: map[string]uint64{}, lost: map[string]bool{}, said: map[string]verdict{}}
	outcomes := make([]event.Outcome, len(rows))
	for i, r := range rows {
		ok, err := a.one(r)
		if err != nil {
			return nil, last, err
		}
		outcomes[i] = event.Stored
		if !ok {
			outcomes[i], a.lost[r.stream] = event.Conflict, true
		}
	}
	return outcomes, a.last, nil
}

// An appending is the state of one append.
type appending struct {
	ledger
	last  int64
	heads map[string]uint64
	lost  map[string]bool    // streams with a conflict: nothing later is taken
	said  map[string]verdict // of checks, for the view
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
		return a.again(r)
	case r.number > head+1:
		return false, nil
	}
	a.heads[r.stream] = r.number
	return true, a.put(r)
}

// again reports whether r is stored under its number, word for word.
func (a *appending) again(r row) (bool, error) {
	stored, ok, err := a.stored(r.stream, r.number)
	if err != nil || !ok || !stored.same(r) {
		return false, err
	}
	if r.seq != 0 && r.seq != stored.seq {
		return false, fmt.Errorf("%w: %s/%d is in place %d and cannot be in %d too", errForeign, r.stream, r.number, stored.seq, r.seq)
	}
	// An earlier commit may have succeeded without saying so.
	a.last = max(a.last, stored.seq)
	return true, nil
}

// put stores r at the end.
func (a *appending) put(r row) error {
	next := a.last + 1
	if r.seq != 0 && r.seq != next {
		return fmt.Errorf("%w: %s/%d was given place %d, and the next is %d", errForeign, r.stream, r.number, r.seq, next)
	}
	r.seq = next
	if err := a.judge(&r); err != nil {
		return err
	}
	a.last = next
	return a.add(r)
}

// judge sets what r says in the view `state`: the first verdict on a check, and
// then those that differ from the one before.
func (a *appending) judge(r *row) error {
	if r.verdict == silent {
		return nil
	}
	check := r.columns.Check
	before, known := a.said[check]
	if !known {
		var err error
		if before, err = a.judged(check); err != nil {
			return err
		}
	}
	if r.verdict != before {
		r.healthy = r.verdict
	}
	a.said[check] = r.verdict
	return nil
}
