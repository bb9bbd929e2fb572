package config

import (
	"net"
	"slices"
	"strings"
)

// An address is what one source says of where to listen: nil where it says
// nothing.
type address struct {
	source           Source
	listen, ip, port *word
}

// address records one word of where to listen.
func (l *loading) address(name string, w word) {
	if n := len(l.addresses); n == 0 || l.addresses[n-1].source != w.at.Source {
		l.addresses = append(l.addresses, address{source: w.at.Source})
	}
	a := &l.addresses[len(l.addresses)-1]
	switch name {
	case "listen":
		a.listen = &w
	case "bind_addr":
		a.ip = &w
	default:
		a.port = &w
	}
}

// chooseListen makes the address to listen on of what the sources say: each
// half is the highest source's, and within one source --listen wins.
func (l *loading) chooseListen() {
	host, port, err := net.SplitHostPort(l.config.Listen)
	if err != nil {
		return // the default is one; a test says so
	}
	var from [2]Origin
	for _, a := range l.addresses {
		if a.ip != nil {
			host, from[0] = strings.Trim(a.ip.text, "[]"), a.ip.at
		}
		if a.port != nil {
			port, from[1] = a.port.text, a.port.at
		}
		if a.listen != nil {
			host, port, _ = net.SplitHostPort(a.listen.text)
			from = [2]Origin{a.listen.at, a.listen.at}
		}
	}
	l.config.Listen = net.JoinHostPort(host, port)
	if from != [2]Origin{} {
		l.config.origins["listen"] = slices.Compact(from[:])
	}
}
