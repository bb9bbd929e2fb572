package app

import (
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// ParseChecks returns the checks of targets that were named on the command
// line, each asked every interval. Run tells what is wrong with them.
func ParseChecks(targets []string, interval time.Duration) []health.Spec {
	if interval == 0 {
		interval = -1 // nought is wrong here, and not the default
	}
	specs := make([]health.Spec, len(targets))
	for i, target := range targets {
		specs[i] = health.SpecFor(strings.TrimSpace(target))
		specs[i].Origin, specs[i].Interval = health.FromFlag, health.Duration(interval)
	}
	return specs
}
