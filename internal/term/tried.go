package term

import (
	"fmt"
	"io"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Tried is what became of a sample on one channel of a route.
type Tried struct {
	Channel string          `json:"channel"`
	Err     foreign.Text    `json:"error,omitempty"` // why it was not taken; empty: it was
	Took    health.Duration `json:"took"`
}

// WriteTried writes what became of samples, a line each, or as JSON.
func WriteTried(w io.Writer, all []Tried, json bool) error {
	if json {
		return writeJSON(w, map[string]any{"items": all}, true)
	}
	s := NewScreen(w)
	for _, t := range all {
		word, tone, rest := "sent", Good, fmt.Sprintf("taken after %v", brief(t.Took))
		if t.Err != "" {
			word, tone, rest = "FAILED", Bad, t.Err.String()
		}
		if _, err := fmt.Fprintf(w, "%s  %s: %s\n", s.paint(fmt.Sprintf("%-6s", word), tone), t.Channel, rest); err != nil {
			return err
		}
	}
	return nil
}
