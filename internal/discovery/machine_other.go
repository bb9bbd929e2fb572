//go:build !linux

package discovery

import "errors"

// A machine is a network that we do not know how to use.
type machine struct{}

var errUnsupported = errors.New("multicast DNS works on Linux only")

func (machine) interfaces() ([]iface, error) { return nil, errUnsupported }

func (machine) open(iface, family) (conn, error) { return nil, errUnsupported }
