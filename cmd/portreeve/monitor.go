package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

type monitorCmd struct {
	URL       string   `arg:"" optional:"" help:"The API to ask ($$API_URL)."`
	Interval  string   `placeholder:"TIME" help:"From one question to the next; a bare number is of seconds (default: 5s) ($$INTERVAL)."`
	Timeout   string   `placeholder:"TIME" help:"For the whole answer (default: 2s, or less of a short interval)."`
	Unhealthy int      `default:"2" placeholder:"N" help:"Failures in a row that make an outage (default: ${default})."`
	Healthy   int      `default:"2" placeholder:"N" help:"Good answers in a row that end it (default: ${default})."`
	Expect    string   `placeholder:"EXPR" help:"What the answer must be (default: status == 200 and json.status == \"OK\")."`
	To        []string `placeholder:"MAIL" help:"Whom to mail. May be repeated ($$SUPPORT)."`
	JSON      bool     `help:"Print a line of JSON for each failure and change."`

	monitorFlags
}

// monitorFlags are the flags of options that monitor shares with serve.
type monitorFlags struct {
	Database           string `name:"database"`
	Mirror             string `name:"mirror"`
	MirrorPasswordFile string `name:"mirror-password-file"`
	SMTP               string `name:"smtp"`
	SMTPPasswordFile   string `name:"smtp-password-file"`
	MailFrom           string `name:"mail-from"`
	GmailToken         string `name:"gmail-token" aliases:"gmail_token" letters:"gt"`
	Test               bool   `name:"test" short:"t"`
	Verbose            bool   `name:"verbose" short:"v"`
	Debug              bool   `name:"debug" short:"d"`
}

// Help is the long help.
func (monitorCmd) Help() string {
	return `Asks one API again and again until Ctrl-C: a status other than 200, a JSON "status" other than "OK", or a body that is no JSON is a failure. Two failures in a row are an outage, which is mailed once; two good answers in a row end it, which is mailed with how long it was. Each failure and each change is printed, and each change is a row in the journal: select * from state.

What goes on when it is started again is taken up from the journal. With DB_HOST, DB_USER, DB_PW and DB_NAME, or --mirror, each change is a row in that database, too.

Examples:

  portreeve monitor https://api.example.org/status
  portreeve monitor https://api.example.org/status --to support@example.org --smtp smtp://relay.example.org:587 --mail-from portreeve@example.org
  portreeve monitor http://127.0.0.1:8099/ --test --to me@example.org
  API_URL=https://api.example.org/status INTERVAL=10 portreeve monitor
`
}

// Run monitors.
func (c *monitorCmd) Run(ctx context.Context, line *kong.Context, s streams) error {
	return app.Monitor(ctx, app.MonitorOptions{
		URL: c.URL, Interval: c.Interval, Timeout: c.Timeout, Unhealthy: c.Unhealthy, Healthy: c.Healthy, Expect: c.Expect, To: c.To, JSON: c.JSON,
		Flags: given(line), LookupEnv: os.LookupEnv, Version: build().Version,
	}, s.out, s.err)
}
