package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
)

// A scopedMux lets nothing be changed by the API but by who shows a token of
// the scope admin: every operation that is no question is behind it, the next
// one too. The exceptions are those that rules name.
type scopedMux struct {
	*router
	rules *rules
}

// HandleFunc adds what answers a pattern.
func (m scopedMux) HandleFunc(pattern string, answer func(http.ResponseWriter, *http.Request)) {
	method, _, _ := strings.Cut(pattern, " ")
	if may := m.rules.by[pattern]; may != nil {
		m.router.Handle(pattern, ruled(may, http.HandlerFunc(answer)))
		return
	}
	if reads(method) {
		m.router.HandleFunc(pattern, answer)
		return
	}
	m.router.Handle(pattern, requireScope(auth.Admin, http.HandlerFunc(answer)))
}

// ruled lets those requests through to next that a rule permits.
func ruled(may rule, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := may(r, r.PathValue("name")); p != nil {
			p.serve(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// registerRequests adds what people may ask for, where somebody keeps it.
func (s *Server) registerRequests(api huma.API) {
	if s.options.Registry == nil {
		return
	}
	s.registerPauses(api)
	s.registerMaintenance(api)
	if s.options.History != nil {
		s.registerAcknowledgements(api)
	}
}

// request describes an operation that changes something.
func request(id, method, path, summary, description string, errors ...int) huma.Operation {
	op := get(id, path, summary, description, append(errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)...)
	op.Method, op.MaxBodyBytes = method, maxBody
	op.Security = []map[string][]string{{"bearer": {}}}
	op.Tags = []string{"requests"}
	return op
}

// unkept is the answer when the registry could not keep something, or has as
// much as it may have.
func (s *Server) unkept(what string, err error) error {
	if full, ok := errors.AsType[interface {
		error
		Full() bool
	}](err); ok && full.Full() {
		return huma.Error422UnprocessableEntity("there are as many of these as there may be; end some that nobody needs, and ask again")
	}
	s.log.Warn("web: keep what was asked for", "request", what, "err", err)
	return huma.Error503ServiceUnavailable("this could not be kept, so it is not done; the log says why. Ask again.")
}

// refused names wrong fields as huma does; nil when there are none.
func refused(fields []health.FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	errs := make([]error, len(fields))
	for i, f := range fields {
		text := f.Reason
		if f.Hint != "" {
			text += "; " + f.Hint
		}
		errs[i] = &huma.ErrorDetail{Message: text, Location: "body." + f.Field}
	}
	return huma.Error422UnprocessableEntity("validation failed", errs...)
}

// asked returns the check that somebody asks something for. The error is one
// for the caller.
func asked(v *board.View, name string) (*health.State, error) {
	st := v.FindCheck(name)
	switch {
	case st == nil:
		return nil, huma.Error404NotFound(unknownCheck(v, name))
	case board.IsSelf(st):
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{
			Message: "portreeve's checks of itself cannot be paused", Location: "path.name", Value: name,
		})
	}
	return st, nil
}
