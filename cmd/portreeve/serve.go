package main

import (
	"context"
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/app"
)

type serveCmd struct {
	Listen        string        `placeholder:"ADDR:PORT" default:"${listen}" env:"PORTREEVE_LISTEN" help:"Where page, API and metrics are (default: ${default})."`
	Database      string        `placeholder:"DSN" default:"sqlite:portreeve.db" env:"PORTREEVE_DATABASE" help:"Where what happens is kept: sqlite:FILE, or memory: to keep nothing (default: ${default})."`
	WatchPort     []string      `placeholder:"PORT" env:"PORTREEVE_WATCH_PORT" help:"Count connections to this port even while nobody listens on it. May be repeated."`
	Check         []string      `placeholder:"TARGET" env:"PORTREEVE_CHECK" help:"Check again and again whether a server answers: tcp://HOST:PORT. May be repeated."`
	CheckInterval time.Duration `default:"30s" placeholder:"TIME" env:"PORTREEVE_CHECK_INTERVAL" help:"Time between two checks of a server (default: ${default})."`
	Host          []string      `placeholder:"NAME" env:"PORTREEVE_HOST" help:"A name by which browsers may ask for the page, besides this machine's own. May be repeated."`
	ClientMetrics bool          `env:"PORTREEVE_CLIENT_METRICS" help:"Also a metric per busy client address."`
	Insecure      bool          `env:"PORTREEVE_INSECURE" help:"Permit a --listen address that other machines can reach: anybody there can read."`
	Verbose       bool          `short:"v" env:"PORTREEVE_VERBOSE" help:"Log details too."`
	Debug         bool          `short:"d" env:"PORTREEVE_DEBUG" help:"Log details, and where in the code each line comes from."`
}

// Help is the long help.
func (serveCmd) Help() string {
	return `Serves until Ctrl-C: the page on /, the API under /api/v1, metrics for Prometheus on /metrics.

Examples:

  portreeve serve
  portreeve serve --watch-port 8500,3000 --check tcp://db.example.org:5432
  portreeve serve --listen 127.0.0.1:9870 --database sqlite:/var/lib/portreeve/portreeve.db
`
}

// Run serves.
func (c *serveCmd) Run(ctx context.Context, s streams) error {
	watched, err := app.ParsePorts(c.WatchPort)
	if err != nil {
		return err
	}
	return app.Run(ctx, app.Config{
		Listen: c.Listen, Database: c.Database, Insecure: c.Insecure, Hosts: c.Host,
		WatchPorts: watched, Checks: app.ParseChecks(c.Check, c.CheckInterval), MetricsClients: c.ClientMetrics,
		Version: build().Version,
		Ready:   func(url string) { fmt.Fprintln(s.out, "portreeve watches this machine:", url) },
	}, app.NewLogger(s.err, c.Verbose, c.Debug))
}
