package app

import (
	"io"
	"log/slog"
)

// NewLogger returns a logger that writes lines for people and for journald:
// changes and worse; with verbose details too, with debug also where in the
// code each line comes from.
func NewLogger(w io.Writer, verbose, debug bool) *slog.Logger {
	level := slog.LevelInfo
	if verbose || debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, AddSource: debug}))
}
