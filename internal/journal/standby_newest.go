package journal

import "slices"

// Bounds of what a Standby keeps in memory.
const (
	maxUnsaved       = 16_384   // entries that wait for the disk
	maxUnsavedBytes  = 16 << 20 // about what they take up
	maxUnsavedCounts = 16_384   // stretches of response times that do, half a KiB each
	keepNewest       = MaxRead  // entries that are on the disk already
	keepNewestBytes  = 2 << 20
)

// A newest is the end of a journal: all its entries after some place, those
// that are on the disk and behind them those that are not yet.
type newest struct {
	from  int64 // all entries after this sequence number are in rows
	rows  []row // ascending by seq
	saved int   // how many of rows are on the disk
	bytes int   // of all bodies in rows
}

func (n *newest) add(rows []row, saved bool) {
	n.rows = append(n.rows, rows...)
	for _, r := range rows {
		n.bytes += len(r.body)
	}
	if saved {
		n.save(len(rows))
	}
}

// save says that the next rows are on the disk.
func (n *newest) save(rows int) {
	n.saved += rows
	// By halves, so that it costs each append little.
	if n.saved > 2*keepNewest || n.saved > 1 && n.bytes > 2*keepNewestBytes {
		n.trim()
	}
}

// trim forgets the oldest rows that are on the disk.
func (n *newest) trim() {
	drop := 0
	for drop < n.saved-1 && (n.saved-drop > keepNewest || n.bytes > keepNewestBytes) {
		n.bytes -= len(n.rows[drop].body)
		drop++
	}
	if drop > 0 {
		n.from = n.rows[drop-1].seq
		n.rows, n.saved = slices.Clone(n.rows[drop:]), n.saved-drop
	}
}

// unsaved returns the rows that are not on the disk.
func (n *newest) unsaved() []row { return n.rows[n.saved:] }

// savedTo returns the sequence number up to which the disk has everything.
func (n *newest) savedTo() int64 {
	if n.saved == 0 {
		return n.from
	}
	return n.rows[n.saved-1].seq
}

// after returns copies of the first rows after a place.
func (n *newest) after(seq int64, limit int) []row {
	i, _ := slices.BinarySearchFunc(n.rows, seq+1, func(r row, seq int64) int { return int(r.seq - seq) })
	return slices.Clone(n.rows[i:min(i+limit, len(n.rows))])
}

// find returns the row of that number in a stream, if it is there.
func (n *newest) find(stream string, number uint64) (row, bool) {
	i := slices.IndexFunc(n.rows, func(r row) bool { return r.number == number && r.stream == stream })
	if i < 0 {
		return row{}, false
	}
	return n.rows[i], true
}
