package main

import (
	"context"
	"fmt"
	"os"

	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

type serveCmd struct {
	optionFlags
}

// Help is the long help.
func (serveCmd) Help() string {
	return `Serves until Ctrl-C: the page on /, the API under /api/v1, metrics for Prometheus on /metrics. A flag wins over its variable, a variable over the configuration file. The file is read anew when it changes and on SIGHUP; docs/configuration.md tells what may be in it.

Examples:

  portreeve serve
  portreeve serve --watch-port 8500,3000 --check tcp://db.example.org:5432
  portreeve serve --config /etc/portreeve/portreeve.yaml
  portreeve serve --listen 127.0.0.1:9870 --database sqlite:/var/lib/portreeve/portreeve.db
`
}

// Run serves.
func (c *serveCmd) Run(ctx context.Context, line *kong.Context, s streams) error {
	return app.Serve(ctx, app.ServeOptions{
		Flags: given(line), LookupEnv: os.LookupEnv, File: c.Config,
		Version: build().Version, Log: s.err,
		Ready: func(url string) { fmt.Fprintln(s.out, "portreeve watches this machine:", url) },
	})
}
