package reach

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// A nameError is why there are no addresses of a host.
type nameError struct {
	host string
	judgement
	says string
}

// Error says what was found out about which host.
func (e *nameError) Error() string { return e.host + ": " + e.says }

// isFact reports whether an error says that there is no such name or address,
// which the target is to blame for.
func (e *nameError) isFact() bool { return e != nil && e.verdict == health.Fail }

// noSuchName returns the error that there is no such name, for a fact.
func noSuchName(host, says string) *nameError {
	return &nameError{host, judgement{health.Fail, health.NoSuchName}, says}
}

// noSuchAddress returns the error that a name has no address of its family.
func noSuchAddress(of name) *nameError {
	if of.v6 {
		return noSuchName(of.host, "no such name, or none with an IPv6 address")
	}
	return noSuchName(of.host, "no such name, or none with an IPv4 address")
}

// gaveUp returns the error of who waited for a lookup in vain.
func gaveUp(host string, err error) *nameError {
	if errors.Is(err, context.Canceled) {
		return &nameError{host, judgement{health.Indeterminate, health.LocalOverload}, "given up before it was looked up"}
	}
	return &nameError{host, judgement{health.Indeterminate, health.LocalResolver}, "no answer from the resolver"}
}

// explain returns what an error of package net says of a name. While there are
// too few descriptors nothing is a fact: the hosts file or the configuration
// may not have been read.
func explain(of name, err error, short bool) *nameError {
	var dns *net.DNSError
	var addr *net.AddrError
	switch {
	case short, starved(err):
		return &nameError{of.host, judgement{health.Indeterminate, health.LocalFDs}, "not looked up: too many open files"}
	case errors.As(err, &dns) && dns.IsNotFound, errors.As(err, &addr): // it has addresses, but of the other family
		return noSuchAddress(of)
	case dns == nil:
		return &nameError{of.host, judgement{health.Indeterminate, health.LocalResolver}, err.Error()}
	}
	return &nameError{of.host, judgement{health.Indeterminate, health.LocalResolver}, complaint(dns)}
}

// complaint words a resolver's error without the ports of our end, which
// differ each time.
func complaint(err *net.DNSError) string {
	text := err.Err[strings.LastIndex(err.Err, ": ")+1:]
	if err.IsTimeout {
		text = "no answer"
	}
	text = strings.TrimSpace(text)
	if err.Server == "" {
		return "the resolver: " + text
	}
	return "the resolver " + err.Server + ": " + text
}
