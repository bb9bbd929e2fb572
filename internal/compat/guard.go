package compat

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"github.com/portreeve/portreeve/internal/registration"
)

// policy is the content security policy: our own files and nothing else, no
// script at all.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden sets what every answer carries. The referrer policy lets a form of ours
// name its origin: with no-referrer, browsers write "null".
func harden(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// admit returns who r is from, or why it is not answered. No token that is shown
// says anything here: a browser may have added it by itself.
func (s *server) admit(r *http.Request) (registration.Caller, *refusal) {
	from := s.Caller(r)
	by := registration.Caller{Addr: from.Addr, Local: from.Local, Compat: true}
	switch {
	case !s.Door.Admits(by):
		return by, outside(by)
	case otherSite(r) && !link(r):
		return by, &refusal{
			status: http.StatusForbidden, detail: "Another site's page may link here, but not read, embed or change anything.",
			hint: "Open " + Path + "status itself, or call it from a program.",
		}
	case beforehand(r):
		return by, &refusal{status: http.StatusForbidden, detail: "This is not answered to a browser that only guesses what will be wanted."}
	}
	return by, nil
}

// outside refuses callers who may not come in, and says what would let them.
func outside(by registration.Caller) *refusal {
	if !by.Addr.IsValid() {
		return &refusal{
			status: http.StatusForbidden, plain: true, detail: "A proxy asks for somebody else here, or a check does, and the address that signs an app up is its authority.",
			hint: "Call portreeve directly, or use the API and a token of the scope register.",
		}
	}
	return &refusal{
		status: http.StatusForbidden, plain: true, detail: fmt.Sprintf("Apps may sign up from this machine and from the networks of registration.allow, and %s is in none of them.", by.Addr),
		hint: fmt.Sprintf("Add its network to registration.allow in portreeve's configuration, as in registration: {enabled: true, compat: true, allow: [%s]}.", network(by.Addr)),
	}
}

// otherSite reports whether a page of another site is behind r, as far as the
// browser says so: by Sec-Fetch-Site (W3C Fetch Metadata), which it sends over TLS
// and to this machine only, or by Origin (RFC 6454, section 7).
func otherSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return foreignOrigin(r)
	}
	return true
}

// foreignOrigin reports whether r names an Origin that is not our own: scheme, host
// and port as the request itself has them.
func foreignOrigin(r *http.Request) bool {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	origin, named := r.Header["Origin"]
	return named && !(len(origin) == 1 && strings.EqualFold(origin[0], scheme+"://"+r.Host))
}

// link reports whether a person followed a link to something that is only read.
// What changes something shows such a person a button.
func link(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// beforehand reports whether a browser asks for what nobody has asked for yet.
func beforehand(r *http.Request) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"} {
		if v := strings.ToLower(r.Header.Get(name)); strings.Contains(v, "prefetch") || strings.Contains(v, "prerender") || strings.Contains(v, "preview") {
			return true
		}
	}
	return false
}

// browser reports whether r may come from a browser, which any page can make send
// a GET. Over plain HTTP a browser tells nothing of where that page is from; but it
// names itself and its user's languages, and no page can keep it from either.
func browser(r *http.Request) bool {
	for _, name := range []string{"Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Sec-Fetch-User"} {
		if _, ok := r.Header[name]; ok {
			return true
		}
	}
	_, languages := r.Header["Accept-Language"]
	return strings.HasPrefix(r.UserAgent(), "Mozilla/") || languages && !runtime(r)
}

// runtime reports whether r comes from the fetch of a JavaScript that runs outside
// browsers: it names itself, and every language, where a browser names some.
func runtime(r *http.Request) bool {
	agent := r.UserAgent()
	return r.Header.Get("Accept-Language") == "*" && (agent == "node" || agent == "undici" || strings.HasPrefix(agent, "Deno/"))
}

// unsent refuses a form that a browser sends without saying which page it is from:
// every browser of today names the Origin of a POST. Programs name none.
func unsent(r *http.Request) *refusal {
	if _, named := r.Header["Origin"]; named || !browser(r) {
		return nil
	}
	return &refusal{
		status: http.StatusForbidden, detail: "This browser does not say which page sends the form, so it may be another site's.",
		hint: "Use a browser that sends Origin, or a program.",
	}
}

// network is the smallest network that is worth allowing: an IPv4 address, or the
// /64 of an IPv6 one.
func network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.WithZone("").Prefix(bits)
	return p
}
