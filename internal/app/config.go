// Package app wires the house: it is the only package that knows all others.
// [Serve] is `portreeve serve`; a [Looker] is one look without a server, for
// the commands that print tables; [Flappy] and [Check] ask the network;
// [Textfile] writes metrics for node_exporter.
package app

import (
	"os"
	"path/filepath"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/port"
)

// A Config is what [Run] runs with: what the user asked for, and what only the
// program itself can say.
type Config struct {
	*config.Config

	// Reload loads what the user asks for now; nil: it never changes. It is
	// called when the file has changed, and for each of Hangups.
	Reload  func() (*config.Config, error)
	Hangups <-chan os.Signal
	Version string
	Ready   func(url string) // called once the page answers; may be nil
	// Teller makes it a monitor: without ports, page, API and metrics, it tells
	// what becomes of the checks.
	Teller *teller
}

// DefaultListen is where the page is when nobody says otherwise.
const DefaultListen = "127.0.0.1:9860"

// lookBudget is the share of one core that looking at ports may use.
const lookBudget = 0.01

// tokensFile returns where the tokens are: beside the journal unless the user
// says otherwise, and nowhere when nothing is kept.
func (c Config) tokensFile() string {
	if c.Auth.TokensFile != "" {
		return c.Auth.TokensFile
	}
	path, err := journal.ParseDSN(c.Journal())
	if err != nil || path == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(path), DefaultTokensFile)
}

// publicRead reports whether anybody who can reach the page may read it.
func (c Config) publicRead() bool { return c.Auth.PublicRead || c.Insecure }

// notices returns what the configuration gives up, for the page to say.
func notices(c Config) []port.Degraded {
	if !c.publicRead() || c.Loopback() {
		return nil
	}
	return []port.Degraded{{
		Code: "insecure", Text: "anybody who can reach " + c.Listen + " can read this page",
		Hint: "leave out --insecure and --public-read, and give those who read a token: portreeve token add NAME",
	}}
}
