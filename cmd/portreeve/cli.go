package main

import (
	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

// A cli is the command line: to add a command, add a line.
type cli struct {
	Ports      portsCmd      `cmd:"" help:"Show what listens, who holds it and who is connected."`
	Conns      connsCmd      `cmd:"" help:"Count the connections to this machine's services."`
	Flappy     flappyCmd     `cmd:"" help:"Tell which hosts of a list are up, down or flappy."`
	Check      checkCmd      `cmd:"" help:"Ask servers once whether they are well."`
	Monitor    monitorCmd    `cmd:"" help:"Ask one API again and again: mail outages and recoveries, keep each change."`
	Doctor     doctorCmd     `cmd:"" help:"Tell what will and what will not work on this machine."`
	Serve      serveCmd      `cmd:"" help:"Watch this machine: page, API and metrics."`
	Register   registerCmd   `cmd:"" help:"Sign an app up with a server, to be watched."`
	Beat       beatCmd       `cmd:"" help:"Send a server the heartbeat of a job."`
	Info       infoCmd       `cmd:"" help:"Show what a server knows of an app that signed up."`
	Pause      pauseCmd      `cmd:"" help:"Have nobody ask an app that signed up."`
	Resume     resumeCmd     `cmd:"" help:"Have it asked again."`
	Stop       stopCmd       `cmd:"" help:"Sign an app off."`
	Alerts     alertsCmd     `cmd:"" help:"Try out how outages are told."`
	Config     configCmd     `cmd:"" help:"Check the configuration, or print it with where each value comes from."`
	Textfile   textfileCmd   `cmd:"" help:"Write metrics for node_exporter's textfile collector."`
	Token      tokenCmd      `cmd:"" help:"Say who may come in from other machines: add, list and remove tokens."`
	Version    versionCmd    `cmd:"" help:"Print version, commit, Go and platform."`
	Completion completionCmd `cmd:"" help:"Print a script that completes commands in a shell."`
	Man        manCmd        `cmd:"" hidden:"" help:"Print the manual page."`
}

// newParser returns the parser of the command line.
func newParser(s streams) (*kong.Kong, error) {
	k, err := kong.New(&cli{}, kong.Name("portreeve"), kong.Writers(s.out, s.err),
		kong.Description("Portreeve tells what listens on this machine, who is connected, and whether the services you care about are up."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.ValueFormatter(withVariables),
		kong.Vars{"listen": app.DefaultListen},
		kong.PostBuild(func(k *kong.Kong) error { k.Model.HelpFlag.Help = "Show this help."; return nil }))
	if err == nil {
		describe(k.Model)
	}
	return k, err
}
