package main

import (
	"context"

	"github.com/portreeve/portreeve/internal/app"
)

type doctorCmd struct {
	JSON bool `help:"Print JSON."`
}

// Help is the long help.
func (doctorCmd) Help() string {
	return `Looks at what portreeve stands on here: kernel and sockets, privileges, limits, links and gateway, resolver, clock. Each line is ok, warn (something can be done without) or fail (something will not work), with what to do about it. It changes nothing.

Exit status: 0 nothing fails, 1 something does.

Examples:

  portreeve doctor
  portreeve doctor --json | jq '.items[] | select(.condition != "ok")'
`
}

// Run examines this machine.
func (c *doctorCmd) Run(ctx context.Context, s streams) error {
	return app.Doctor(ctx, app.DoctorOptions{JSON: c.JSON}, s.out, s.err)
}
