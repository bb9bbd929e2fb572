package journal

import (
	"fmt"

	"github.com/portreeve/portreeve/internal/event"
)

// encodeHeads returns the rows of streams' newest entries, or an ErrEntry for
// the first that no journal takes.
func encodeHeads(entries []event.Entry) ([]row, error) {
	rows, err := encode(entries)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, r := range rows {
		if seen[r.stream] {
			return nil, fmt.Errorf("%w: stream %q comes twice", ErrEntry, r.stream)
		}
		seen[r.stream] = true
	}
	return rows, nil
}

// adopt stores rows in an empty journal and returns the last one's place.
func adopt(l ledger, rows []row) (last int64, err error) {
	a := appending{ledger: l, said: map[string]verdict{}}
	for _, r := range rows {
		if err := a.put(r); err != nil {
			return 0, err
		}
	}
	return a.last, nil
}
