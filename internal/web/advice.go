package web

import (
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// adviceOf says in sentences what a reason means and what to look at next; what
// is our own fault is said to be that first.
func adviceOf(r health.Reason) string {
	advice := sentence(health.Advice(r))
	switch {
	case r == health.LocalPolicy:
		return "This says nothing of the target: " + health.Advice(r) + "."
	case r.Local() && advice != "":
		return "This is a fault of portreeve's own machine, not of the target: " + health.Advice(r) + "."
	}
	return advice
}

// sentence makes a hint into a sentence.
func sentence(hint string) string {
	if hint == "" {
		return ""
	}
	return strings.ToUpper(hint[:1]) + hint[1:] + "."
}
