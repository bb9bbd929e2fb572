package board

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A CheckFilter picks checks, in the grammar of [port.Filter]:
//
//	status:down,degrading  kind:https  reason:tls  name:shop  -origin:self
//	host:example.org  port:8000-8010  alert:ops  shop
//
// Commas mean or, a leading minus means not, a bare word matches anywhere in a
// check's name, title and target and in the reason of its last result. The zero
// CheckFilter picks every check.
type CheckFilter struct {
	text  string
	terms []checkTerm
}

type checkTerm struct {
	not   bool
	match checkMatch
}

// A checkMatch tells whether a check is meant, from its state and its target.
type checkMatch func(*health.State, *health.Target) bool

// Bounds of a filter: each term is tried on every check, for whoever asks.
const (
	maxTerms  = 16
	maxValues = 64
)

// ParseCheckFilter reads a filter. The error is a [*port.FilterError].
func ParseCheckFilter(text string) (CheckFilter, error) {
	words := strings.Fields(text)
	f := CheckFilter{text: strings.Join(words, " ")}
	if len(words) > maxTerms || strings.Count(text, ",") > maxValues {
		return CheckFilter{}, &port.FilterError{Term: f.text[:min(len(f.text), 20)] + "…", Reason: "too long", Advice: fmt.Sprintf("at most %d terms and %d values", maxTerms, maxValues)}
	}
	for _, word := range words {
		body, not := strings.CutPrefix(word, "-")
		match, err := parseCheckTerm(body)
		if err != nil {
			err.Term = word
			return CheckFilter{}, err
		}
		f.terms = append(f.terms, checkTerm{not, match})
	}
	return f, nil
}

// String returns the filter as it was written, blanks tidied.
func (f CheckFilter) String() string { return f.text }

// Select returns the checks of v that f picks, by name. It may be v's own
// slice.
func (f CheckFilter) Select(v *View) []*health.State {
	if len(f.terms) == 0 {
		return v.Checks
	}
	var out []*health.State
	for _, st := range v.Checks {
		t := v.Target(st)
		if f.match(st, &t) {
			out = append(out, st)
		}
	}
	return out
}

func (f CheckFilter) match(st *health.State, t *health.Target) bool {
	for _, term := range f.terms {
		if term.match(st, t) == term.not {
			return false
		}
	}
	return true
}

func parseCheckTerm(word string) (checkMatch, *port.FilterError) {
	key, values, found := strings.Cut(word, ":")
	if !found || strings.HasPrefix(values, "//") || strings.HasPrefix(key, "[") || isPort(values) && !nearKey(key) {
		return anywhere(word), nil // a word, a target or host:port
	}
	parse, err := checkKey(strings.ToLower(key))
	if err != nil {
		return nil, err
	}
	var any []checkMatch
	for _, v := range strings.Split(values, ",") {
		if v == "" {
			return nil, &port.FilterError{Reason: "no value after " + key + ":", Advice: "write a value, as in status:down"}
		}
		match, err := parse(strings.ToLower(v))
		if err != nil {
			return nil, err
		}
		any = append(any, match)
	}
	return func(st *health.State, t *health.Target) bool {
		return slices.ContainsFunc(any, func(m checkMatch) bool { return m(st, t) })
	}, nil
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// nearKey reports whether a word is a key, or was meant to be one.
func nearKey(word string) bool {
	_, ok := port.Nearest(strings.ToLower(word), checkKeys())
	return ok
}

// anywhere matches a word in what people see of a check.
func anywhere(word string) checkMatch {
	word = strings.ToLower(word)
	return func(st *health.State, _ *health.Target) bool {
		return has(word, st.Spec.Name, st.Spec.Title, st.Spec.Target) || st.Last != nil && has(word, string(st.Last.Reason))
	}
}

// has reports whether any of names has word in it, whatever its case.
func has(word string, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.Contains(strings.ToLower(n), word) })
}
