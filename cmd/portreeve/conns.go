package main

import (
	"context"

	"github.com/portreeve/portreeve/internal/app"
)

type connsCmd struct {
	Port  string `arg:"" optional:"" help:"Only this local port, whether somebody listens on it or not."`
	By    string `placeholder:"WHAT" complete:"by" help:"Count by port, client, state or process (default: port)."`
	JSON  bool   `help:"Print JSON, as the API does."`
	Watch bool   `short:"w" help:"Count every second until Ctrl-C; with --json a line of JSON each."`
}

// Help is the long help.
func (connsCmd) Help() string {
	return `Counts the server's side of TCP connections only, so connections within this machine are not counted twice. ` +
		`Those that the server has not accepted yet are UNACCEPTED, not ESTABLISHED. TIME_WAIT is over and belongs to nobody.

Examples:

  portreeve conns                     every port that listens
  portreeve conns 8500 --by client    who holds how many connections to port 8500
  portreeve conns 8500 --json | jq '.items[].total.established'
`
}

// Run shows the connections.
func (c *connsCmd) Run(ctx context.Context, s streams) error {
	return app.Conns(ctx, app.ConnsOptions{Port: c.Port, By: c.By, JSON: c.JSON, Watch: c.Watch}, s.out, s.err)
}
