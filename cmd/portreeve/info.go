package main

import (
	"context"

	"github.com/portreeve/portreeve/internal/app"
)

type infoCmd struct {
	Name string `arg:"" help:"The name that it signed up with."`

	signupFlags
}

// Help is the long help.
func (infoCmd) Help() string {
	return `Shows what is asked, what the app answers, who signed it up and how often it was started anew. It takes the token of its owner, as it was kept here by register.

Examples:

  portreeve info shop
  portreeve info shop --json
`
}

// Run shows what is known.
func (c *infoCmd) Run(ctx context.Context, s streams) error {
	return app.Info(ctx, c.of(c.Name), s.out, s.err)
}
