package app

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/term"
)

// BeatOptions are the words of `beat`.
type BeatOptions struct {
	SignupOptions

	Signal   string // of Signals; empty: finish, or fail with an exit code
	Took     time.Duration
	ExitCode int
	Text     string
}

// Signals lists what a heartbeat can say.
func Signals() []string { return health.Signals() }

// Beat is `beat`: it sends one heartbeat. It says nothing when that went well,
// for cron mails what its jobs say, unless somebody looks on.
func Beat(ctx context.Context, o BeatOptions, out, errs io.Writer) error {
	beat, err := o.beat()
	if err != nil {
		return err
	}
	s, err := o.open(ctx, false, errs)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if err := s.server.Beat(within, o.Name, beat); err != nil {
		return s.refused(err)
	}
	switch {
	case o.JSON:
		return term.WriteDocument(out, map[string]string{"server": s.server.URL, "name": o.Name, "signal": string(beat.Signal)})
	case term.NewScreen(out).Terminal:
		_, err := fmt.Fprintf(out, "%s of %s is taken by %s\n", beat.Signal, o.Name, s.server.URL)
		return err
	}
	return nil
}

// beat is what is sent.
func (o BeatOptions) beat() (client.Beat, error) {
	b := client.Beat{Signal: client.Signal(o.Signal), Took: o.Took, ExitCode: o.ExitCode, Text: o.Text}
	switch {
	case o.Signal == "" && o.ExitCode != 0:
		b.Signal = client.SignalFail
	case o.Signal == "":
		b.Signal = client.SignalFinish
	case !slices.Contains(Signals(), o.Signal):
		return b, usage(fmt.Errorf("unknown signal %q", o.Signal), nearOr(o.Signal, Signals(), "signals are "+strings.Join(Signals(), ", ")))
	}
	if o.Took < 0 {
		return b, usage(fmt.Errorf("--took: %v is no run time", o.Took), "a run time is longer than 0, as in 1m30s")
	}
	return b, nil
}
