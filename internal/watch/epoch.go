package watch

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// epochOf returns a code of the question that a check asks: whom, and what is
// expected. What is believed of one question is not taken up by another, neither
// after a restart nor when checks are set anew. How often it is asked, how many
// answers it takes and how late a heartbeat may be does not count, nor do the
// values of headers and the body: they may be secrets, and a code of a secret that
// is easy to guess gives it away.
func epochOf(s *health.Spec) string {
	h := fnv.New64a()
	for _, part := range []struct{ name, value string }{
		{"target", s.Target}, {"mode", string(s.Mode)}, {"family", string(s.Family)}, {"expect", s.Expect},
		{"method", s.Method}, {"path", s.Path}, {"headers", strings.Join(slices.Sorted(maps.Keys(s.Headers)), " ")},
		{"redirects", nonzero(s.Redirects)}, {"server_name", s.ServerName}, {"ca_file", s.CAFile}, {"skip_verify", nonzero(s.SkipVerify)},
		{"service_id", s.ServiceID},
	} {
		if part.value != "" { // a later version's new parts must not change the code
			fmt.Fprintf(h, "%s=%s\x00", part.name, part.value)
		}
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// nonzero writes a value, and nothing for the zero one.
func nonzero[T comparable](value T) string {
	var zero T
	if value == zero {
		return ""
	}
	return fmt.Sprint(value)
}
