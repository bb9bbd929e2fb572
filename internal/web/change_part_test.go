package web

import (
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestPartsAreIll: what is said of portreeve's journal is not what is said of a
// fault that blinds its checks.
func TestPartsAreIll(t *testing.T) {
	for _, tt := range []struct {
		check      string
		from, to   health.Status
		outage     time.Duration
		word, full string
	}{
		{"portreeve.journal", health.Healthy, health.Unhealthy, 0, "ill", "its journal is ill"},
		{"portreeve.mirror", health.Unhealthy, health.Healthy, 90 * time.Second, "well", "its mirror is well again after 90\u00a0s"},
		{"portreeve.local_network", health.Healthy, health.Unhealthy, 0, "cannot tell", "cannot tell"},
		{"shop", health.Degrading, health.Unhealthy, 0, "unhealthy", "unhealthy, was degrading"},
	} {
		ch := &health.Change{Check: tt.check, From: tt.from, To: tt.to, Outage: health.Duration(tt.outage)}
		if word, full := changeWord(ch), changeWords(ch); word != tt.word || full != tt.full {
			t.Errorf("%s to %s: %q, %q; want %q, %q", tt.check, tt.to, word, full, tt.word, tt.full)
		}
	}
}
