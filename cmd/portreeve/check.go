package main

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/app"
)

type checkCmd struct {
	Target  []string      `arg:"" help:"What to ask: tcp://HOST:PORT, tls://HOST:PORT, http://HOST/PATH, https://HOST/PATH, or HOST:PORT for tcp."`
	Expect  string        `placeholder:"EXPR" help:"What the answer must be, as in 'status == 200 and json.status == \"OK\"'."`
	Timeout time.Duration `default:"5s" placeholder:"TIME" help:"For the whole question (default: ${default})."`
	Mode    string        `placeholder:"MODE" complete:"mode" help:"Of tcp. accept: connect, and hang up. listen: half a handshake, which the application never sees (default: accept)."`
	Family  string        `placeholder:"FAMILY" complete:"family" help:"Of names with addresses of both families: auto, both, ipv4 or ipv6 (default: auto, where one answer is enough)."`

	Method    string   `placeholder:"METHOD" help:"Of http and https: how to ask (default: GET)."`
	Header    []string `sep:"none" placeholder:"NAME:VALUE" help:"Of http and https: a header to send. May be repeated."`
	Redirects int      `placeholder:"N" help:"Of http and https: follow so many redirects, 3 at most (default: 0)."`

	ServerName         string `placeholder:"NAME" help:"Of tls and https: the name that the certificate must have, instead of the target's host."`
	CAFile             string `name:"ca-file" placeholder:"FILE" help:"Of tls and https: trust the certificate authorities in this file, and not the system's."`
	InsecureSkipVerify bool   `help:"Of tls and https: take any certificate."`

	JSON bool `help:"Print JSON, as the API does."`
}

// Help is the long help.
func (checkCmd) Help() string {
	return `Asks each target once, all at once, and prints the verdict, what it rests on, and what to look at next. On a pipe the first line is that of a monitoring plugin, with performance data.

Expressions know status, body, json, header["…"], tls.days_left and took, with == != < > contains matches and or not.

Exit status: 0 healthy, 1 degrading (a warning), 2 unhealthy, 3 could not tell for a fault of this machine's own (2 before 3 before 1), 130 ended by Ctrl-C.

Examples:

  portreeve check db1:5432
  portreeve check https://api.example.org/health --expect 'status == 200 and json.status == "OK"'
  portreeve check tls://example.org:443 --expect 'tls.days_left > 14'
  portreeve check https://10.0.0.7/health --server-name api.example.org --header 'Host: api.example.org'
  portreeve check TCP:80 --mode listen
`
}

// Run asks the targets.
func (c *checkCmd) Run(ctx context.Context, s streams) error {
	return app.Check(ctx, app.CheckOptions{
		Targets: c.Target, Expect: c.Expect, Timeout: c.Timeout, Mode: c.Mode, Family: c.Family,
		Method: c.Method, Headers: c.Header, Redirects: c.Redirects,
		ServerName: c.ServerName, CAFile: c.CAFile, SkipVerify: c.InsecureSkipVerify, JSON: c.JSON,
	}, s.out, s.err)
}
