package compat

import (
	"net/http"
	"strings"

	"github.com/portreeve/portreeve/internal/registration"
)

// An ask is a request that was let in, with who sent it.
type ask struct {
	*http.Request
	by registration.Caller
}

// A reply answers an ask, or says why not.
type reply func(w http.ResponseWriter, r ask) *refusal

// An endpoint is what can be asked at one path; a nil reply means that it cannot
// be asked so.
type endpoint struct {
	get, post reply
	verb      string // what get does, where it changes something
}

// answer makes a handler of e, with all guards before it.
func (s *server) answer(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header())
		by, no := s.admit(r)
		a := ask{r, by}
		if no == nil {
			no = s.serve(e, w, a)
		}
		if no != nil {
			s.refuse(w, a, no)
		}
	})
}

// serve lets e answer by the method that was used.
func (s *server) serve(e endpoint, w http.ResponseWriter, r ask) *refusal {
	switch {
	case r.Method == http.MethodPost && e.post != nil:
		if no := unsent(r.Request); no != nil {
			return no
		}
		return e.post(w, r)
	case r.Method == http.MethodGet && e.get != nil && e.verb != "":
		if browser(r.Request) {
			return s.unasked(e.verb, r)
		}
		return e.get(w, r)
	case (r.Method == http.MethodGet || r.Method == http.MethodHead && e.verb == "") && e.get != nil:
		return e.get(w, r)
	}
	return e.wrongMethod(r)
}

func (e endpoint) wrongMethod(r ask) *refusal {
	var allowed []string
	if e.get != nil {
		allowed = append(allowed, http.MethodGet)
		if e.verb == "" {
			allowed = append(allowed, http.MethodHead)
		}
	}
	if e.post != nil {
		allowed = append(allowed, http.MethodPost)
	}
	return &refusal{
		status: http.StatusMethodNotAllowed, detail: r.Method + " " + shown(r.URL.Path) + ": this cannot be asked so.",
		hint: "Use " + strings.Join(allowed, " or ") + ".", header: http.Header{"Allow": {strings.Join(allowed, ", ")}},
	}
}

// absent answers what no endpoint does.
func absent(_ http.ResponseWriter, r ask) *refusal {
	return &refusal{
		status: http.StatusNotFound, detail: "There is nothing at " + shown(r.URL.Path) + ".",
		hint: "There are monitor, pause, resume, stop, stopmonitoring, info and status below " + Path + ".",
	}
}
