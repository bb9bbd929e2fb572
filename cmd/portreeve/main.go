// Portreeve tells what listens on this machine, who is connected, and whether
// the services one cares about are up. Each command is one file here that reads
// its flags; what it does is package app's.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // for maintenance by the clocks of a zone, in an image or on a machine that knows none: 0.4 MB
)

func main() {
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams is where a command reads and prints: answers on out, remarks on err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// sameSignal is how soon another signal is the first once more: timeout(1) sends
// each twice, to its child and to the group of both.
const sameSignal = 200 * time.Millisecond

// run runs one command line and returns its exit code. The first SIGINT or
// SIGTERM asks the command to end, the second ends it.
func run(args []string, s streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(sameSignal, stop) })
	return exit(s.err, dispatch(ctx, args, s))
}

// dispatch hands the command line to its command.
func dispatch(ctx context.Context, args []string, s streams) error {
	parser, err := newParser(s)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return overview(s.out, parser.Model)
	}
	if err := unsetEmpty(parser.Model); err != nil {
		return err
	}
	line, err := parser.Parse(arrange(args, parser.Model))
	if err != nil {
		return err
	}
	line.BindTo(ctx, (*context.Context)(nil))
	return line.Run(s)
}
