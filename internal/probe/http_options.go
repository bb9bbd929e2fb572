package probe

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// firstRequest returns the request that a check's options describe, or every
// option that makes no request. Values of headers and bodies may be secrets, so
// no error shows them.
func firstRequest(spec *health.Spec, target health.Target) (*request, []health.FieldError) {
	method, wrong := checkMethod(spec)
	header, host, bad := checkHeaders(spec.Headers)
	wrong = append(wrong, bad...)
	field := "target"
	if spec.Path != "" {
		field, target.Path = "path", spec.Path
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	r, err := newRequest(target, method, host, header, spec.Body)
	if err != nil {
		return nil, []health.FieldError{{Field: field, Reason: err.Error(), Hint: "write a path as a URL has it, such as /health?full=1"}}
	}
	if target.Kind == "http" && spec.Redirects == 0 {
		r.spare()
	}
	return r, nil
}

// checkMethod returns the method, a token (RFC 9110, section 9.1).
func checkMethod(spec *health.Spec) (string, []health.FieldError) {
	method := spec.Method
	if method == "" {
		method = http.MethodGet
	}
	wrong := func(field, reason, hint string) []health.FieldError {
		return []health.FieldError{{Field: field, Reason: reason, Hint: hint}}
	}
	usual := []string{"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
	upper := strings.ToUpper(method)
	switch {
	case !isToken(method):
		return "", wrong("method", fmt.Sprintf("%q is no method", method), "one of "+strings.Join(usual, ", "))
	case upper != method && slices.Contains(usual, upper):
		return "", wrong("method", fmt.Sprintf("%q is not %s to a server", method, upper), "write "+upper)
	case upper == http.MethodConnect:
		return "", wrong("method", "CONNECT asks for a tunnel, which no check uses", "")
	case spec.Body != "" && spec.Method == "":
		return "", wrong("body", "a body needs a method", "write method: POST")
	}
	return method, nil
}

// ownHeaders are those by which the protocol frames a message and keeps a
// connection.
func ownHeaders() []string {
	return []string{"Connection", "Content-Length", "Expect", "Http2-Settings", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}
}

// checkHeaders returns the headers to send, and apart from them the host.
func checkHeaders(given map[string]string) (header http.Header, host string, wrong []health.FieldError) {
	header = http.Header{"User-Agent": {userAgent}, "Accept": {accepts}}
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value, key := given[name], http.CanonicalHeaderKey(name)
		bad := ""
		switch {
		case !isToken(name):
			bad = fmt.Sprintf("%q is no name of a header", name)
		case !isFieldValue(value) || key == "Host" && !isHost(value):
			bad = fmt.Sprintf("the value of %s holds characters that no header may", key)
		case slices.Contains(ownHeaders(), key):
			bad = key + " belongs to the protocol and cannot be chosen"
		case seen[key]:
			bad = key + " is given twice"
		}
		if bad != "" {
			wrong = append(wrong, health.FieldError{Field: "headers", Reason: bad})
			continue
		}
		seen[key] = true
		if key == "Host" {
			host = value
		} else {
			header[key] = []string{value}
		}
	}
	return header, host, wrong
}

// isToken reports whether s is a token (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r) })
}

// isFieldValue reports whether s may be the value of a header: anything but
// control characters (RFC 9110, section 5.5).
func isFieldValue(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// isHost reports whether s may be a host and port (RFC 3986, section 3.2.2).
func isHost(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("-._~!$&'()*+,;=:%[]", r) })
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}
