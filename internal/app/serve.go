package app

import (
	"context"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/mirror"
)

// ServeOptions are the words of `serve`, before anything is understood.
type ServeOptions struct {
	Flags     map[string][]string // as given on the command line, by the canonical name of the option
	LookupEnv func(name string) (string, bool)
	File      string // of the configuration; empty: where it usually lies
	Version   string
	Ready     func(url string) // called once the page answers
	Log       io.Writer
}

// Serve is `serve`: it reads the configuration and runs what it asks for until
// ctx ends, taking in changes of it on the way.
func Serve(ctx context.Context, o ServeOptions) error {
	// From the first moment on: a SIGHUP that nobody asked for ends a process,
	// and systemd takes that for a clean end.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	c, err := tellMistakes(o.sources(), o.Log)
	if err != nil {
		return err
	}
	log := NewLogger(o.Log, c.Verbose, c.Debug)
	slog.SetDefault(log) // the standard library's HTTP/2 complains about servers there
	return Run(ctx, Config{
		Config: c, Version: o.Version, Ready: o.Ready, Hangups: hangups,
		Reload: func() (*config.Config, error) {
			again := o.sources()
			again.Certificate = nil // taken up by itself when it is renewed
			if c.File != "" {
				again.File = c.File // if it vanishes, that is an error, and not the end of every check
			}
			return config.Load(again)
		},
	}, log)
}

func (o ServeOptions) sources() config.Sources {
	return config.Sources{
		Flags: o.Flags, LookupEnv: o.LookupEnv, File: o.File, Check: fieldChecker(), Database: checkDSN, Certificate: checkCertificate,
		Alert: checkAlert, Mirror: checkMirror,
	}
}

// checkDSN tells what is wrong with the name of a journal.
func checkDSN(dsn string) error {
	_, err := journal.ParseDSN(dsn)
	return err
}

// checkMirror tells what is wrong with the name of a mirror.
func checkMirror(dsn string) error {
	_, err := mirror.ParseDSN(dsn, "")
	return err
}
