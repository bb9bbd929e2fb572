package web

import (
	"cmp"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A checkRow is one check as the page shows it.
type checkRow struct {
	Name, Target string
	Mark         mark
	Since        moment
	Answer       string // of the last round
	Reason       string // why it did not pass
	Asked        moment // when that was
	Every        string
}

// maxChecks is how many checks the page shows.
const maxChecks = 100

// checkRows returns the checks, the worst first, then by name, and how many
// more there are.
func (c *composer) checkRows() (rows []checkRow, more int) {
	states := slices.Clone(c.view.Checks)
	slices.SortStableFunc(states, func(a, b *health.State) int { return cmp.Compare(worry(b.Status), worry(a.Status)) })
	more = max(0, len(states)-maxChecks)
	for i := range states[:len(states)-more] {
		rows = append(rows, c.checkRow(states[i]))
	}
	return rows, more
}

// worry orders statuses: the higher, the sooner a person should look.
func worry(s health.Status) int {
	switch s {
	case health.Unhealthy:
		return 3
	case health.Degrading:
		return 2
	case health.Unknown:
		return 1
	}
	return 0
}

func (c *composer) checkRow(st *health.State) checkRow {
	r := checkRow{
		Name: st.Spec.Name, Target: foreign.Text(st.Spec.Target).Clip(80), Mark: checkMark(st.Status),
		Since: ago(st.Since, c.now), Answer: answer(st), Every: span(time.Duration(st.Spec.Interval)),
	}
	if st.Last != nil {
		r.Asked = ago(st.Last.At, c.now)
		if st.Last.Verdict != health.Pass {
			r.Reason = st.Last.Text.Clip(160)
		}
	}
	return r
}
