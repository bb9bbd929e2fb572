package main

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/app"
)

type beatCmd struct {
	Name   string `arg:"" help:"The name that the job was registered with."`
	Signal string `arg:"" optional:"" complete:"signal" help:"start: a run begins; finish: it ended well, or the job is alive; fail: it ended badly (default: finish, or fail with an --exit-code)."`

	Took     time.Duration `placeholder:"TIME" help:"How long the run took (default: the time since its start)."`
	ExitCode int           `placeholder:"N" help:"The exit code of the run; any but 0 is a failure."`
	Text     string        `placeholder:"TEXT" help:"For people, 10 KB at most."`

	signupFlags
}

// Help is the long help.
func (beatCmd) Help() string {
	return `Sends one heartbeat of a job that was registered with a period. A heartbeat that does not come in time is an outage, and so is one that says fail. It says nothing when all went well, so that cron has nothing to mail.

Examples:

  portreeve register backup --period 24h --grace 30m     once
  portreeve beat backup
  backup.sh; portreeve beat backup --exit-code $?        in a crontab
`
}

// Run sends the heartbeat.
func (c *beatCmd) Run(ctx context.Context, s streams) error {
	return app.Beat(ctx, app.BeatOptions{
		SignupOptions: c.of(c.Name), Signal: c.Signal, Took: c.Took, ExitCode: c.ExitCode, Text: c.Text,
	}, s.out, s.err)
}
