package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
)

// Tokens know who may come in. They are safe for concurrent use.
type Tokens interface {
	// Find returns the token whose secret this is.
	Find(secret string) (auth.Token, bool)
}

// An identity is what a request shows of who is behind it.
type identity struct {
	local bool       // somebody on this machine, and not for somebody elsewhere
	addr  netip.Addr // whence; invalid when it is for somebody else
	token auth.Token // the zero Token: none was shown
	owns  string     // the registration whose owner's token was shown instead
	// ambient is set when the token came as a password of HTTP Basic: a browser
	// sends it by itself, whoever made it send the request.
	ambient bool
}

// may reports whether the token that was shown permits a scope.
func (id identity) may(scope auth.Scope) bool { return id.token.Scope.Includes(scope) }

// means reports whether the token permits a scope and was sent on purpose.
func (id identity) means(scope auth.Scope) bool { return id.may(scope) && !id.ambient }

type identityKey struct{}

func withIdentity(ctx context.Context, id identity) context.Context {
	return context.WithValue(ctx, identityKey{}, id)
}

// identityOf returns who a request that the guard let through is from.
func identityOf(ctx context.Context) identity {
	id, _ := ctx.Value(identityKey{}).(identity)
	return id
}

// identify returns who r is from. A token that is shown must be a right one,
// even where none is needed: who sends a wrong one is mistaken about
// something. Where nobody has a token, what is shown is for somebody else. A
// secret that is no token's may be that of a registration's owner.
func (s *Server) identify(r *http.Request) (identity, *problem) {
	var id identity
	if deputy(r) == "" {
		id.local, id.addr = local(r), callerAddr(r)
	}
	secret, ambient := shownSecret(r)
	if beat := pushOf(r); beat.secret != "" && s.options.Heartbeats != nil {
		secret, ambient = beat.secret, false
	}
	if secret == "" || s.options.Tokens == nil && !(s.options.Registrar != nil && auth.Minted(secret)) {
		return id, nil
	}
	if s.options.Tokens != nil {
		if token, ok := s.options.Tokens.Find(secret); ok {
			id.token, id.ambient = token, ambient
			return id, nil
		}
	}
	if s.options.Registrar != nil {
		if name, ok := s.options.Registrar.Owner(secret); ok {
			id.owns, id.ambient = name, ambient
			return id, nil
		}
	}
	return id, s.wrongToken(r)
}

// shownSecret returns the secret that r shows, and whether a browser may have
// added it by itself. A password that has not the form of ours is none: a
// proxy that asks for passwords of its own hands them on.
func shownSecret(r *http.Request) (secret string, ambient bool) {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest), false
	}
	if _, password, ok := r.BasicAuth(); ok && auth.Minted(password) {
		return password, true
	}
	return "", false
}

// wrongToken answers who shows a token that is none. The answer does not say
// whether there ever was one like it.
func (s *Server) wrongToken(r *http.Request) *problem {
	addr := callerAddr(r)
	if s.wrong.strike(addrPrefix(addr), time.Now()) {
		return &problem{
			Status: http.StatusTooManyRequests, Detail: "Too many wrong tokens have come from your address.",
			Hint: "Stop sending this one; a right one is let in at any time.", header: http.Header{"Retry-After": {wrongRetry}},
		}
	}
	s.wrongLog.tell(s.log, addr)
	hint := "portreeve token list names those that there are; portreeve token add NAME makes one."
	if s.options.Registrar != nil {
		hint += " That of a registration's owner ends with it, and when its address signs it up again without it."
	}
	return challenge(`error="invalid_token"`, "This token is not one of ours.", hint, true)
}

// challenge asks for a token: as RFC 6750 has it and, where a person's browser
// may ask for it, as a password (RFC 7617).
func challenge(because, detail, hint string, basic bool) *problem {
	bearer := `Bearer realm="portreeve"`
	if because != "" {
		bearer += ", " + because
	}
	h := http.Header{"Www-Authenticate": {bearer}}
	if basic {
		h.Add("WWW-Authenticate", `Basic realm="portreeve", charset="UTF-8"`)
	}
	return &problem{Status: http.StatusUnauthorized, Detail: detail, Hint: hint, header: h}
}

// proxyHeader returns the header by which a proxy says that r is not its own;
// empty when none does. What the headers say is not believed, for anybody can
// write them; that they are there is enough to trust the address less.
func proxyHeader(r *http.Request) string {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip"} {
		if _, ok := r.Header[name]; ok {
			return name
		}
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded-") {
			return name
		}
	}
	return ""
}

// checkAgent is what checks call themselves by. They come from this machine, and
// ask what whoever signed them up has chosen.
const checkAgent = "portreeve"

// deputy says for whom else r is asked, to go on after "and"; empty when it is for
// who sends it. How portreeve is may be watched by a check: that is no secret of
// anybody's.
func deputy(r *http.Request) string {
	switch name := proxyHeader(r); {
	case name != "":
		return "a proxy says by " + name + " that it asks for somebody else"
	case r.UserAgent() == checkAgent && r.URL.Path != healthPath:
		return "a check of portreeve's asks for whoever made it"
	}
	return ""
}

// callerAddr returns the address that r came from, the zero Addr when unknown.
func callerAddr(r *http.Request) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return from.Addr().Unmap().WithZone("")
}
