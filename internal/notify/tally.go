package notify

import "slices"

// maxOutages is how many outages one notice names.
const maxOutages = 20

// A tally is outages that are over, the oldest first: the newest [maxOutages]
// of Count.
type tally struct {
	Outages []Outage `json:"outages,omitempty"`
	Count   int      `json:"count,omitempty"`
	End     mark     `json:"end,omitzero"` // what ended the newest
}

// add takes one more outage and what ended it.
func (t *tally) add(o Outage, end mark) { t.join(tally{Outages: []Outage{o}, Count: 1, End: end}) }

// join takes outages that are newer.
func (t *tally) join(newer tally) {
	if newer.Count == 0 {
		return
	}
	all := slices.Concat(t.Outages, newer.Outages)
	t.Outages = all[max(0, len(all)-maxOutages):]
	t.Count += newer.Count
	t.End = newer.End
}

// only returns what is left when all but one incident are forgotten.
func (t *tally) only(incident string) tally {
	for _, o := range t.Outages {
		if o.Incident == incident {
			return tally{Outages: []Outage{o}, Count: 1, End: t.End}
		}
	}
	return tally{}
}
