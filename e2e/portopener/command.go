package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// obey reads commands from in, one a line, and answers each with one line on
// out, until quit or the end of ctx. The end of in ends nothing: portopener
// then holds until ctx is done.
func obey(ctx context.Context, stage *Stage, in io.Reader, out io.Writer) {
	lines := make(chan string)
	go func() {
		// Left behind on return: a read from standard input cannot be undone.
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case line := <-lines:
			answer, quit := command(stage, line)
			fmt.Fprintf(out, "portopener: %s\n", answer)
			if quit {
				return
			}
		}
	}
}

// command does what one line asks for and returns the answer to it.
func command(stage *Stage, line string) (answer string, quit bool) {
	verb, argument, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch verb {
	case "open":
		return open(stage, argument), false
	case "close-clients":
		n, err := stage.CloseClients()
		if err != nil {
			return "error: " + err.Error(), false
		}
		return fmt.Sprintf("closed clients=%d", n), false
	case "close-listener":
		stage.CloseListeners()
		return "closed listener", false
	case "close-server":
		stage.CloseServer()
		return "closed server", false
	case "quit":
		return "quit", true
	default:
		return fmt.Sprintf("error: unknown command %q, use open N, close-clients, close-listener, close-server or quit", verb), false
	}
}

func open(stage *Stage, argument string) string {
	n, err := strconv.Atoi(strings.TrimSpace(argument))
	if err != nil || n < 1 {
		return fmt.Sprintf("error: open %q: not a number of connections", argument)
	}
	if err := stage.Open(n); err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("opened connections=%d", stage.Held())
}
