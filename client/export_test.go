package client

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/discovery"
)

// Briskly lets an app turn to its server often, so that tests need not wait.
func Briskly() Option {
	return func(o *options) {
		o.rhythm = rhythm{first: 10 * time.Millisecond, most: 50 * time.Millisecond, verify: 50 * time.Millisecond, settle: 100 * time.Millisecond}
	}
}

// Within lets everything be looked for in a network that a test plays, and on
// this machine at a URL, unless that is empty.
func Within(local string, browse func(ctx context.Context, serviceType string, tell func(discovery.Found)) error) Option {
	return func(o *options) { o.finder = finder{local: local, browse: browse} }
}

// FindWith is Find with options.
func FindWith(ctx context.Context, opts ...Option) (*Server, error) {
	return optionsOf(opts).finder.find(ctx)
}
