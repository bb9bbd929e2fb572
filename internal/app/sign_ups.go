package app

import (
	"github.com/portreeve/portreeve/internal/compat"
	"github.com/portreeve/portreeve/internal/registration"
	"github.com/portreeve/portreeve/internal/web"
)

// signUps opens what apps may use: heartbeats always, for the configuration may
// ask for some; the rest where registration is on.
func (h *house) signUps(o *web.Options) {
	h.beats.Canary = h.asker.canary
	o.Heartbeats = h.ears()
	c := h.config.Registration
	if !c.Enabled {
		return
	}
	o.Registrar, o.Door, o.RegistrationOnly = h.registry, registration.Door{Allow: c.Allow}, h.config.RegistrationOnly()
	h.log.Info("apps may sign up", "without_token", c.Allow, "compat", c.Compat, "registration_only", o.RegistrationOnly)
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
