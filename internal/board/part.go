package board

import "github.com/portreeve/portreeve/internal/health"

// A Part is a report on a part of a list.
type Part[T any] struct {
	Report[T]
	Matching int    `json:"matching" doc:"how many items match, in this part and in all others"`
	Next     string `json:"next,omitempty" doc:"the after of the next part; absent when this is the last"`
}

// NewPart puts items, a part of matching ones, in v's envelope.
func NewPart[T any](v *View, items []T, matching int, next string) Part[T] {
	return Part[T]{NewReport(v, items), matching, next}
}

// NewChecksPart is NewPart for checks: its time is when the newest of their
// results began.
func NewChecksPart(v *View, items []*health.State, matching int, next string) Part[*health.State] {
	p := NewPart(v, items, matching, next)
	p.Time = v.Look.ChecksAt
	return p
}
