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
	case e.Change != nil && e.Change.Mark != "":
		l.log.LogAttrs(ctx, slog.LevelInfo, "check "+safe(string(e.Change.Mark)), markAttrs(e, e.Change)...)
	case e.Change != nil && e.Change.Overlay != "":
		l.log.LogAttrs(ctx, slog.LevelInfo, circumstance(e.Change), overlayAttrs(e, e.Change)...)
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
	if c.From == health.Unhealthy && c.To == health.Unknown {
		attrs = append(attrs, slog.String("note", "nobody saw the end of the outage"))
	}
	return append(attrs, evidence(e, c)...)
}

// circumstance says which circumstance of a check began or ended.
func circumstance(c *health.Change) string {
	began, ended := "check changed its circumstances", "check changed its circumstances"
	switch c.Overlay {
	case health.Paused:
		began, ended = "check paused", "check resumed"
	case health.Maintenance:
		began, ended = "maintenance of check began", "maintenance of check ended"
	case health.Behind:
		began, ended = "parent of check is down", "parent of check is back"
	case health.Flapping:
		began, ended = "check began to flap", "check flaps no more"
	case health.Stale:
		began, ended = "check is not observed", "check was not observed"
	}
	if c.Ended {
		return ended
	}
	return began
}

// markAttrs are the parts of a line about what happened to a check without moving
// it.
func markAttrs(e event.Recorded, c *health.Change) []slog.Attr {
	attrs := []slog.Attr{slog.String("check", safe(c.Check)), slog.String("status", safe(string(c.To)))}
	if c.By != "" {
		attrs = append(attrs, slog.String("by", c.By.Clip(maxText)))
	}
	if c.Text != "" {
		attrs = append(attrs, slog.String("what", c.Text.Clip(maxText)))
	}
	return append(attrs, origin(e)...)
}

// overlayAttrs are the parts of a line about a circumstance. Since and for are of
// the time in which nobody observed the target, where that is what is told.
func overlayAttrs(e event.Recorded, c *health.Change) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("check", safe(c.Check)),
		slog.String("status", safe(string(c.To))),
		slog.String("overlay", safe(string(c.Overlay))),
		slog.Bool("ended", c.Ended),
	}
	if c.By != "" {
		attrs = append(attrs, slog.String("by", c.By.Clip(maxText)))
	}
	if c.Reason != "" {
		attrs = append(attrs, slog.String("reason", safe(string(c.Reason))))
	}
	if c.Overlay == health.Stale && c.Ended {
		attrs = append(attrs, slog.Time("since", c.Began), slog.String("for", c.At.Sub(c.Began).String()))
	}
	if !c.Down.IsZero() {
		attrs = append(attrs, slog.Time("down_since", c.Down))
	}
	return append(attrs, evidence(e, c)...)
}

// evidence are the parts that every line about a check ends with.
func evidence(e event.Recorded, c *health.Change) []slog.Attr {
	var attrs []slog.Attr
	if c.Text != "" {
		key := "err"
		if c.By != "" { // somebody says why
			key = "why"
		}
		attrs = append(attrs, slog.String(key, c.Text.Clip(maxText)))
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
	if p.Unwatched {
		attrs = append(attrs, slog.Bool("unwatched", true))
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
