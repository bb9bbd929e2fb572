package registry

import (
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// TestAllThatIsWrongIsToldTogether: what could not be read, what is out of range,
// what the roster alone knows and that others ask the same target, in one answer
// and each field once.
func TestAllThatIsWrongIsToldTogether(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	full := asking("full", "tcp://db:80")
	full.Interval = health.Duration(5 * time.Second)
	v.register(t, at("192.0.2.1"), full)
	writes := d.writes
	p.wrong = func(r registration.Registration) []health.FieldError {
		wrong := []health.FieldError{{Field: "alerts", Reason: "there is no route dev"}, {Field: "expect", Reason: "does not compile"}}
		if strings.Contains(r.Spec.Target, "invalid") {
			wrong = append(wrong, health.FieldError{Field: "target", Reason: "a target that nobody has asked for is not reached"})
		}
		return wrong
	}
	app := registration.Caller{Addr: at("192.0.2.7").Addr, Compat: true}
	for _, tt := range []struct {
		name string
		ask  registration.Request
		want string
	}{
		{"a page", registration.Request{
			Name: "api", Target: "http://:80", Unhealthy: 11, Expect: "x", Alerts: []string{"dev"}, Email: "nobody",
			Wrong: []health.FieldError{{Field: "interval", Reason: "must be a time such as 30s"}},
		}, "interval: must be a time such as 30s; unhealthy_threshold: 11 is out of range: 2 to 10; expect: does not compile; alerts: there is no route dev; email: \"nobody\" is no address"},
		{"a page at no address", registration.Request{Name: "api", Target: "http://db:99999", Expect: "x"}, `target: "http://db:99999" needs a port from 1 to 65535; expect: does not compile; alerts: there is no route dev`},
		{"who is asked already", registration.Request{Name: "api", Target: "tcp://db:80", Timeout: 1}, "interval: other checks ask the same target already as often as it may be asked; timeout: 1ns is out of range: 2s to 60s; expect: does not compile; alerts: there is no route dev"},
		{"a wrong interval of who is asked already", registration.Request{Name: "api", Target: "tcp://db:80", Interval: 1}, "interval: 1ns is out of range: 5s to 300s; expect: does not compile; alerts: there is no route dev"},
	} {
		_, err := v.Register(t.Context(), app, tt.ask)
		if r := refused(t, err, registration.Invalid); r.Error() != "The registration is not valid; "+tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, r, tt.want)
		}
	}
	_, err := v.Change(t.Context(), at("192.0.2.1"), "full", asking("other", "gopher://h"))
	if r := refused(t, err, registration.Invalid); r.Error() != `The registration is not valid; name: cannot be changed; target: "gopher" is no kind that can be signed up for; expect: does not compile; alerts: there is no route dev` {
		t.Errorf("a change: %s", r)
	}
	if d.writes != writes || len(v.Registrations()) != 1 {
		t.Error("refused, and yet something has happened")
	}
}
