package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/portreeve/portreeve/internal/app"
)

// exitUsage is the exit code for a wrong command line: EX_USAGE of sysexits.h.
const exitUsage = 64

// exit tells err in one line, a hint in another, and returns the exit code. A
// reader that went away (EPIPE) and an end that was asked for are no errors to
// tell.
func exit(w io.Writer, err error) int {
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return 0
	case errors.Is(err, context.Canceled):
		return 1
	}
	message, hint := err.Error(), ""
	code := 1
	var parse *kong.ParseError
	var usage app.UsageError
	var hinted interface{ Hint() string }
	switch {
	case errors.As(err, &parse):
		code = exitUsage
		message, hint = explain(parse)
	case errors.As(err, &usage):
		code = exitUsage
	}
	if errors.As(err, &hinted) {
		hint = hinted.Hint()
	}
	fmt.Fprintln(w, "portreeve: error:", oneLine(message))
	if hint != "" {
		fmt.Fprintln(w, "portreeve: hint:", oneLine(hint))
	}
	return code
}

// oneLine makes a text one line that cannot act on a terminal, whatever words
// of the command line it repeats.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
}

// explain words an error of the parser as ours are: what is wrong, and apart
// from it what to do.
func explain(e *kong.ParseError) (message, hint string) {
	message, hint, _ = strings.Cut(e.Error(), ", did you mean ")
	command := "portreeve"
	if e.Context != nil && e.Context.Selected() != nil {
		command = e.Context.Selected().FullPath()
	} else {
		message = strings.Replace(message, "unexpected argument", "unknown command", 1)
	}
	flag, _, _ := strings.Cut(message, ": ")
	switch {
	case command == "portreeve ports" && strings.HasPrefix(message, "unknown flag -") && !strings.HasPrefix(message, "unknown flag --"):
		hint = "to exclude a word, write it behind --, as in: portreeve ports -- -nginx"
	case hint != "":
		hint = "did you mean " + strings.ReplaceAll(hint, `"`, "")
	case strings.Contains(message, "expected duration"):
		message = withoutCause(message)
		hint = "a duration is a number with a unit, as in 15s or 1m30s"
	case strings.Contains(message, ": expected string value"):
		message = flag + " needs a value"
		fallthrough
	default:
		message = strings.Replace(message, `expected "<`, `missing "<`, 1)
		hint = fmt.Sprintf("`%s --help` tells what it takes", command)
	}
	return message, hint
}

// withoutCause leaves out what [time.ParseDuration] adds to a message that has
// said it all, but keeps where the value came from.
func withoutCause(message string) string {
	message, cause, _ := strings.Cut(message, ": time: ")
	if i := strings.Index(cause, " (from envar "); i >= 0 {
		message += cause[i:]
	}
	return message
}
