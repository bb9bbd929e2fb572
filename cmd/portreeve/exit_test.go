package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/portreeve/portreeve/internal/app"
)

type hinted struct {
	error
	hint string
}

func (h hinted) Hint() string  { return h.hint }
func (h hinted) Unwrap() error { return h.error }

func TestExit(t *testing.T) {
	one, two := errors.New("one"), errors.New("two")
	tests := []struct {
		name string
		err  error
		code int
		told string
	}{
		{"all is well", nil, 0, ""},
		{"the reader went away", fmt.Errorf("write: %w", syscall.EPIPE), 0, ""},
		{"it was ended", context.Canceled, 1, ""},
		{"an outcome", app.Down, 2, ""},
		{"it was ended before its time", app.Interrupted, 130, ""},
		{"an error", one, 1, "error: one\n"},
		{"with a hint", hinted{one, "do"}, 1, "error: one\nhint: do\n"},
		{"a wrong command line", app.UsageError{Err: hinted{one, "do"}}, 64, "error: one\nhint: do\n"},
		{"several, and a hint for all", app.UsageError{Err: hinted{errors.Join(one, two), "do"}}, 64, "error: one\nerror: two\nhint: do\n"},
		{"several, each with a hint", app.UsageError{Err: errors.Join(hinted{one, "do"}, hinted{two, "this"})}, 64, "error: one\nhint: do\nerror: two\nhint: this\n"},
		{"several, of which one has a hint", errors.Join(one, hinted{two, "this"}), 1, "error: one\nerror: two\nhint: this\n"},
		{"several, joined with nothing", errors.Join(app.UsageError{Err: hinted{errors.Join(one, two), "do"}}), 64, "error: one\nerror: two\nhint: do\n"},
		{"one that was joined", errors.Join(one, nil), 1, "error: one\n"},
		{"several in one sentence", fmt.Errorf("%w after %w", one, two), 1, "error: one after two\n"},
		{"several behind a word", fmt.Errorf("close: %w", errors.Join(one, two)), 1, "error: close: one two\n"},
		{"a text that acts on terminals", errors.New("a\x1b[31mb\nc"), 1, "error: a\ufffd[31mb c\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			code := exit(&b, tt.err)
			if got := strings.ReplaceAll(b.String(), "portreeve: ", ""); code != tt.code || got != tt.told {
				t.Errorf("exit code %d, told %q, want %d and %q", code, got, tt.code, tt.told)
			}
		})
	}
}
