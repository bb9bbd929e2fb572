package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/registration"
)

// pushPath is where heartbeats come in.
const pushPath = apiPath + "/push/"

// Heartbeats of one name: so many at once, then one in so long; of so many names
// at a time.
const (
	beatEvery = time.Second
	beatBurst = 10
	beatRetry = "1" // seconds, as beatEvery
	beatNames = 4096
)

// pushPatterns are those of heartbeats. With the token in the path, one line of a
// crontab is enough; a GET has no other place for it.
func pushPatterns() []string {
	return []string{
		"POST " + pushPath + "{name}", "POST " + pushPath + "{name}/{what}", "POST " + pushPath + "{name}/{token}/{signal}",
		"GET " + pushPath + "{name}/{token}", "GET " + pushPath + "{name}/{token}/{signal}",
	}
}

// routePush adds where heartbeats come in.
func (s *Server) routePush(mux *router) {
	if s.options.Heartbeats == nil {
		return
	}
	for _, pattern := range pushPatterns() {
		mux.HandleFunc(pattern, s.serveBeat)
	}
}

// A pushed is what the path of a heartbeat says. The secret is shown to nobody.
type pushed struct {
	name, secret, signal string
}

// pushOf reads the path of a heartbeat: NAME, NAME/SIGNAL, NAME/TOKEN or
// NAME/TOKEN/SIGNAL. It is the zero pushed for any other path.
func pushOf(r *http.Request) pushed {
	if !strings.HasPrefix(r.URL.EscapedPath(), pushPath) {
		return pushed{}
	}
	p := pushed{name: segment(r, 1), secret: segment(r, 2), signal: segment(r, 3)}
	if p.signal == "" && slices.Contains(health.Signals(), p.secret) {
		p.secret, p.signal = "", p.secret
	}
	return p
}

// shownPath is r's path as it may be repeated: whatever stands where a
// heartbeat's token does is left out.
func shownPath(r *http.Request) string {
	_, rest, ok := strings.Cut(r.URL.Path, "/push/")
	if name, _, more := strings.Cut(rest, "/"); ok && more {
		return pushPath + name + "/…"
	}
	return r.URL.Path
}

// prefetched reports whether a browser, or something before it, asks for what
// nobody has asked for yet.
func prefetched(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		if said := strings.ToLower(r.Header.Get(name)); strings.Contains(said, "prefetch") || strings.Contains(said, "prerender") || strings.Contains(said, "preview") {
			return true
		}
	}
	return false
}

// mayBeat: who holds the owner's token, the token that signed the check up, or
// one of the scope admin; for a configured check, any of the scope register. A
// false heartbeat hides an outage, so a page of another site, even by a link, a
// browser that looks ahead, and HEAD send none. What a person has typed does: it
// is how somebody tries a line of a crontab.
func (s *Server) mayBeat(r *http.Request, name string) *problem {
	id, c := identityOf(r.Context()), CallerOf(r)
	switch {
	case otherSite(r), prefetched(r):
		return &problem{Status: http.StatusForbidden, Detail: "A page of another site, or a browser that looks ahead, sends no heartbeat.", Hint: "Call it from a program."}
	case r.Method == http.MethodHead:
		return &problem{Status: http.StatusMethodNotAllowed, Detail: "Asking only for the header is no heartbeat.", Hint: "Use POST or GET.", header: http.Header{"Allow": {"GET, POST, OPTIONS"}}}
	case reads(r.Method) && pushOf(r).secret == "":
		return &problem{Status: http.StatusMethodNotAllowed, Detail: "A GET is a heartbeat only with its token in the path.", Hint: "Use POST, or GET " + pushPath + "NAME/TOKEN.", header: http.Header{"Allow": {"POST, OPTIONS"}}}
	case c.Token == "" && c.Owns == "":
		return challenge("", "A heartbeat must show a token.", "Send Authorization: Bearer and the token that signing up gave, or write it into the path: "+pushPath+"NAME/TOKEN.", false)
	case s.isRegistered(name):
		if err := s.options.Registrar.MayChange(c, name); err != nil {
			return s.refusal("look up who signed up "+name, err)
		}
	case c.Owns != "":
		return &problem{Status: http.StatusForbidden, Detail: "This is the token of the registration " + c.Owns + ", and not of this check.", Hint: "Beat at " + pushPath + c.Owns + "."}
	case !id.may(auth.Register):
		return unscopedToken(id.token, auth.Register)
	}
	return s.notPush(name)
}

