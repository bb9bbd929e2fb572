package web

import (
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// adviceFor says in sentences what a result means and what to look at next; what
// is our own fault is said to be that first.
func adviceFor(r *health.Result) string {
	advice := health.AdviceFor(r)
	switch {
	case advice == "":
		return ""
	case r.Reason == health.LocalPolicy:
		return "This says nothing of the target: " + advice + "."
	case r.Reason.Local():
		return "This is a fault of portreeve's own machine, not of the target: " + advice + "."
	}
	return sentence(advice)
}

// sentence makes a hint into a sentence.
func sentence(hint string) string {
	if hint == "" {
		return ""
	}
	return strings.ToUpper(hint[:1]) + hint[1:] + "."
}
