package app

import (
	"fmt"

	"github.com/portreeve/portreeve/internal/health"
)

// An Outcome is what a command found that did all it was asked for: its exit
// code when that is not 0. There is nothing more to tell.
type Outcome int

// The outcomes of `check` and of `flappy`.
const (
	Doubtful    Outcome = 1   // some degrading, some flappy
	Down        Outcome = 2   // some unhealthy
	Untold      Outcome = 3   // some could not be told, for a fault of our own
	Interrupted Outcome = 130 // ended by Ctrl-C: 128 and SIGINT, as shells have it
)

func (o Outcome) Error() string { return fmt.Sprintf("exit code %d", int(o)) }

// worse returns the outcome to end with of two: Down, then Untold, then
// Doubtful.
func (o Outcome) worse(p Outcome) Outcome {
	rank := map[Outcome]int{Doubtful: 1, Untold: 2, Down: 3}
	if rank[p] > rank[o] {
		return p
	}
	return o
}

// err returns nil for an outcome that all is well.
func (o Outcome) err() error {
	if o == 0 {
		return nil
	}
	return o
}

// gradeOutcome is what a grade of `flappy` comes out as.
func gradeOutcome(g health.Grade) Outcome {
	switch g {
	case health.GradeFlappy:
		return Doubtful
	case health.GradeDown:
		return Down
	case health.GradeUnjudged:
		return Untold
	}
	return 0
}

// statusOutcome is what a status of `check` comes out as.
func statusOutcome(s health.Status) Outcome {
	switch s {
	case health.Healthy:
		return 0
	case health.Degrading:
		return Doubtful
	case health.Unhealthy:
		return Down
	}
	return Untold
}
