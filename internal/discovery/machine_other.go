//go:build !linux

package discovery

import (
	"errors"
	"fmt"
)

// A machine is a network that we do not know how to use.
type machine struct{}

var errUnsupported = fmt.Errorf("multicast DNS on this system: %w", errors.ErrUnsupported)

func (machine) interfaces() ([]iface, error) { return nil, errUnsupported }

func (machine) open(iface, family) (conn, error) { return nil, errUnsupported }
