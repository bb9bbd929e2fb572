package app

import (
	"context"

	"github.com/portreeve/portreeve/internal/compat"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/registration"
	"github.com/portreeve/portreeve/internal/watch"
	"github.com/portreeve/portreeve/internal/web"
)

// signUps opens what apps may use: heartbeats always, for the configuration may
// ask for some; the rest where registration is on.
func (h *house) signUps(o *web.Options) {
	o.Heartbeats = ears{h.beats, h.checks}
	c := h.config.Registration
	if !c.Enabled {
		return
	}
	o.Registrar, o.Door, o.RegistrationOnly = h.registry, registration.Door{Allow: c.Allow}, h.config.RegistrationOnly()
	if !c.Compat {
		return
	}
	o.Compat = compat.New(compat.Options{
		Registrar: h.registry, Board: h.board, Door: o.Door, Caller: web.CallerOf, Version: h.config.Version, Log: h.log,
	})
	if h.config.SMTP.URL == "" && !h.config.Test {
		h.log.Warn("apps that name a mail address are not mailed: no relay is configured", "option", "smtp.url")
	}
}

// Ears hear heartbeats, and have the check that waits for one asked at once.
type ears struct {
	book   *heartbeat.Book
	checks *watch.Checks
}

// Beat implements [web.Heartbeats].
func (e ears) Beat(ctx context.Context, name string, b health.Beat) (health.Beat, error) {
	beat, err := e.book.Beat(ctx, name, b)
	e.checks.Hurry(name)
	return beat, err
}
