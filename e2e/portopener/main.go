// Portopener opens a server on a port and holds connections to it, so that a
// person or a test has something to look at:
//
//	go run ./e2e/portopener -p 8500 -n 200
//	portopener: ready port=8500 pid=4711 connections=200
//
// It holds everything until SIGINT, SIGTERM or the command quit on its
// standard input. Other commands, each answered with one line, change what it
// holds:
//
//	open N           open N more client connections
//	close-clients    close every client connection
//	close-listener   stop listening, keep the accepted connections
//	close-server     stop listening and close the accepted connections
//	quit             close everything and end
//
// The end of the standard input is no command: it goes on holding. Server and
// clients stand in one process, so N connections take 2N descriptors.
//
// It exits with 0 after a clean end, 1 when a socket could not be had (a port
// already taken, too few descriptors) and 64 for a wrong flag.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes: sysexits.h calls 64 EX_USAGE.
const (
	exitOK    = 0
	exitFault = 1
	exitUsage = 64
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its streams handed in; it returns the exit code.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	options, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, usage())
		return exitOK
	}
	if err != nil {
		return complain(errs, exitUsage, err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := hold(ctx, options, in, out, newLogger(errs, options.Verbose)); err != nil {
		return complain(errs, exitFault, err)
	}
	return exitOK
}

// hold takes the process name, opens the stage, says that it is ready and
// obeys commands until one of them, or ctx, ends it.
func hold(ctx context.Context, options Options, in io.Reader, out io.Writer, log *slog.Logger) error {
	if err := takeName(options.Name); err != nil {
		return err
	}
	stage, err := openStage(options, log)
	if err != nil {
		return err
	}
	defer stage.Close()
	fmt.Fprintf(out, "portopener: ready port=%d pid=%d connections=%d\n", stage.Port(), os.Getpid(), stage.Held())
	obey(ctx, stage, in, out)
	return nil
}

// complain prints err as one line, its hint as another, and returns code.
func complain(w io.Writer, code int, err error) int {
	fmt.Fprintf(w, "portopener: error: %v\n", err)
	var hinted *HintedError
	if errors.As(err, &hinted) {
		fmt.Fprintf(w, "portopener: hint: %s\n", hinted.Hint)
	}
	return code
}

// newLogger writes every step to w when verbose, and nothing otherwise.
func newLogger(w io.Writer, verbose bool) *slog.Logger {
	if !verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
