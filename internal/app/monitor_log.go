package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// monitorLog is the log of a monitor: it leaves out what is no warning, for what
// becomes of the API is told beside it, and shows the mails of a trial as they
// would be read.
func monitorLog(w io.Writer, verbose, debug bool) *slog.Logger {
	h := monitorHandler{w: w, least: slog.LevelWarn, Handler: NewLogger(w, verbose, debug).Handler()}
	if verbose || debug {
		h.least = slog.LevelDebug
	}
	return slog.New(h)
}

type monitorHandler struct {
	slog.Handler
	w     io.Writer
	least slog.Level
}

// Enabled implements [slog.Handler].
func (h monitorHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.least && h.Handler.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (h monitorHandler) Handle(ctx context.Context, r slog.Record) error {
	var draft *unsent
	r.Attrs(func(a slog.Attr) bool {
		if u, ok := a.Value.Any().(unsent); ok {
			draft = &u
		}
		return draft == nil
	})
	if draft == nil {
		return h.Handler.Handle(ctx, r)
	}
	_, err := fmt.Fprintf(h.w, "\nSubject: %s\n\n%s\n", draft.subject, draft.body)
	return err
}

// WithAttrs implements [slog.Handler].
func (h monitorHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup implements [slog.Handler].
func (h monitorHandler) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}
