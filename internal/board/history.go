package board

import (
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// Minutes is how far back a port's history of connections goes.
const Minutes = 60

// A history keeps, per port, the most established connections seen in each of
// the last [Minutes] minutes, oldest first, the present minute last. Ports
// that are no longer counted are forgotten.
type history struct {
	minute time.Time
	ports  map[uint16][]uint32
}

// add takes a count and returns the history as it is now, for readers to keep.
func (h *history) add(c port.Connections) map[uint16][]uint32 {
	minute := c.At.Truncate(time.Minute)
	passed := 0
	if !h.minute.IsZero() && minute.After(h.minute) {
		passed = min(int(minute.Sub(h.minute)/time.Minute), Minutes)
	}
	h.minute = minute
	next := make(map[uint16][]uint32, len(c.Ports)/2)
	for _, count := range c.Ports {
		if _, done := next[count.Port]; !done {
			sum, _ := c.Count(count.Port)
			next[count.Port] = shift(h.ports[count.Port], passed, sum.Established)
		}
	}
	h.ports = next
	return next
}

// shift returns a copy of old moved on by passed minutes, with now in the last.
// Minutes in which nothing was counted repeat the one before.
func shift(old []uint32, passed int, now uint32) []uint32 {
	out := make([]uint32, 0, Minutes)
	if len(old) == 0 {
		return append(out, now)
	}
	out = append(out, old...)
	if passed == 0 {
		out[len(out)-1] = max(out[len(out)-1], now)
		return out
	}
	for range passed - 1 {
		out = append(out, out[len(out)-1])
	}
	out = append(out, now)
	return out[max(0, len(out)-Minutes):]
}
