package main

import (
	"cmp"
	"os"

	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

type configCmd struct {
	Action string `arg:"" complete:"config" help:"check or print."`
	File   string `arg:"" optional:"" help:"The configuration file (default: the one that serve would read)."`
	JSON   bool   `name:"json" help:"Print JSON."`
	optionFlags
}

// Help is the long help.
func (configCmd) Help() string {
	return `Loads what serve would run with, from the same flags, variables and file, and starts nothing. "check" says that it is right, or lists every mistake with its place and exits 1. "print" prints what it all comes to, with a comment on each value that says where it comes from; that is itself a valid configuration, but for headers and bodies of checks, which are never shown.

Examples:

  portreeve config check portreeve.yaml
  portreeve config print
  portreeve config print --port 9870 --json | jq .origins.listen
`
}

// Run checks or prints the configuration.
func (c *configCmd) Run(line *kong.Context, s streams) error {
	return app.Configuration(app.ConfigOptions{
		Action: c.Action, File: cmp.Or(c.File, c.Config), Flags: given(line), LookupEnv: os.LookupEnv, JSON: c.JSON,
	}, s.out, s.err)
}
