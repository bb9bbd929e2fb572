package config

import "net/netip"

// judgeRegistration tells what is wrong between the options of registration,
// and what has no effect.
func (l *loading) judgeRegistration() {
	r := l.config.Registration
	const turnOn = "turn registration on as well: registration.enabled or --registration"
	if r.Compat && !r.Enabled {
		l.clash("registration.compat", turnOn, "nobody can sign up, for registration is off")
	}
	if r.Announce && !r.Enabled {
		l.clash("registration.announce", turnOn, "there is nothing to tell the network of, for registration is off")
	}
	for _, p := range r.Allow {
		l.judgeAllowed(p)
	}
	switch {
	case r.Enabled:
		l.remarkOnRegistration(r)
	case len(r.Allow) > 0:
		l.warn("registration.allow has no effect: nobody can sign up, for registration is off")
	}
}

// judgeAllowed tells of a network that is everybody: whoever may sign up may
// have this machine connect to others of the network.
func (l *loading) judgeAllowed(p netip.Prefix) {
	switch {
	case p.Bits() > 0:
	case l.config.Insecure:
		l.warn("registration.allow: " + p.String() + " is everybody: whoever reaches this address may sign up, and have any address asked")
	default:
		l.clash("registration.allow", "name your own networks, as in 192.168.0.0/16, or add insecure if everybody is what you want",
			quoted(p.String())+" is everybody")
	}
}

// remarkOnRegistration warns of what is right, and will not do what it seems to.
func (l *loading) remarkOnRegistration(r Registration) {
	switch local := l.config.Loopback(); {
	case r.Announce && local:
		l.warn("registration.announce: the network is told of an address that this machine alone reaches: listen on another")
	case r.Compat && !local && len(r.Allow) == 0:
		l.warn("registration.compat: nobody but this machine can sign up: name the networks of your apps in registration.allow")
	case r.Announce && len(r.Allow) == 0:
		l.warn("registration.announce: apps that find this server are refused unless they have a token: name their networks in registration.allow")
	}
	if len(l.config.Alerts) > 0 && len(r.DefaultAlerts) == 0 {
		l.warn("registration.default_alerts: there are routes, and nobody is told of apps that name none of them")
	}
	if r.Compat && l.config.Auth.TLSCert != "" {
		l.warn("registration.compat: healthchecker's clients speak plain HTTP, and do not reach a server with a certificate")
	}
}
