package watch

import (
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

const (
	// releasesEvery is how often another release of a check is marked at most.
	// Behind a load balancer two may take turns for as long as it pleases.
	releasesEvery = time.Minute
	// maxRelease is how many letters of a release are told.
	maxRelease = 64
)

// A release is what a target's answers tell of what runs there.
type release struct {
	id foreign.Text
	at time.Time // when it was marked; zero for the first one
}

// released returns the mark of another release than the last one known. One that
// comes too soon after a mark is told later, if it is still there.
func (t *target) released(r *health.Result) []health.Change {
	if r.Answer == nil || r.Answer.Report == nil || r.Answer.Report.ReleaseID == "" {
		return nil
	}
	id, was := r.Answer.Report.ReleaseID, t.runs
	switch {
	case was == nil:
		t.runs = &release{id: id}
		return nil
	case was.id == id, !was.at.IsZero() && r.At.Sub(was.at) < releasesEvery:
		return nil
	}
	t.runs = &release{id, r.At}
	text := fmt.Sprintf("%s, was %s", id.Clip(maxRelease), was.id.Clip(maxRelease))
	return []health.Change{t.note(health.Released, r.At, "", foreign.Text(text))}
}
