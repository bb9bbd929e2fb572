package journal

import "github.com/portreeve/portreeve/internal/event"

// A verdict is what an entry says for the view `state`.
type verdict int8

const (
	silent verdict = iota // nothing
	up
	down
)

func verdictOf(e event.Entry) verdict {
	healthy, says := e.Verdict()
	switch {
	case !says:
		return silent
	case healthy:
		return up
	}
	return down
}

// column returns what the column `healthy` holds: NULL, 1 or 0.
func (v verdict) column() any {
	switch v {
	case up:
		return int64(1)
	case down:
		return int64(0)
	}
	return nil
}

// verdictIn returns the verdict that a value of that column holds.
func verdictIn(value any) verdict {
	switch value {
	case int64(1):
		return up
	case int64(0):
		return down
	}
	return silent
}
