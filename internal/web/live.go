package web

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// An Asker asks the world now, for somebody who waits. It is safe for
// concurrent use, and it alone decides which addresses may be asked: on the
// resolved address, just before every connection.
type Asker interface {
	// Ask asks once. Allow bounds the addresses; nil: those that configured
	// checks may ask. It ends soon after ctx does.
	Ask(ctx context.Context, spec *health.Spec, allow []netip.Prefix) health.Result
	// Rounds asks each, by its interval, so many times, and returns a tally per
	// spec, in order. The names of specs differ. The error is that of ctx, or
	// says why nothing was asked.
	Rounds(ctx context.Context, specs []*health.Spec, rounds int, allow []netip.Prefix) ([]health.Tally, error)
}

// Paths of what is answered by asking elsewhere.
const (
	probePath  = "/probe"
	sdPath     = "/sd/checks"
	checkPath  = "/check/"
	flappyPath = "/json"
)

// routeLive adds what asks elsewhere, and what tells Prometheus of checks.
func (s *Server) routeLive(mux *router) {
	mux.HandleFunc("GET "+probePath, s.serveProbe)
	mux.HandleFunc("GET "+sdPath, parameterless(s.serveDiscovery))
	if s.options.Asker != nil && s.options.Flappy {
		mux.HandleFunc("GET "+checkPath+"{host}", s.serveCheckHost)
		mux.HandleFunc("POST "+flappyPath, s.serveCheckHosts)
	}
}

// hasOwnRule reports whether what answers a path says itself who may ask.
func hasOwnRule(path string) bool {
	return path == flappyPath || strings.HasPrefix(path, checkPath)
}

// unasked returns why r may not make us ask anybody, whoever it is from: a
// page of another site, even by a link, for it would ask with the rights of
// whoever looks at it; and HEAD, which wants no answer.
func unasked(r *http.Request) *problem {
	switch {
	case otherSite(r):
		return &problem{Status: http.StatusForbidden, Detail: "Another site's page may not make this server ask anything.", Hint: "Open the address itself, or call it from a program."}
	case r.Method == http.MethodHead:
		return &problem{Status: http.StatusMethodNotAllowed, Detail: "HEAD " + r.URL.Path + ": asking only for the header would ask for nothing.", Hint: "Use GET.", header: http.Header{"Allow": {"GET, OPTIONS"}}}
	}
	return nil
}

// A liveQuestion is a request that is answered by asking elsewhere. It holds a
// place in a pool, and its connection none in the gate.
type liveQuestion struct {
	ctx   context.Context // ends when the caller hangs up, when the server ends, or when there is no more time
	leave func()
}

// enter takes a place in a pool for r, which may take so long.
func (s *Server) enter(places *pool, r *http.Request, most time.Duration) (*liveQuestion, *problem) {
	addr := addrPrefix(callerAddr(r))
	if !places.enter(addr) {
		return nil, &problem{
			Status: http.StatusTooManyRequests, Detail: "Too many questions from your address, or from everybody, wait for an answer already.",
			Hint: "Wait for them to be answered, and ask again.", header: http.Header{"Retry-After": {retryAfter}},
		}
	}
	if c := connOf(r.Context()); c != nil {
		s.gate.lend(c)
	}
	allowTime(r.Context(), most+s.wait.write)
	ctx, cancel := context.WithTimeout(r.Context(), most)
	stop := context.AfterFunc(drainOf(ctx), cancel)
	return &liveQuestion{ctx, func() {
		stop()
		cancel()
		places.leave(addr)
	}}, nil
}

// unanswered is the problem of a question that came to nothing.
func (s *Server) unanswered(err error) *problem {
	s.log.Debug("web: live question", "err", err)
	return &problem{Status: http.StatusServiceUnavailable, Detail: "This could not be asked now: out of time, or the server is ending.", Hint: "Ask again later.", header: http.Header{"Retry-After": {retryAfter}}}
}

// unjudged is the problem of a result that says nothing of the target.
func unjudged(what string, r health.Result) *problem {
	p := &problem{
		Status: http.StatusServiceUnavailable,
		Detail: fmt.Sprintf("%s could not be checked, for a fault of our own: %s", what, r.Reason),
		Hint:   "That says nothing about it: neither that it is up nor that it is down.",
	}
	if r.Text != "" {
		p.Detail += ": " + r.Text.Clip(200)
	}
	if r.Reason == health.LocalPolicy {
		p.Status, p.Hint = http.StatusForbidden, "Link-local addresses and metadata services are never asked, whatever name leads there."
	}
	return p
}
