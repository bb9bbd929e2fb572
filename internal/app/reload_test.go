package app

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/portreeve/portreeve/internal/config"
)

// TestNetworksAreThoseOfTheStart: a reload that names other networks opens none to
// checks of apps, as it opens the door to none.
func TestNetworksAreThoseOfTheStart(t *testing.T) {
	networks := func(text string) *config.Config {
		c := &config.Config{}
		c.Registration.Allow = []netip.Prefix{netip.MustParsePrefix(text)}
		c.Registration.DefaultAlerts = []string{text}
		return c
	}
	r := reloader{running: Config{Config: networks("10.0.0.0/8")}}
	next := networks("192.168.0.0/16")
	got := r.reaching(next).Registration
	if !slices.Equal(got.Allow, r.running.Registration.Allow) || !slices.Equal(got.DefaultAlerts, next.Registration.DefaultAlerts) {
		t.Errorf("from %v to %v it came to %v", r.running.Registration, next.Registration, got)
	}
	if len(r.running.Restart(next)) != 1 {
		t.Errorf("of %v nobody is told that it takes effect at the next start", next.Registration)
	}
}
