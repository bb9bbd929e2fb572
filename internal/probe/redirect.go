package probe

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/portreeve/portreeve/internal/health"
)

// redirected returns the request that an answer redirects to. Where redirects
// are not followed a redirect is an answer like any other. They never lead to
// another scheme, and what the check's author wrote for one host, headers and
// body, is not told to another.
func (v *visit) redirected(r *request, resp *http.Response) (*request, *fault) {
	location := resp.Header.Get("Location")
	if v.redirects == 0 || location == "" || !isRedirect(resp.StatusCode) {
		return nil, nil
	}
	if v.hops >= v.redirects {
		return nil, blame(health.HTTPProtocol, fmt.Sprintf("redirects more than %d times, now to %s", v.redirects, v.secrets.shown(location)))
	}
	u, err := r.url.Parse(location)
	if err != nil {
		return nil, blame(health.HTTPProtocol, fmt.Sprintf("redirects to %q, which is no URL", v.secrets.shown(location)))
	}
	if u.Scheme != r.url.Scheme {
		return nil, blame(health.HTTPProtocol, fmt.Sprintf("redirects from %s to another scheme: %s", r.url.Scheme, v.secrets.shown(u.Redacted())))
	}
	next, err := r.moved(resp.StatusCode, u)
	if err != nil {
		return nil, blame(health.HTTPProtocol, fmt.Sprintf("redirects to %q: %v", v.secrets.shown(u.Redacted()), err))
	}
	return next, nil
}

// isRedirect reports whether a status sends the client elsewhere by itself
// (RFC 9110, section 15.4).
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// moved returns a request as it is repeated elsewhere.
func (r *request) moved(status int, u *url.URL) (*request, error) {
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	to, err := health.ParseTarget(u.String())
	if err != nil {
		return nil, err
	}
	method, body := r.method, r.body
	kept := status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect
	if !kept && method != http.MethodHead {
		method, body = http.MethodGet, "" // as all browsers do, and RFC 9110, section 15.4 lets them
	}
	if to.Host == r.to.Host && to.Port == r.to.Port {
		return newRequest(to, method, r.host, r.header, body)
	}
	if body != "" {
		return nil, fmt.Errorf("the body of a %s is not sent to another host", method)
	}
	return newRequest(to, method, "", http.Header{"User-Agent": {userAgent}, "Accept": {accepts}}, "")
}

// astray blames the target for sending us where we may not go. What happens on
// the way there is still nobody's fault but that of who it happens to.
func (v *visit) astray(f *fault, r *request) *fault {
	switch {
	case v.hops == 0:
		return f
	case f.reason == health.LocalPolicy:
		return blame(health.HTTPProtocol, fmt.Sprintf("redirects to %s, which is not allowed: %s", r.to.HostPort(), f.text))
	}
	return &fault{verdict: f.verdict, reason: f.reason, text: "after a redirect: " + f.text}
}
