package main

import (
	"context"
	"os"

	"github.com/portreeve/portreeve/internal/app"
)

type alertsCmd struct {
	Action string `arg:"" complete:"alerts" help:"test."`
	Route  string `arg:"" help:"The name of a route in alerts."`
	Config string `placeholder:"FILE" env:"PORTREEVE_CONFIG" help:"The configuration that serve is started with."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Help is the long help.
func (alertsCmd) Help() string {
	return `Sends a sample on each channel of a route, as an outage would be sent, and tells what became of it: what the mail server, the service or the webhook answered. Nothing is kept, and nothing is tried again.

Exit status: 0 every channel took it, 1 one did not.

Examples:

  portreeve alerts test ops
  portreeve alerts test ops --config /etc/portreeve/portreeve.yaml
`
}

// Run tries the route out.
func (c *alertsCmd) Run(ctx context.Context, s streams) error {
	return app.Alerts(ctx, app.AlertsOptions{
		Action: c.Action, Route: c.Route, File: c.Config, JSON: c.JSON, LookupEnv: os.LookupEnv,
	}, s.out, s.err)
}