// notPush returns why a check takes no heartbeats, or nil.
func (s *Server) notPush(name string) *problem {
	v := s.board.View()
	st := v.FindCheck(name)
	switch {
	case st == nil && s.isRegistered(name): // it has just signed up
		return nil
	case st == nil:
		return &problem{Status: http.StatusNotFound, Detail: "There is no such check.", Hint: sentence(unknownCheck(v, clipped(name)))}
	case !isPush(st.Spec):
		return &problem{Status: http.StatusNotFound, Detail: "This check is asked, and takes no heartbeats.", Hint: "One that does has the target push://NAME."}
	}
	return nil
}

// isPush reports whether a check waits for heartbeats.
func isPush(s *health.Spec) bool { return strings.HasPrefix(s.Target, "push://") }

// serveBeat takes a heartbeat. Its rule has let it in.
func (s *Server) serveBeat(w http.ResponseWriter, r *http.Request) {
	said := pushOf(r)
	if p := s.mayBeat(r, said.name); p != nil {
		p.serve(w, r)
		return
	}
	if s.beats.strike(said.name, time.Now()) {
		p := problem{Status: http.StatusTooManyRequests, Detail: "Too many heartbeats have come for this check.", Hint: "One in a second is plenty.", header: http.Header{"Retry-After": {beatRetry}}}
		p.serve(w, r)
		return
	}
	b, p := beatOf(w, r, said.signal)
	if p == nil {
		p = s.beat(w, r, said.name, b)
	}
	if p != nil {
		p.serve(w, r)
	}
}

// A beaten is the answer to a heartbeat.
type beaten struct {
	Name   string          `json:"name"`
	Signal health.Signal   `json:"signal"`
	At     time.Time       `json:"at"`
	Took   health.Duration `json:"took,omitempty" doc:"The run time: what was said, else the time since the start"`
}

// tooMany is an error that says that there is no room for more.
type tooMany interface {
	error
	Full() bool
}

// beat has a heartbeat heard, and answers with what was heard: a run that ended
// with an exit code has failed, whatever it was called.
func (s *Server) beat(w http.ResponseWriter, r *http.Request, name string, b health.Beat) *problem {
	b.From = callerIn(r.Context()).Addr
	heard, err := s.options.Heartbeats.Beat(r.Context(), name, b)
	if full, ok := errors.AsType[tooMany](err); ok && full.Full() {
		return &problem{Status: http.StatusUnprocessableEntity, Because: registration.Full, Detail: "There is no room for another heartbeat: this one was not heard.", Hint: "Remove a check that nobody needs."}
	}
	if err != nil {
		s.log.Warn("web: keep a heartbeat", "check", name, "err", err)
		return &problem{Status: http.StatusServiceUnavailable, Detail: "The heartbeat counts, and could not be kept yet; the log says why.", Hint: "It will be tried again; a second one does no harm.", header: http.Header{"Retry-After": {retryAfter}}}
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	if err := encodeJSON(w, beaten{name, heard.Signal, heard.At, heard.Took}); err != nil {
		s.log.Debug("web: answer a heartbeat", "err", err)
	}
	return nil
}

// signalOf reads a signal; none means that a run ended, badly if its exit code
// says so.
func signalOf(word string, code int) (health.Signal, *problem) {
	switch {
	case word == "" && code != 0:
		return health.Failed, nil
	case word == "":
		return health.Finish, nil
	case slices.Contains(health.Signals(), word):
		return health.Signal(word), nil
	}
	p := &problem{Status: http.StatusNotFound, Detail: "There is no such signal.", Hint: "Signals are " + strings.Join(health.Signals(), ", ") + "."}
	if near, ok := port.Nearest(word, health.Signals()); ok {
		p.Hint = "Did you mean " + near + "?"
	}
	return "", p
}
