package main

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/app"
)

type flappyCmd struct {
	Port    string        `arg:"" help:"The port to ask for, on every host that names none of its own."`
	Host    []string      `arg:"" optional:"" help:"Hosts, as db1, db1:8080, 10.0.0.5, ::1 or [::1]:8080. Without any, or for -, a list is read from standard input."`
	Seconds float64       `short:"s" default:"5" placeholder:"N" help:"From one round to the next (default: ${default})."`
	Checks  int           `short:"n" default:"5" placeholder:"N" help:"Rounds (default: ${default})."`
	Timeout time.Duration `default:"2s" placeholder:"TIME" help:"Silence is a failure after this time (default: ${default})."`
	Mode    string        `placeholder:"MODE" complete:"mode" help:"accept: connect, and hang up. listen: half a handshake, which the application never sees (default: accept)."`
	JSON    bool          `help:"Print a line of JSON for each host."`
}

// Help is the long help.
func (flappyCmd) Help() string {
	return `Asks every host several times whether it takes connections to the port, all hosts at once, and prints a line for each in the order given: ok when every round was, DOWN when none was, flappy between. A round that could not be judged for a fault of this machine's own counts for nothing.

A list has one host per line. Blank lines and what follows a # are skipped, ends of lines may be those of Windows, hosts may be in it twice. Is a line wrong, nothing is asked.

Exit status: 0 all ok, 1 some flappy, 2 some DOWN, 3 some could not be checked (2 before 3 before 1), 130 ended by Ctrl-C.

Examples:

  portreeve flappy 8080 < hosts
  portreeve flappy 443 web1 web2 web3:8443 --seconds 1
  portreeve flappy 22 --json < hosts | jq -r 'select(.grade != "ok") | [.host, .reason] | @tsv'
`
}

// Run asks the hosts.
func (c *flappyCmd) Run(ctx context.Context, s streams) error {
	return app.Flappy(ctx, app.FlappyOptions{
		Port: c.Port, Hosts: c.Host, Seconds: c.Seconds, Checks: c.Checks, Timeout: c.Timeout, Mode: c.Mode, JSON: c.JSON,
	}, s.in, s.out, s.err)
}
