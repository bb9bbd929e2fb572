package probe

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/expect"
)

// newExpectation compiles a check's expectation, which may speak of what the
// kind of check has and no more. Without one it returns nil.
func newExpectation(shelf *expect.Shelf, spec *health.Spec, kind string, names ...string) (*expect.Program, []health.FieldError) {
	if strings.TrimSpace(spec.Expect) == "" {
		return nil, nil
	}
	p, err := shelf.Compile(spec.Expect)
	if err != nil {
		wrong := health.FieldError{Field: "expect", Reason: err.Error()}
		var mistake *expect.Error
		if errors.As(err, &mistake) {
			wrong.Hint = mistake.Hint
		}
		return nil, []health.FieldError{wrong}
	}
	for _, name := range p.Names() {
		if !slices.Contains(names, name) {
			return nil, []health.FieldError{{
				Field:  "expect",
				Reason: fmt.Sprintf("%s has no meaning for %s", name, kind),
				Hint:   "the answer of such a check has " + strings.Join(names, ", "),
			}}
		}
	}
	return p, nil
}

// expected asks an expectation about an answer. With one given, it alone
// decides: no other idea of success applies.
func expected(p *expect.Program, a expect.Answer) *fault {
	ok, why, err := p.Holds(a)
	switch {
	case ok:
		return nil
	case errors.Is(err, expect.ErrNotJSON):
		return blame(health.NotJSON, why)
	case errors.Is(err, expect.ErrTooCostly):
		return &fault{verdict: health.Indeterminate, reason: health.LocalOverload, text: why}
	}
	return blame(health.ExpectationFailed, why)
}

// tlsFor returns what an expectation sees of a handshake.
func tlsFor(t *health.TLS, now time.Time) expect.TLS {
	return expect.TLS{
		DaysLeft: daysLeft(t, now), NotAfter: t.NotAfter, Version: t.Version, Cipher: t.Cipher,
		ALPN: t.ALPN, Subject: string(t.Subject), Issuer: string(t.Issuer),
	}
}
