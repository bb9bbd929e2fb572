package journal

import (
	"cmp"
	"maps"
	"slices"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// A debt is what the file is to have besides entries: which positions, notes
// and kept values are newer in memory, and response times.
type debt struct {
	places    map[string]map[string]bool // keys of notes, by reader
	kept      map[string]bool
	latencies latencyMap
	counts    int // buckets in latencies
}

func newDebt() *debt {
	return &debt{places: map[string]map[string]bool{}, kept: map[string]bool{}, latencies: latencyMap{}}
}

// add takes up what of a batch could not be written.
func (d *debt) add(b *batch) {
	for _, p := range b.places {
		keys := d.places[p.reader]
		if keys == nil {
			keys = map[string]bool{}
			d.places[p.reader] = keys
		}
		for _, n := range p.notes {
			keys[n.Key] = true
		}
	}
	for _, k := range b.kept {
		d.kept[k.Key] = true
	}
	for _, l := range b.latencies {
		d.latencies.add(l)
	}
	d.counts = 0
	for _, list := range d.latencies {
		d.counts += len(list)
	}
}

// fill puts into a batch what the file is to have, as it stands now.
func (d *debt) fill(b *batch, now *standing) {
	for _, reader := range slices.Sorted(maps.Keys(d.places)) {
		p := place{reader: reader, seq: now.places[reader]}
		for _, key := range slices.Sorted(maps.Keys(d.places[reader])) {
			p.notes = append(p.notes, event.Note{Key: key, Value: now.notes[reader][key]})
		}
		b.places = append(b.places, p)
	}
	for _, key := range slices.Sorted(maps.Keys(d.kept)) {
		k := now.kept[key]
		k.Key = key
		b.kept = append(b.kept, k)
		b.revision = now.revision
	}
	for _, check := range slices.Sorted(maps.Keys(d.latencies)) {
		b.latencies = append(b.latencies, d.latencies.waiting(check)...)
	}
}

// waiting returns copies of a check's counts in an order in which none replaces
// another: what is shorter and still there has come after what is longer.
func (m latencyMap) waiting(check string) []history.Latency {
	return slices.SortedStableFunc(slices.Values(m[check]), func(a, b history.Latency) int { return cmp.Compare(b.Span, a.Span) })
}
