package config

import (
	"net/netip"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// Registration says whether apps may sign themselves up to be watched.
type Registration struct {
	Enabled  bool
	Compat   bool // healthchecker's endpoints too
	Announce bool // by multicast DNS

	Allow         []netip.Prefix  // callers besides this machine's, and what they may have asked
	DefaultAlerts []string        // routes of registered checks that name none
	PauseAfter    health.Duration // how long one may be down until it is paused; 0: for ever
}

// RegistrationOnly reports whether the address to listen on is open to others
// in plain HTTP for no other reason than that old apps sign up there: then
// nothing else may be answered to callers from elsewhere.
func (c *Config) RegistrationOnly() bool {
	return c.Registration.Compat && c.open()
}

// open reports whether other machines reach the address to listen on without
// TLS, and nobody has said that it shall be so.
func (c *Config) open() bool {
	return !c.Insecure && c.Auth.TLSCert == "" && !c.Loopback()
}

// never is what a time that does not come is written as.
const never = "never"

// A timeOrNever is a duration that may be nought, which means that it does not
// come.
type timeOrNever health.Duration

// String writes the time as it is read.
func (t timeOrNever) String() string {
	if t == 0 {
		return never
	}
	return short(health.Duration(t))
}

func parseTimeOrNever(text string) (timeOrNever, error) {
	switch strings.ToLower(text) {
	case never, "0", "0s":
		return 0, nil
	}
	d, err := parseTime(text)
	return timeOrNever(d), err
}
