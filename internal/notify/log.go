package notify

import (
	"context"
	"log/slog"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// maxText bounds, in characters, what a line says of a check's evidence.
const maxText = 500

// A Log is the channel that writes one Info line per entry. It never fails.
// Foreign text is made safe to look at, whatever handler writes it.
type Log struct{ log *slog.Logger }

var _ Channel = Log{}

// NewLog returns the channel that writes to a logger.
func NewLog(log *slog.Logger) Log { return Log{log} }

// Notify implements [Channel].
func (l Log) Notify(ctx context.Context, e event.Recorded) error {
	switch {
	case e.Change != nil:
		l.log.LogAttrs(ctx, slog.LevelInfo, "check changed", changeAttrs(e, e.Change)...)
	case e.Port != nil:
		l.log.LogAttrs(ctx, slog.LevelInfo, "port changed", portAttrs(e, e.Port)...)
	}
	return nil
}

// changeAttrs are the parts of a line about a check. Since is when what the
// change tells of began: for an outage its first failure.
func changeAttrs(e event.Recorded, c *health.Change) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("check", safe(c.Check)),
		slog.String("from", safe(string(c.From))),
		slog.String("to", safe(string(c.To))),
	}
	if c.Reason != "" {
		attrs = append(attrs, slog.String("reason", safe(string(c.Reason))))
	}
	attrs = append(attrs, slog.Time("since", c.Began))
	if c.Outage != 0 {
		attrs = append(attrs, slog.String("outage", c.Outage.String()))
	}
	if c.Text != "" {
		attrs = append(attrs, slog.String("err", c.Text.Clip(maxText)))
	}
	return append(attrs, origin(e)...)
}

// portAttrs are the parts of a line about a port.
func portAttrs(e event.Recorded, p *port.Event) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("kind", safe(string(p.Kind))),
		slog.Int("port", int(p.Port)),
		slog.String("proto", safe(string(p.Proto))),
		slog.String("service", p.Service.Name.String()),
		slog.String("scope", safe(string(p.Scope))),
	}
	if p.Foreign {
		attrs = append(attrs, slog.Uint64("netns", p.NetNS))
	}
	if p.Before != "" {
		attrs = append(attrs, slog.String("scope_was", safe(string(p.Before))))
	}
	if p.Process != nil {
		attrs = append(attrs, slog.Int("pid", p.Process.PID))
	}
	if p.Was != nil {
		attrs = append(attrs, slog.Int("pid_was", p.Was.PID))
	}
	return append(attrs, origin(e)...)
}

// origin are the parts that tell a late or repeated line from a new one.
func origin(e event.Recorded) []slog.Attr {
	return []slog.Attr{slog.Time("at", e.At), slog.String("key", safe(e.Key()))}
}

// safe returns text that came from the journal as it may be looked at.
func safe(s string) string { return foreign.Text(s).String() }
