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

// exit tells err in one line, a hint in another, and returns the exit code. Of
// several errors each is told. An outcome is no error to tell, nor is a reader
// that went away (EPIPE) or an end that was asked for.
func exit(w io.Writer, err error) int {
	var outcome app.Outcome
	var parse *kong.ParseError
	var usage app.UsageError
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return 0
	case errors.As(err, &outcome):
		return int(outcome)
	case errors.Is(err, context.Canceled):
		return 1
	case errors.As(err, &parse):
		message, advice := explain(parse)
		tell(w, "error", message)
		tell(w, "hint", advice)
		return exitUsage
	}
	tellAll(w, err)
	if errors.As(err, &usage) {
		return exitUsage
	}
	return 1
}

// tellAll tells an error and its hint, or each of several with its own.
func tellAll(w io.Writer, err error) {
	all, advice := several(err), hint(err)
	if all == nil {
		tell(w, "error", err.Error())
	}
	for _, one := range all {
		tellAll(w, one)
		if hint(one) != "" {
			advice = "" // it was theirs
		}
	}
	tell(w, "hint", advice)
}

// hint returns what to do about an error, "" when it does not say.
func hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// several returns the errors that err is and nothing else, however it is
// wrapped: those of [errors.Join]. It returns nil for a single one.
func several(err error) []error {
	text := err.Error()
	for {
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			if err = e.Unwrap(); err == nil {
				return nil
			}
		case interface{ Unwrap() []error }:
			all := e.Unwrap()
			if len(all) > 1 {
				if errors.Join(all...).Error() != text {
					return nil // there is more to it
				}
				return all
			}
			err = all[0]
		default:
			return nil
		}
	}
}

// tell tells one thing in one line, if there is anything to tell.
func tell(w io.Writer, kind, text string) {
	if text != "" {
		fmt.Fprintln(w, "portreeve: "+kind+":", oneLine(text))
	}
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
