package config

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestRegistrationOnly: an open address that nothing but registration.compat
// permits is for registration alone.
func TestRegistrationOnly(t *testing.T) {
	const compat = "registration: {enabled: true, compat: true, allow: [10.0.0.0/8]}\n"
	tests := []struct {
		file string
		want bool
	}{
		{compat, false},
		{compat + "listen: localhost:1\n", false},
		{compat + "listen: 0.0.0.0:1\n", true},
		{compat + "listen: '[::]:1'\n", true},
		{compat + "listen: 192.0.2.1:1\n", true},
		{compat + "listen: 0.0.0.0:1\ninsecure: true\n", false},
		{compat + "listen: 0.0.0.0:1\nauth: {tls_cert: a, tls_key: b}\n", false},
		{"registration: {enabled: true}\nlisten: 0.0.0.0:1\ninsecure: true\n", false},
	}
	for _, tt := range tests {
		if got := load(t, Sources{File: write(t, tt.file)}).RegistrationOnly(); got != tt.want {
			t.Errorf("%sRegistrationOnly = %v, want %v", tt.file, got, tt.want)
		}
	}
}

// TestRegistrationDoesNotOpen: but for compat, an open address needs what it
// needed before.
func TestRegistrationDoesNotOpen(t *testing.T) {
	_, err := Load(Sources{File: write(t, "listen: 0.0.0.0:1\nregistration: {enabled: true, announce: true, allow: [10.0.0.0/8]}\n")})
	if err == nil || !strings.Contains(err.Error(), "can be reached from other machines") {
		t.Errorf("Load = %v", err)
	}
}

// TestRegistrationRemarks: what is right and will not do what it seems to.
func TestRegistrationRemarks(t *testing.T) {
	tests := []struct{ file, want string }{
		{"registration: {enabled: true, allow: [10.0.0.0/8]}", ""},
		{"registration: {allow: [10.0.0.0/8]}", "nobody can sign up"},
		{"registration: {enabled: true, announce: true}", "this machine alone reaches"},
		{"listen: 0.0.0.0:1\nregistration: {enabled: true, compat: true}", "nobody but this machine can sign up"},
		{"listen: 0.0.0.0:1\nregistration: {enabled: true, compat: true, allow: [10.0.0.0/8]}", ""},
		{"listen: 0.0.0.0:1\ninsecure: true\nregistration: {enabled: true, announce: true}", "refused unless they have a token"},
		{"listen: 0.0.0.0:1\ninsecure: true\nregistration: {enabled: true}", ""},
		{"alerts: {ops: {services: [ntfy://h/t]}}\nregistration: {enabled: true}", "nobody is told of apps that name none of them"},
		{"alerts: {ops: {services: [ntfy://h/t]}}\nregistration: {enabled: true, default_alerts: [ops]}", ""},
		{"alerts: {ops: {services: [ntfy://h/t]}}", ""},
		{"listen: 0.0.0.0:1\nauth: {tls_cert: a, tls_key: b}\nregistration: {enabled: true, compat: true, allow: [10.0.0.0/8]}", "speak plain HTTP"},
		{"listen: 0.0.0.0:1\ninsecure: true\nregistration: {enabled: true, allow: [0.0.0.0/0]}", "0.0.0.0/0 is everybody"},
	}
	for _, tt := range tests {
		got := strings.Join(load(t, Sources{File: write(t, tt.file)}).Warnings, "; ")
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s\nWarnings = %q, want %q", tt.file, got, tt.want)
		}
	}
}

// TestPauseAfter: never, and nought, are for ever.
func TestPauseAfter(t *testing.T) {
	tests := map[string]health.Duration{
		"": health.Duration(24 * time.Hour), "36h": health.Duration(36 * time.Hour), "never": 0, "Never": 0, "0": 0, "0s": 0,
	}
	for text, want := range tests {
		file := "registration: {}\nchecks: [{name: a, target: tcp://h:1}]\n"
		if text != "" {
			file = "registration: {pause_after: " + text + "}\nchecks: [{name: a, target: tcp://h:1, pause_after: " + text + "}]\n"
		}
		c := load(t, Sources{File: write(t, file)})
		if c.Registration.PauseAfter != want {
			t.Errorf("%q is %v, want %v", text, c.Registration.PauseAfter, want)
		}
		if got := c.Checks[0].PauseAfter; text != "" && got != want {
			t.Errorf("%q of a check is %v, want %v", text, got, want)
		}
		var b strings.Builder
		if err := c.Print(&b); err != nil {
			t.Fatal(err)
		}
		if printed := strings.Count(b.String(), "pause_after: never"); (printed == 1) != (want == 0) {
			t.Errorf("%q is printed as\n%s", text, &b)
		}
	}
}

// TestRestartOfRegistration: routes and pauses take effect at a reload, who may
// come in does not.
func TestRestartOfRegistration(t *testing.T) {
	c, next := Default(), Default()
	next.Registration = Registration{
		Enabled: true, Compat: true, Announce: true, DefaultAlerts: []string{"ops"},
		Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	var names []string
	for _, o := range c.Restart(next) {
		names = append(names, o.Name)
	}
	want := []string{"registration.enabled", "registration.compat", "registration.announce", "registration.allow"}
	if !slices.Equal(names, want) {
		t.Errorf("Restart = %v, want %v", names, want)
	}
}
