package main

import (
	"context"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

type registerCmd struct {
	Name string `arg:"" help:"What to call it there: a-z, 0-9, dot, dash and underscore."`
	URL  string `arg:"" optional:"" help:"What the server is to ask: tcp://HOST:PORT, tls://HOST:PORT, http://HOST:PORT/PATH or https://…. Without a host, as in http://:3000/health, it is this machine."`

	Title     string        `placeholder:"TEXT" help:"Free text for people."`
	Interval  time.Duration `placeholder:"TIME" help:"How often it is asked, 5s to 300s (default: 30s)."`
	Timeout   time.Duration `placeholder:"TIME" help:"How long it has to answer, 2s to 60s (default: 5s)."`
	Unhealthy int           `placeholder:"N" help:"Failures in a row that make an outage, 2 to 10 (default: 2)."`
	Healthy   int           `placeholder:"N" help:"Good answers in a row that end it, 2 to 10 (default: 10)."`
	Path      string        `placeholder:"PATH" help:"Of http and https: path and query, instead of those of the URL."`
	Expect    string        `placeholder:"EXPR" help:"Of tls, http and https: what the answer must be, as in 'status == 200 and json.status == \"OK\"'."`
	ServiceID string        `name:"service-id" placeholder:"ID" help:"Of http and https: what an answer of application/health+json must call the service."`
	Period    time.Duration `placeholder:"TIME" help:"Of a job that sends heartbeats, instead of a URL: how often, 10s to 744h."`
	Grace     time.Duration `placeholder:"TIME" help:"How late a heartbeat may be, 1s to 168h (default: a tenth of the period, 10s at least)."`
	Alerts    []string      `placeholder:"ROUTE" help:"Routes of the server to tell (default: those of its registration.default_alerts). May be repeated."`

	signupFlags
}

// Help is the long help.
func (registerCmd) Help() string {
	return `Signs an app up with a server, which then asks it again and again and tells people when it is down. The server must permit it: portreeve serve --registration. It is the one that --server names, else the one where the name was registered before, else one on the local network that tells of itself.

Who registers a name owns it: the owner's token is kept in ~/.local/state/portreeve/owners.json for the other commands. Registering it again says that the app was started anew, or changes what is asked.

Examples:

  portreeve register shop http://:3000/health
  portreeve register db tcp://:5432 --interval 10s --alerts ops --server http://ports.example.org:9860
  portreeve register backup --period 24h --grace 30m     heartbeats: see portreeve beat
`
}

// Run signs the app up.
func (c *registerCmd) Run(ctx context.Context, line *kong.Context, s streams) error {
	if err := nought(line); err != nil {
		return err
	}
	return app.Register(ctx, app.RegisterOptions{
		SignupOptions: c.of(c.Name), URL: c.URL, Title: c.Title,
		Interval: c.Interval, Timeout: c.Timeout, Unhealthy: c.Unhealthy, Healthy: c.Healthy,
		Path: c.Path, Expect: c.Expect, ServiceID: c.ServiceID, Period: c.Period, Grace: c.Grace, Alerts: c.Alerts,
	}, s.out, s.err)
}

// nought tells of a number or a time that is given as 0: to a server that means
// that it is not given, and it would take the default.
func nought(line *kong.Context) error {
	for _, p := range line.Path {
		if p.Flag != nil && !p.Resolved && (p.Flag.Target.CanInt() && p.Flag.Target.IsZero()) {
			return app.UsageError{Err: noughtFlag{p.Flag}}
		}
	}
	return nil
}

// A noughtFlag is a flag that is given as 0.
type noughtFlag struct{ *kong.Flag }

func (f noughtFlag) Error() string {
	return fmt.Sprintf("--%s: %v is out of range", f.Name, f.Target.Interface())
}

// Hint tells the range.
func (f noughtFlag) Hint() string { return f.Help }
