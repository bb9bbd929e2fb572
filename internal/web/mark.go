package web

import (
	"strings"

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
	blinded = mark{"◌", "blind", "warn"} // portreeve itself
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

// checkMark is a status's: ticks and crosses, as answers have.
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

// stateMark is a check's: its status, read with the overlays. What is excused
// or paused calls nobody, so it has no colour.
func stateMark(st *health.State) mark {
	m := checkMark(st.Status)
	switch {
	case st.Has(health.Paused):
		m.Shape, m.Class = "‖", unclear.Class
	case st.Has(health.Maintenance), st.Has(health.Behind):
		m.Class = unclear.Class
	case st.Status.Up() && (st.Has(health.Flapping) || st.Has(health.Stale)):
		m.Shape, m.Class = caution.Shape, caution.Class
	}
	return m
}

// overlayTags are the words of a check's overlays, each with what it means.
func overlayTags(st *health.State) []cell {
	var out []cell
	for _, o := range st.Overlays {
		c := cell{Text: strings.ToLower(string(o)), Title: overlayMeaning(o)}
		if o == health.Flapping || o == health.Stale {
			c.Class = caution.Class
		}
		out = append(out, c)
	}
	return out
}

func overlayMeaning(o health.Overlay) string {
	switch o {
	case health.Paused:
		return "Nobody asks"
	case health.Maintenance:
		return "Trouble is expected, and nobody is told"
	case health.Behind:
		return "A check that it stands behind is down, so this one cannot be told"
	case health.Flapping:
		return "The results change too often to believe any"
	case health.Stale:
		return "The last result is more than three intervals old"
	}
	return ""
}
