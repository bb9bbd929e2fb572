// Package probe makes health.Probe values: one file per kind of check, one
// line per kind in the table. How an address is reached, and whose fault it is
// when it is not, is settled in package reach.
package probe

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/expect"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// An Env is what the world offers to probes.
type Env struct {
	Net          *reach.Network // how to get there, and whither it is allowed to go
	Expectations *expect.Shelf  // of the checks that are made together; nil: each has its own
	Heartbeats   Heartbeats     // who hears them; nil: nobody, so there is no check of push
}

// A maker returns the probe that asks a check's question, or every field of
// the check that it cannot work with.
type maker func(spec *health.Spec, target health.Target, env Env) (health.Probe, []health.FieldError)

// makers lists every kind of check. To add one: write a file, add a line.
func makers() map[string]maker {
	return map[string]maker{
		"http":  newHTTP,
		"https": newHTTP,
		"push":  newPush,
		"tcp":   newTCP,
		"tls":   newTLS,
	}
}

// Kinds returns the kinds of checks, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(makers())) }

// New returns the probe for a check whose spec is valid. What only the kind of
// check knows to be wrong comes back as field errors, and then there is no
// probe. The spec must not change afterwards.
func New(spec *health.Spec, env Env) (health.Probe, []health.FieldError) {
	target, err := health.ParseTarget(spec.Target)
	if err != nil {
		return nil, []health.FieldError{{Field: "target", Reason: err.Error()}}
	}
	m, ok := makers()[target.Kind]
	if !ok {
		return nil, []health.FieldError{{
			Field: "target", Reason: fmt.Sprintf("%q is no kind of check", target.Kind), Hint: "one of " + strings.Join(Kinds(), ", "),
		}}
	}
	if wrong := checkHost(spec, target); wrong != nil {
		return nil, wrong
	}
	return m(spec, target, env)
}

// checkHost finds a name that cannot be looked up, and a family that the
// target's literal address is not of.
func checkHost(spec *health.Spec, target health.Target) []health.FieldError {
	addr, err := netip.ParseAddr(target.Host)
	if err != nil {
		return checkName(target.Host)
	}
	own := health.FamilyIPv6
	if addr.Unmap().Is4() {
		own = health.FamilyIPv4
	}
	if spec.Family == "" || spec.Family == health.FamilyAuto || spec.Family == own {
		return nil
	}
	return []health.FieldError{{
		Field: "family", Reason: fmt.Sprintf("%s cannot be asked of %s, an %s address", spec.Family, target.Host, own), Hint: "leave it out",
	}}
}

// checkName finds a name that DNS cannot be asked for as it is written.
func checkName(host string) []health.FieldError {
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) {
		return []health.FieldError{{
			Field: "target", Reason: fmt.Sprintf("%q has letters that DNS does not know", host), Hint: "write it in ASCII, as in xn--bcher-kva.example",
		}}
	}
	return nil
}
