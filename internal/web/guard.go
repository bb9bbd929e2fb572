package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/portreeve/portreeve/internal/auth"
)

// guard lets a request through to next only if it is meant for this machine,
// comes from a page of ours or from no page at all, and from a caller who may
// read; those with a rule of their own are let through to it. Every answer, a
// refusal too, carries the headers that keep a browser from doing anything with
// it but show it.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header())
		id, p := s.admit(r)
		if p != nil {
			s.unread(http.HandlerFunc(p.serve)).ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r.WithContext(withIdentity(r.Context(), id)))
	})
}

// policy is the content security policy: our own files and nothing else, not
// even inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func harden(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// admit returns who r is from, or why it is not answered.
func (s *Server) admit(r *http.Request) (identity, *problem) {
	switch {
	case !s.knownHost(r):
		return identity{}, &problem{
			Status: http.StatusMisdirectedRequest,
			Detail: fmt.Sprintf("This server does not answer to the name %q.", hostOf(r.Host)),
			Hint:   "Call it localhost, by its address or by its host's name, or start it with --host and the name.",
		}
	case foreignSite(r):
		return identity{}, &problem{
			Status: http.StatusForbidden,
			Detail: "Another site's page may link here, but not read, embed or change anything.",
			Hint:   "Open the address itself, or call it from a program.",
		}
	}
	id, p := s.identify(r)
	if p == nil {
		p = s.forbids(id, r)
	}
	return id, p
}

// forbids returns why r may not be asked by who it is from, or nil. What has a
// rule of its own has no other.
func (s *Server) forbids(id identity, r *http.Request) *problem {
	may, name := s.rules.find(r)
	switch {
	case may != nil:
		return may(r.WithContext(withIdentity(r.Context(), id)), name)
	case s.options.RegistrationOnly && !id.local:
		return registrationOnly()
	case hasOwnRule(r.URL.Path):
		return nil
	}
	return s.unreadable(id, r)
}

// unreadable returns why r may not read, or nil: who is on this machine may,
// who shows a token may, and everybody where reading is public.
func (s *Server) unreadable(id identity, r *http.Request) *problem {
	if id.local || id.may(auth.Read) || s.options.PublicRead || looksAtOwn(id, r) {
		return nil
	}
	if id.owns != "" && !id.ambient {
		return forOwnersOnly(id, auth.Read)
	}
	detail := fmt.Sprintf("Reading is open to callers on this machine only, and %s is not.", r.RemoteAddr)
	if who := deputy(r); who != "" && local(r) {
		detail = "Reading is open to callers on this machine only, and " + who + "."
	}
	if s.options.Tokens == nil {
		return &problem{Status: http.StatusForbidden, Detail: detail, Hint: "Come through an SSH tunnel (ssh -L 9860:127.0.0.1:9860 host), or open reading in the configuration."}
	}
	return challenge("", detail, "Programs send Authorization: Bearer and a token, browsers ask for it as a password; portreeve token add NAME makes one.", true)
}

// looksAtOwn reports whether who signed a check up wants to read of it, and of
// nothing else.
func looksAtOwn(id identity, r *http.Request) bool {
	return id.owns != "" && !id.ambient && reads(r.Method) && r.URL.EscapedPath() == checksPath+"/"+id.owns
}

// knownHost reports whether r names this machine: a loopback name or address,
// the address that it came in on, the machine's own name, or one that the user
// allowed. It keeps out pages whose name was rebound to our address in the
// DNS. The port is left out of it, for tunnels change it, and a request of
// HTTP/1.0 may name nothing: no browser sends one.
func (s *Server) knownHost(r *http.Request) bool {
	name := hostOf(r.Host)
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().IsLoopback() || ip.Unmap() == localIP(r) || s.hosts[name]
	}
	if name == "" {
		return r.ProtoMajor == 1 && r.ProtoMinor == 0
	}
	own := hostOf(s.board.View().Machine.Host)
	short, _, _ := strings.Cut(own, ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || name == own || name == short || s.hosts[name]
}

// hostNames returns the allowed names as knownHost looks them up.
func hostNames(names []string) map[string]bool {
	hosts := make(map[string]bool, len(names))
	for _, n := range names {
		hosts[hostOf(n)] = true
	}
	return hosts
}

// hostOf returns the host of a Host header: without port and brackets, lower
// case, without the dot that ends a full name.
func hostOf(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// foreignSite reports whether a page of another site is behind r, other than by
// a link that a person followed.
func foreignSite(r *http.Request) bool {
	link := r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	return otherSite(r) && !(link && reads(r.Method))
}

// otherSite reports whether a page of another site is behind r. Another port of
// the same host is another site here: it may be anybody's program. Browsers say
// where a request comes from by Sec-Fetch-Site (W3C Fetch Metadata); those that
// do not still name the Origin of anything that could change a state. Programs
// say neither.
func otherSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "":
		return foreignOrigin(r)
	}
	return true
}

// foreignOrigin reports whether r names an Origin that is not our own (RFC
// 6454, section 7): scheme, host and port as the request itself has them.
func foreignOrigin(r *http.Request) bool {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	origin, named := r.Header["Origin"]
	return named && !(len(origin) == 1 && strings.EqualFold(origin[0], scheme+"://"+r.Host))
}

// reads reports whether a method changes nothing.
func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// local reports whether r comes from this machine: from a loopback address, or
// from the very address it went to, which the kernel lets in from nowhere else.
func local(r *http.Request) bool {
	ip := callerAddr(r)
	return ip.IsLoopback() || ip.IsValid() && ip == localIP(r)
}

// localIP returns the address that r came in on, the zero Addr when unknown.
func localIP(r *http.Request) netip.Addr {
	a, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ipOf(a)
}
