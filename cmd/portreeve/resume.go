package main

import (
	"context"

	"github.com/portreeve/portreeve/internal/app"
)

type resumeCmd struct {
	Name string `arg:"" help:"The name that it signed up with."`

	signupFlags
}

// Help is the long help.
func (resumeCmd) Help() string {
	return `The app is asked again. It takes the token of its owner, as it was kept here by register.

Examples:

  portreeve resume shop
`
}

// Run resumes the check.
func (c *resumeCmd) Run(ctx context.Context, s streams) error {
	return app.Resume(ctx, c.of(c.Name), s.out, s.err)
}
