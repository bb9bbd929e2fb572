package journal

import (
	"errors"
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/history"
)

// ErrLatency marks counts of response times that no journal takes.
var ErrLatency = errors.New("malformed counts of response times")

// Bounds of what is counted of response times. The times are those whose
// nanoseconds since 1970 are an int64.
var (
	firstLatency = time.Unix(0, 0).UTC()
	lastLatency  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// A span is a stretch of time in which a check's response times were counted,
// in nanoseconds since 1970 and long.
type span struct {
	check    string
	at, long int64
}

// spanOf returns where counts belong.
func spanOf(l history.Latency) (span, error) {
	if l.Check == "" || l.Span <= 0 || l.At.Before(firstLatency) || l.At.After(lastLatency) {
		return span{}, fmt.Errorf("%w: of %q for %v from %v", ErrLatency, l.Check, l.Span, l.At)
	}
	return span{valid(l.Check), l.At.UnixNano(), int64(l.Span)}, nil
}

// counts returns the counts that are written in a span.
func (s span) counts(sketch []byte) (history.Latency, error) {
	l := history.Latency{Check: s.check, At: time.Unix(0, s.at).UTC(), Span: time.Duration(s.long)}
	if err := l.UnmarshalBinary(sketch); err != nil {
		return l, fmt.Errorf("%w: response times of %s: %w", ErrCorrupt, s.check, err)
	}
	return l, nil
}

// nanoseconds returns a bound of time as spans have it; otherwise says which
// for a zero time.
func nanoseconds(t time.Time, otherwise int64) int64 {
	switch {
	case t.IsZero():
		return otherwise
	case t.Before(firstLatency):
		return 0
	case t.After(lastLatency):
		return lastLatency.UnixNano() + 1
	}
	return t.UnixNano()
}
