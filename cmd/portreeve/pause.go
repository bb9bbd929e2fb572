package main

import (
	"context"

	"github.com/portreeve/portreeve/internal/app"
)

type pauseCmd struct {
	Name string `arg:"" help:"The name that it signed up with."`
	Why  string `placeholder:"TEXT" help:"For people, on one line."`

	signupFlags
}

// Help is the long help.
func (pauseCmd) Help() string {
	return `Nobody asks the app any more, and nobody is told that it is down, until it is resumed or signs up again. It takes the token of its owner, as it was kept here by register.

Examples:

  portreeve pause shop --why "the disk is replaced"
`
}

// Run pauses the check.
func (c *pauseCmd) Run(ctx context.Context, s streams) error {
	return app.Pause(ctx, c.of(c.Name), c.Why, s.out, s.err)
}
