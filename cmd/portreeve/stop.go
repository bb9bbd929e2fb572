package main

import (
	"context"

	"github.com/portreeve/portreeve/internal/app"
)

type stopCmd struct {
	Name string `arg:"" help:"The name that it signed up with."`

	signupFlags
}

// Help is the long help.
func (stopCmd) Help() string {
	return `Nobody asks the app any more, its name is free, and what is kept here of it is forgotten. What happened to it stays in the server's journal. It takes the token of its owner, as it was kept here by register.

Examples:

  portreeve stop shop
`
}

// Run signs the app off.
func (c *stopCmd) Run(ctx context.Context, s streams) error {
	return app.Stop(ctx, c.of(c.Name), s.out, s.err)
}
