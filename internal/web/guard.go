package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// guard lets a request through to next only if it is meant for this machine,
// comes from a page of ours or from no page at all, and from a caller who may
// read. Every answer, a refusal too, carries the headers that keep a browser
// from doing anything with it but show it.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		harden(w.Header())
		if p := s.refusal(r); p != nil {
			p.serve(w, r)
			return
		}
		next.ServeHTTP(w, r)
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

// refusal returns why r is not answered, or nil.
func (s *Server) refusal(r *http.Request) *problem {
	switch {
	case !s.knownHost(r):
		return &problem{
			Status: http.StatusMisdirectedRequest,
			Detail: fmt.Sprintf("This server does not answer to the name %q.", hostOf(r.Host)),
			Hint:   "Call it localhost, by its address or by its host's name, or start it with --host and the name.",
		}
	case foreignSite(r):
		return &problem{
			Status: http.StatusForbidden,
			Detail: "Another site's page may link here, but not read, embed or change anything.",
			Hint:   "Open the address itself, or call it from a program.",
		}
	case !s.options.Public && !local(r):
		return &problem{
			Status: http.StatusForbidden,
			Detail: fmt.Sprintf("Reading is open to callers on this machine only, and %s is not.", r.RemoteAddr),
			Hint:   "Come through an SSH tunnel (ssh -L 9860:127.0.0.1:9860 host), or open reading in the configuration.",
		}
	}
	return nil
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
// a link that a person followed. Another port of the same host is another site
// here: it may be anybody's program. Browsers say where a request comes from
// by Sec-Fetch-Site (W3C Fetch Metadata); those that do not still name the
// Origin of anything that could change a state. Programs say neither.
func foreignSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return false
	case "":
		return foreignOrigin(r)
	}
	link := r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	return !link || !reads(r.Method)
}

func foreignOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	u, err := url.Parse(origin)
	return err != nil || !strings.EqualFold(u.Host, r.Host)
}

// reads reports whether a method changes nothing.
func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// local reports whether r comes from this machine: from a loopback address, or
// from the very address it went to, which the kernel lets in from nowhere else.
func local(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip := from.Addr().Unmap().WithZone("")
	return ip.IsLoopback() || ip == localIP(r)
}

// localIP returns the address that r came in on, the zero Addr when unknown.
func localIP(r *http.Request) netip.Addr {
	a, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ipOf(a)
}
