package web

import (
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A mark says how something is, three times over: by shape, word and colour,
// so that it is understood without any one of them.
type mark struct{ Shape, Word, Class string }

var (
	fine    = mark{"●", "ok", "ok"}
	trouble = mark{"▲", "problem", "bad"}
	caution = mark{"◆", "warning", "warn"}
	absent  = mark{"○", "nobody listens", "miss"}
	unclear = mark{"◌", "unknown", "none"}
)

func markOf(s port.State) mark {
	switch s {
	case port.OK:
		return fine
	case port.Warning:
		return caution
	case port.Trouble:
		return trouble
	}
	return unclear
}

// checkMark is a check's: ticks and crosses, as answers have.
func checkMark(s health.Status) mark {
	switch s {
	case health.Healthy:
		return mark{"✓", "healthy", "ok"}
	case health.Degrading:
		return mark{"◆", "degrading", "warn"}
	case health.Unhealthy:
		return mark{"✕", "unhealthy", "bad"}
	}
	return unclear
}
