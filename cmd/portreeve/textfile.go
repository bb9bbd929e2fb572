package main

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/app"
)

type textfileCmd struct {
	Directory     string        `required:"" placeholder:"DIR" complete:"dir" env:"PORTREEVE_TEXTFILE_DIRECTORY" help:"node_exporter's --collector.textfile.directory."`
	File          string        `default:"portreeve.prom" placeholder:"NAME" env:"PORTREEVE_TEXTFILE_FILE" help:"Name of the file there (default: ${default})."`
	WatchPort     []string      `placeholder:"PORT" env:"PORTREEVE_WATCH_PORT" help:"Count connections to this port even while nobody listens on it. May be repeated."`
	Interval      time.Duration `default:"15s" placeholder:"TIME" env:"PORTREEVE_TEXTFILE_INTERVAL" help:"Time between two writings (default: ${default})."`
	Once          bool          `help:"Write once and end; the file stays."`
	ClientMetrics bool          `env:"PORTREEVE_CLIENT_METRICS" help:"Also a metric per busy client address."`
	Verbose       bool          `short:"v" env:"PORTREEVE_VERBOSE" help:"Log details too."`
	Debug         bool          `short:"d" env:"PORTREEVE_DEBUG" help:"Log details, and where in the code each line comes from."`
}

// Help is the long help.
func (textfileCmd) Help() string {
	return `The file is replaced in one piece. At a clean end it is removed, so that no stale numbers stay.

Examples:

  portreeve textfile --directory /var/lib/prometheus/node-exporter --watch-port 8500
  portreeve textfile --directory /tmp --once && cat /tmp/portreeve.prom
`
}

// Run writes the file.
func (c *textfileCmd) Run(ctx context.Context, s streams) error {
	watched, err := app.ParsePorts(c.WatchPort)
	if err != nil {
		return err
	}
	return app.Textfile(ctx, app.TextfileConfig{
		Directory: c.Directory, File: c.File, WatchPorts: watched,
		Interval: c.Interval, Once: c.Once, Clients: c.ClientMetrics, Version: build().Version,
	}, app.NewLogger(s.err, c.Verbose, c.Debug))
}
