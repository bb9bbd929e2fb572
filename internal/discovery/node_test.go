package discovery

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// A nowhere is the network of a system that has none for us.
type nowhere struct{}

func (nowhere) interfaces() ([]iface, error) {
	return nil, fmt.Errorf("multicast DNS on this system: %w", errors.ErrUnsupported)
}

func (nowhere) open(iface, family) (conn, error) { return nil, errors.ErrUnsupported }

// Where no network can be used for good, nobody waits for one.
func TestNoNetworkForGood(t *testing.T) {
	o := Options{Log: testLog(t), network: nowhere{}}
	for _, tt := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"browse", func(ctx context.Context) error { return o.Browse(ctx, "_portreeve._tcp", func(Found) {}) }},
		{"respond", (&Responder{Options: o, Host: "shop", Services: []Service{hall(8443)}}).Run},
	} {
		if err := tt.run(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v, want %v", tt.name, err, errors.ErrUnsupported)
		}
	}
}
