package probe

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// Secrets are what a check sends and nobody else may read: the values of its
// headers and its body, whole and in parts, as [folded] has them. Servers that
// echo would have us publish them. It is immutable; nil is a check that sends
// nothing of its own.
type secrets []string

const (
	// minSecret is how many bytes a secret has at least: anything shorter stands
	// in every text.
	minSecret = 4
	// minPart is how many bytes a part has that is a secret by itself.
	minPart = 8
)

// secretsOf returns the secrets of a check, longest first.
func secretsOf(spec *health.Spec) secrets {
	var all secrets
	for name, value := range spec.Headers {
		if !isPublic(name) {
			all = all.withHeader(value)
		}
	}
	all = all.withBody(spec.Body)
	slices.SortFunc(all, func(a, b string) int {
		if n := len(b) - len(a); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return slices.Clone(slices.Compact(all)) // no larger than it must be: there are many checks
}

// isPublic reports whether a header says what is asked for and by whom, and so
// is no secret: an answer's own type would not be shown otherwise.
func isPublic(name string) bool {
	switch strings.ToLower(name) {
	case "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "content-type", "host", "pragma", "user-agent":
		return true
	}
	return false
}

// withHeader adds the value of a header, and what it holds behind the name of
// an authentication scheme (RFC 9110, section 11.6.2).
func (s secrets) withHeader(value string) secrets {
	scheme, credentials, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok {
		return s.with(value)
	}
	if strings.EqualFold(scheme, "basic") {
		s = s.withBasic(strings.TrimSpace(credentials))
	}
	return s.add(value).with(credentials)
}

// withBasic adds user and password (RFC 7617).
func (s secrets) withBasic(credentials string) secrets {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(credentials, "="))
	if err != nil {
		return s
	}
	user, password, _ := strings.Cut(string(b), ":")
	return s.with(string(b)).add(user).add(password)
}

// withBody adds a body, and if it is JSON or a form the values in it.
func (s secrets) withBody(body string) secrets {
	s = s.with(body)
	var tree any
	if json.Unmarshal([]byte(body), &tree) == nil {
		return s.withValues("", tree)
	}
	if form, err := url.ParseQuery(body); err == nil && strings.Contains(body, "=") {
		for name, values := range form {
			for _, value := range values {
				s = s.withValues(name, value)
			}
		}
	}
	return s
}

// withValues adds the texts of a tree that are as long as a part must be, or
// whose names say what they are.
func (s secrets) withValues(name string, v any) secrets {
	switch v := v.(type) {
	case string:
		if len(v) >= minPart || isSecretName(name) {
			return s.add(v)
		}
	case []any:
		for _, e := range v {
			s = s.withValues(name, e)
		}
	case map[string]any:
		for name, e := range v {
			s = s.withValues(name, e)
		}
	}
	return s
}

// part is what punctuation does not divide: a token, a field of a cookie, a
// text in JSON.
var part = regexp.MustCompile(`[^\s"'{}\[\](),:=&;<>\\]{8,}=*`)

// with adds a value, as it is and as whoever reads it understands it: whole,
// its lines, and its parts that are no names of others.
func (s secrets) with(value string) secrets {
	for v, ok := plain(value), true; ok; v, ok = v.unescaped() {
		s = s.add(v.text)
		for line := range strings.Lines(v.text) {
			if len(line) >= minPart {
				s = s.add(line)
			}
		}
		for _, at := range part.FindAllStringIndex(v.text, -1) {
			if rest := strings.TrimLeft(v.text[at[1]:], `"' `); !strings.HasPrefix(rest, ":") {
				s = s.add(v.text[at[0]:at[1]])
			}
		}
	}
	return s
}

func (s secrets) add(text string) secrets {
	if text = strings.TrimSpace(text); len(text) < minSecret {
		return s
	}
	return append(s, folded(text))
}

// shown returns what of a foreign text is kept. What is secret goes before it
// is cut, or else the cut would leave half a secret that nobody recognises.
func (s secrets) shown(text string) foreign.Text { return s.shownIn(text, maxText) }

// shownIn is shown in so many bytes at most, and an ellipsis.
func (s secrets) shownIn(text string, most int) foreign.Text { return clipped(s.Hide(text), most) }

// shownTLS returns what of a handshake is kept. Facts may be shared: they are
// not changed.
func (s secrets) shownTLS(t *health.TLS) *health.TLS {
	if t == nil || len(s) == 0 {
		return t
	}
	subject, issuer := s.shown(string(t.Subject)), s.shown(string(t.Issuer))
	if subject == t.Subject && issuer == t.Issuer {
		return t
	}
	c := *t
	c.Subject, c.Issuer = subject, issuer
	return &c
}
