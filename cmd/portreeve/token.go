package main

import (
	"os"

	"github.com/portreeve/portreeve/internal/app"
)

type tokenCmd struct {
	Action string `arg:"" complete:"token" help:"add, list or remove."`
	Name   string `arg:"" optional:"" help:"Who holds the token: a program, a person, a machine."`
	Scope  string `placeholder:"SCOPE" complete:"scope" help:"What a new token permits: read, register (and read) or admin, which is everything (default: read)."`
	File   string `placeholder:"FILE" env:"PORTREEVE_TOKENS_FILE" help:"The token file (default: the one that serve would use)."`
	Config string `placeholder:"FILE" env:"PORTREEVE_CONFIG" help:"The configuration that serve is started with."`
	JSON   bool   `name:"json" help:"List as JSON."`
}

// Help is the long help.
func (tokenCmd) Help() string {
	return `A token lets a program or a person on another machine in. Its secret is printed once; the file keeps only a hash of it. A running server sees a change within a second. Without --file it is the file that serve would use when it is started from here: portreeve.tokens beside the database.

Examples:

  portreeve token add prometheus              may read: metrics, page, API
  portreeve token add deploy --scope register
  portreeve token list
  portreeve token remove prometheus
`
}

// Run changes the token file, or lists it.
func (c *tokenCmd) Run(s streams) error {
	return app.Token(app.TokenOptions{
		Action: c.Action, Name: c.Name, Scope: c.Scope, File: c.File, JSON: c.JSON, Config: c.Config, LookupEnv: os.LookupEnv,
	}, s.out, s.err)
}
