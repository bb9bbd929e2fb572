package main

import (
	"os"

	"github.com/portreeve/portreeve/internal/app"
)

// signupFlags are the flags of every command that talks to a server about an app
// that signed up there.
type signupFlags struct {
	Server string `placeholder:"URL" env:"PORTREEVE_SERVER" help:"The server (default: where the name was registered from here, else found on the local network)."`
	Token  string `placeholder:"TOKEN" env:"PORTREEVE_TOKEN" help:"What shows that it is ours (default: the owner's token that was kept here). Better set PORTREEVE_TOKEN: others can see flags."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// of returns the words that are about one app.
func (f signupFlags) of(name string) app.SignupOptions {
	return app.SignupOptions{
		Name: name, Server: f.Server, Token: f.Token, Shown: f.Token != "" && f.Token != os.Getenv("PORTREEVE_TOKEN"),
		JSON: f.JSON, LookupEnv: os.LookupEnv,
	}
}
