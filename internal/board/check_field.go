package board

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A checkField is one key of a [CheckFilter]: it turns one value, in lower
// case, into a match.
type checkField struct {
	key   string
	parse func(value string) (checkMatch, *port.FilterError)
}

// checkFields lists the filter's keys. To add one, add a line.
func checkFields() []checkField {
	return []checkField{
		{"status", parseStatus},
		{"kind", exactly(func(_ *health.State, t *health.Target) string { return t.Kind })},
		{"reason", parseReason},
		{"origin", parseOrigin},
		{"name", partly(func(st *health.State, _ *health.Target) []string { return []string{st.Spec.Name, st.Spec.Title} })},
		{"host", partly(func(_ *health.State, t *health.Target) []string { return []string{t.Host} })},
		{"port", parsePorts},
		{"alert", partly(func(st *health.State, _ *health.Target) []string { return st.Spec.Alerts })},
	}
}

func checkKeys() []string {
	var keys []string
	for _, f := range checkFields() {
		keys = append(keys, f.key)
	}
	return keys
}

func checkKey(key string) (func(string) (checkMatch, *port.FilterError), *port.FilterError) {
	all := checkFields()
	if i := slices.IndexFunc(all, func(f checkField) bool { return f.key == key }); i >= 0 {
		return all[i].parse, nil
	}
	e := &port.FilterError{Reason: fmt.Sprintf("unknown key %q", key), Advice: "keys are " + strings.Join(checkKeys(), ", ")}
	if near, ok := port.Nearest(key, checkKeys()); ok {
		e.Advice = fmt.Sprintf("did you mean %s:?", near)
	}
	return nil, e
}

// parseStatus takes statuses, overlays, and up and down as people say them:
// what is excused is not down.
func parseStatus(v string) (checkMatch, *port.FilterError) {
	words := []string{"up", "down"}
	for _, s := range health.Statuses() {
		words = append(words, strings.ToLower(string(s)))
	}
	for _, o := range health.Overlays() {
		words = append(words, strings.ToLower(string(o)))
	}
	if err := oneOf("status", v, words); err != nil {
		return nil, err
	}
	status, overlay := health.Status(strings.ToUpper(v)), health.Overlay(strings.ToUpper(v))
	return func(st *health.State, _ *health.Target) bool {
		switch v {
		case "up":
			return st.Status.Up()
		case "down":
			return st.Status == health.Unhealthy && !excused(st)
		}
		return st.Status == status || st.Has(overlay)
	}, nil
}

func parseReason(v string) (checkMatch, *port.FilterError) {
	var words []string
	for _, r := range health.Reasons() {
		words = append(words, string(r))
	}
	if !has(v, words...) {
		return nil, oneOf("reason", v, words)
	}
	return func(st *health.State, _ *health.Target) bool { return st.Last != nil && has(v, string(st.Last.Reason)) }, nil
}

func parseOrigin(v string) (checkMatch, *port.FilterError) {
	var words []string
	for _, o := range []health.Origin{health.FromFlag, health.FromConfig, health.FromRequest, health.FromSelf, health.FromAPI, health.FromCompat} {
		words = append(words, string(o))
	}
	if err := oneOf("origin", v, words); err != nil {
		return nil, err
	}
	return func(st *health.State, _ *health.Target) bool { return string(st.Spec.Origin) == v }, nil
}

func parsePorts(v string) (checkMatch, *port.FilterError) {
	low, high, ok := strings.Cut(v, "-")
	if !ok {
		high = low
	}
	lo, err1 := strconv.ParseUint(low, 10, 16)
	hi, err2 := strconv.ParseUint(high, 10, 16)
	if err1 != nil || err2 != nil || lo > hi || lo == 0 {
		return nil, &port.FilterError{Reason: fmt.Sprintf("%q is no port or range of ports", v), Advice: "ports are 1 to 65535, as in port:3000 or port:3000-3010"}
	}
	r := port.Range{Low: uint16(lo), High: uint16(hi)}
	return func(_ *health.State, t *health.Target) bool { return r.Contains(t.Port) }, nil
}

// oneOf returns what is wrong with a value that is none of words.
func oneOf(noun, v string, words []string) *port.FilterError {
	if slices.Contains(words, v) {
		return nil
	}
	e := &port.FilterError{Reason: fmt.Sprintf("unknown %s %q", noun, v), Advice: "write one of " + strings.Join(words, ", ")}
	if near, ok := port.Nearest(v, words); ok {
		e.Advice = fmt.Sprintf("did you mean %s? One of %s", near, strings.Join(words, ", "))
	}
	return e
}

// exactly makes a field that matches a whole word.
func exactly(get func(*health.State, *health.Target) string) func(string) (checkMatch, *port.FilterError) {
	return func(v string) (checkMatch, *port.FilterError) {
		return func(st *health.State, t *health.Target) bool { return get(st, t) == v }, nil
	}
}

// partly makes a field that matches part of a name, whatever the case.
func partly(get func(*health.State, *health.Target) []string) func(string) (checkMatch, *port.FilterError) {
	return func(v string) (checkMatch, *port.FilterError) {
		return func(st *health.State, t *health.Target) bool { return has(v, get(st, t)...) }, nil
	}
}
