package metrics

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// maxRunes is the longest label value. Names that people give are far shorter;
// a process may call itself anything.
const maxRunes = 128

// text makes foreign text fit to be a label value: valid UTF-8, of bounded
// length, and harmless to a terminal that shows the exposition.
func text(t foreign.Text) string { return t.Clip(maxRunes) }

// seconds returns a time as Prometheus has it: since the epoch.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1e3 }
