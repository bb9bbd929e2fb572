package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/port"
)

// readParams returns r's query parameters, and what is wrong with them: each
// must be known, and be there once. What is asked elsewhere is about something,
// so a parameter that is not understood must not be left out.
func readParams(r *http.Request, known ...string) (url.Values, []wrongField) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, []wrongField{wrong("query", r.URL.RawQuery, "cannot be read: %v", err)}
	}
	var wrongs []wrongField
	for name, values := range q {
		switch {
		case !slices.Contains(known, name):
			wrongs = append(wrongs, wrong("query."+name, values[0], "is unknown; %s", hintOfParams(name, known)))
		case len(values) > 1:
			wrongs = append(wrongs, wrong("query."+name, "", "is there %d times", len(values)))
		}
	}
	slices.SortFunc(wrongs, func(a, b wrongField) int { return strings.Compare(a.Location, b.Location) })
	return q, firstWrong(wrongs)
}

// hintOfParams says what a parameter that is unknown may have meant.
func hintOfParams(name string, known []string) string {
	if near, ok := port.Nearest(name, known); ok {
		return fmt.Sprintf("did you mean %s?", near)
	}
	if len(known) == 0 {
		return "there are none here"
	}
	return "parameters are " + strings.Join(known, ", ")
}

// parameterless refuses requests with query parameters before next.
func parameterless(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, wrongs := readParams(r); wrongs != nil {
			invalid(wrongs, "Ask "+r.URL.Path+" alone.").serve(w, r)
			return
		}
		next(w, r)
	}
}
