package main

import (
	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

// A cli is the command line: to add a command, add a line.
type cli struct {
	Ports      portsCmd      `cmd:"" help:"Show what listens, who holds it and who is connected."`
	Conns      connsCmd      `cmd:"" help:"Count the connections to this machine's services."`
	Serve      serveCmd      `cmd:"" help:"Watch this machine: page, API and metrics."`
	Textfile   textfileCmd   `cmd:"" help:"Write metrics for node_exporter's textfile collector."`
	Version    versionCmd    `cmd:"" help:"Print version, commit, Go and platform."`
	Completion completionCmd `cmd:"" help:"Print a script that completes commands in a shell."`
	Man        manCmd        `cmd:"" hidden:"" help:"Print the manual page."`
}

// newParser returns the parser of the command line.
func newParser(s streams) (*kong.Kong, error) {
	return kong.New(&cli{}, kong.Name("portreeve"), kong.Writers(s.out, s.err),
		kong.Description("Portreeve tells what listens on this machine, who holds it, and who is connected."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"listen": app.DefaultListen},
		kong.PostBuild(func(k *kong.Kong) error { k.Model.HelpFlag.Help = "Show this help."; return nil }))
}
