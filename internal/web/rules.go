package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/registration"
)

// A rule returns why r may not be answered, or nil. The name is that of the
// check that r's path is about; empty where it is about none.
type rule func(r *http.Request, name string) *problem

// Rules are the exceptions: operations that neither everybody may ask for who may
// read, nor only a token of the scope admin, by their patterns. What has no rule
// here is not among them.
type rules struct {
	mux *http.ServeMux // finds the patterns, and answers nothing
	by  map[string]rule
}

// newRules returns the exceptions that the options make.
func (s *Server) newRules() *rules {
	u := &rules{mux: http.NewServeMux(), by: map[string]rule{}}
	if s.options.Registrar != nil {
		u.add("POST "+checksPath, s.maySignUp)
		u.add("PUT "+checksPath+"/{name}", s.mayChange)
		u.add("DELETE "+checksPath+"/{name}", s.mayChange)
		u.add("GET "+checksPath+"/{name}/registration", s.mayChange)
		u.add("POST "+checksPath+"/{name}/pause", s.mayPause)
		u.add("POST "+checksPath+"/{name}/resume", s.mayPause)
	}
	if s.options.Heartbeats != nil {
		for _, pattern := range pushPatterns() {
			u.add(pattern, s.mayBeat)
		}
	}
	if s.options.Compat != nil {
		u.add(compatPath, mayCallCompat)
	}
	return u
}

func (u *rules) add(pattern string, may rule) {
	u.mux.HandleFunc(pattern, http.NotFound)
	u.by[pattern] = may
}

// find returns the rule of a request, and the name in its path; nil when there
// is none.
func (u *rules) find(r *http.Request) (may rule, name string) {
	_, pattern := u.mux.Handler(r)
	if may = u.by[pattern]; may == nil {
		return nil, ""
	}
	return may, segment(r, 1)
}

// segment returns a part of r's path below the API's, as a mux has it: parted
// before it is unescaped. It is empty when there is none.
func segment(r *http.Request, i int) string {
	below, ok := strings.CutPrefix(r.URL.EscapedPath(), apiPath+"/")
	parts := strings.Split(below, "/")
	if !ok || i >= len(parts) {
		return ""
	}
	part, err := url.PathUnescape(parts[i])
	if err != nil {
		return ""
	}
	return part
}

// checksPath is where checks are, in the API.
const checksPath = apiPath + "/checks"

// compatPath is where old clients call.
const compatPath = "/healthchecker/"

// isCompat reports whether r is for [Options.Compat], whose answers are plain
// text.
func isCompat(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, compatPath) }

// mayCallCompat leaves it to the old endpoints who may call them: they change
// something by GET, and know better what a browser may have been made to send.
func mayCallCompat(*http.Request, string) *problem { return nil }

// maySignUp: tokens of the scope register, and those whom the door admits. An
// owner's token comes in, too, to sign its own name up again.
func (s *Server) maySignUp(r *http.Request, _ string) *problem {
	if p := alien(r); p != nil {
		return p
	}
	id, c := identityOf(r.Context()), CallerOf(r)
	switch {
	case c.Token != "" && !id.may(auth.Register):
		return unscopedToken(id.token, auth.Register)
	case c.Token == "" && c.Owns == "" && !s.options.Door.Admits(c):
		return s.turnedAway(r, "Signing up is open to tokens of the scope register, and to networks that the configuration names.")
	}
	return saidAsJSON(r, c)
}

// mayChange: who signed the name up, and admins.
func (s *Server) mayChange(r *http.Request, name string) *problem {
	if p := alien(r); p != nil {
		return p
	}
	id, c := identityOf(r.Context()), CallerOf(r)
	if c.Token != "" && !id.may(auth.Register) {
		return unscopedToken(id.token, auth.Register)
	}
	if err := s.options.Registrar.MayChange(c, name); err != nil {
		if c.Token == "" && c.Owns == "" && !s.options.Door.Admits(c) {
			return s.turnedAway(r, "Who speaks of a registration must be who signed it up.")
		}
		return s.refusal("look up who signed up "+name, err)
	}
	if reads(r.Method) {
		return nil
	}
	return saidAsJSON(r, c)
}

// mayPause: as mayChange, where the check is one that an app signed up for;
// admins for all others, as for everything that has no rule of its own.
func (s *Server) mayPause(r *http.Request, name string) *problem {
	if s.isRegistered(name) {
		return s.mayChange(r, name)
	}
	if s.options.RegistrationOnly && !identityOf(r.Context()).local {
		return registrationOnly()
	}
	return unscoped(auth.Admin, r)
}

// isRegistered reports whether the check of a name is one that an app signed up
// for, and not one of the configuration that has the same name.
func (s *Server) isRegistered(name string) bool {
	if s.options.Registrar == nil {
		return false
	}
	if _, ok := s.options.Registrar.Registration(name); !ok {
		return false
	}
	st := s.board.View().FindCheck(name)
	return st == nil || st.Spec.Origin.Registered()
}

// alien returns why a page may not have sent r, or nil.
func alien(r *http.Request) *problem {
	if otherSite(r) {
		return &problem{Status: http.StatusForbidden, Detail: "Another site's page may not change anything here.", Hint: "Call it from a program."}
	}
	return nil
}

// saidAsJSON returns what is wrong with how r's body is said, or nil. A caller
// whose address is all that he shows may have been made to call by a page that he
// looks at: he is heard in JSON alone, which no form can send, even if it has
// nothing to say.
func saidAsJSON(r *http.Request, c registration.Caller) *problem {
	if c.Token == "" && c.Owns == "" && r.Header.Get("Content-Type") != "" {
		return mustBeJSON(r)
	}
	return notJSON(r)
}

// turnedAway answers who shows nothing that would let him in.
func (s *Server) turnedAway(r *http.Request, detail string) *problem {
	if who := deputy(r); who != "" {
		detail += " The address counts for nothing, for " + who + "."
	}
	if s.options.Tokens == nil {
		return &problem{Status: http.StatusForbidden, Detail: detail, Hint: "Add the caller's network to registration.allow."}
	}
	return challenge("", detail, "Send Authorization: Bearer and the token, or add the caller's network to registration.allow; portreeve token add NAME --scope register makes a token.", false)
}

// registrationOnly answers callers from elsewhere where they may only sign up.
func registrationOnly() *problem {
	return &problem{
		Status: http.StatusForbidden,
		Detail: "Callers from other machines may only sign up and send heartbeats here: this is plain HTTP.",
		Hint:   "Come through an SSH tunnel (ssh -L 9860:127.0.0.1:9860 host), or give the server a certificate.",
	}
}

// refusal is the problem of what a registrar refuses, or could not keep.
func (s *Server) refusal(what string, err error) *problem {
	f, ok := errors.AsType[*registration.Refusal](err)
	if !ok {
		s.log.Warn("web: keep what an app asked for", "request", what, "err", err)
		p := &problem{Status: http.StatusServiceUnavailable, Detail: "This could not be kept, so it is not done; the log says why.", Hint: "Ask again.", header: http.Header{"Retry-After": {retryAfter}}}
		return p.titled()
	}
	return problemOf(f)
}
