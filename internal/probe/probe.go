// Package probe makes health.Probe values: one file per kind of check, one
// line per kind in the table.
package probe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// A maker returns the probe that asks a check's question.
type maker func(spec health.Spec, target health.Target) (health.Probe, error)

// makers lists every kind of check. To add one: write a file, add a line.
func makers() map[string]maker {
	return map[string]maker{
		"tcp": newTCP,
	}
}

// New returns the probe for a check.
func New(spec health.Spec) (health.Probe, error) {
	target, err := health.ParseTarget(spec.Target)
	if err != nil {
		return nil, err
	}
	kinds := makers()
	m, ok := kinds[target.Kind]
	if !ok {
		return nil, fmt.Errorf("check %q: unknown kind %q; kinds are %s", spec.Name, target.Kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	return m(spec, target)
}
