package app

import (
	"runtime/debug"

	"github.com/portreeve/portreeve/internal/metrics"
	"github.com/portreeve/portreeve/internal/web"
)

// journalMetrics tells how the journal is doing, for /metrics.
func (h *house) journalMetrics() metrics.Journal {
	return metrics.Journal{Writes: h.writer.Written(), Queue: h.writer.Len(), Dropped: h.writer.Dropped()}
}

// health tells how the parts are, for /healthz.
func (h *house) health() map[string][]web.Component { return nil }

// metricsClients returns how many clients per port get series of their own.
func metricsClients(wanted bool, n int) int {
	if !wanted {
		return 0
	}
	return n
}

// revision returns the commit that the binary was built from, if it knows.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
