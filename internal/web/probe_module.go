package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A module is a way to ask a target, named as those of blackbox_exporter's
// example configuration are where they do the same.
type module struct {
	name  string
	kinds []string // of targets; the first is meant by a target without a scheme
	about string
	shape func(*health.Spec)
}

// modules lists them. To add one, add a line.
func modules() []module {
	return []module{
		{"tcp_connect", []string{"tcp"}, "passes when a connection is accepted", func(s *health.Spec) { s.Mode = health.Accept }},
		{"tcp_half_open", []string{"tcp"}, "passes when half a handshake is answered, which the application never sees", func(s *health.Spec) { s.Mode = health.Listen }},
		{"tls_connect", []string{"tls"}, "passes when the handshake succeeds with a certificate that is trusted, in time and of that name", func(*health.Spec) {}},
		{"http_2xx", []string{"http", "https"}, "passes when GET is answered by a status of 200 to 299, at most three redirects later", func(s *health.Spec) {
			s.Expect, s.Redirects = "status >= 200 and status < 300", health.MaxRedirects
		}},
	}
}

func moduleNames() []string {
	var names []string
	for _, m := range modules() {
		names = append(names, m.name)
	}
	return names
}

// specOfModule returns the check that a target and a module stand for, without
// times. Without a module the target's own kind says what is asked.
func specOfModule(target, name string) (health.Spec, []wrongField) {
	spec := health.Spec{Target: target}
	if name == "" {
		return spec, wrongKind(target, kinds(), "nobody here asks")
	}
	i := slices.IndexFunc(modules(), func(m module) bool { return m.name == name })
	if i < 0 {
		text := "is unknown; modules are " + strings.Join(moduleNames(), ", ")
		if near, ok := port.Nearest(name, moduleNames()); ok {
			text = fmt.Sprintf("is unknown; did you mean %s?", near)
		}
		return spec, []wrongField{wrong("query.module", name, "%s", text)}
	}
	m := modules()[i]
	if !strings.Contains(target, "://") {
		spec.Target = m.kinds[0] + "://" + target
	}
	m.shape(&spec)
	return spec, wrongKind(spec.Target, m.kinds, m.name+" does not ask")
}

// wrongKind names a target of a kind that is not among those of a module. What
// cannot be read at all is somebody else's to tell.
func wrongKind(target string, kinds []string, refusal string) []wrongField {
	t, err := health.ParseTarget(target)
	if err != nil || slices.Contains(kinds, t.Kind) {
		return nil
	}
	return []wrongField{wrong("query.target", target, "is a target that %s; write %s://", refusal, strings.Join(kinds, "://, "))}
}

// kinds lists those that any module asks.
func kinds() []string {
	var all []string
	for _, m := range modules() {
		all = append(all, m.kinds...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// foreignTarget makes a text of a caller's safe to show in a message.
func foreignTarget(text string) string { return foreign.Text(text).Clip(maxShown) }
