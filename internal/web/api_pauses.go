package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A pauseInput asks that a check be asked no more.
type pauseInput struct {
	Name string     `path:"name" maxLength:"63" doc:"Its name" example:"shop-api"`
	Body *pauseBody // nil: nothing is said of it
}

type pauseBody struct {
	Why string `json:"why,omitempty" doc:"For people who wonder, on one line" example:"moves to another host"`
}

// A resumeInput asks that a check be asked again.
type resumeInput struct {
	Name string `path:"name" maxLength:"63" doc:"Its name" example:"shop-api"`
}

// A pause is whether a check is asked, as somebody wanted it.
type pause struct {
	Check  string `json:"check"`
	Paused bool   `json:"paused"`
	By     string `json:"by" doc:"the name of the token; of an app without one, whence it called"`
	Why    string `json:"why,omitempty"`
}

type pauseAnswer struct{ Body pause }

func (s *Server) registerPauses(api huma.API) {
	stop := request("pause", http.MethodPost, "/checks/{name}/pause", "Pause a check", "Nobody asks it until it is resumed, and nobody is told anything of it: "+
		"an outage under way is closed without its end being seen once it is asked again. To pause a paused check changes nothing. Who signed a check up may pause it, too.", 404)
	huma.Register(api, stop, func(ctx context.Context, in *pauseInput) (*pauseAnswer, error) {
		c, why := callerIn(ctx), ""
		if in.Body != nil {
			why = in.Body.Why
		}
		if err := refused(health.ValidateNote("why", why)); err != nil {
			return nil, err
		}
		if err := s.pause(ctx, c, in.Name, why); err != nil {
			return nil, err
		}
		return &pauseAnswer{pause{in.Name, true, c.By(), why}}, nil
	})
	begin := request("resume", http.MethodPost, "/checks/{name}/resume", "Resume a check", "It is asked again, and its status is unknown until it has answered. To resume a check that is not paused changes nothing. Who signed it up may, too.", 404)
	huma.Register(api, begin, func(ctx context.Context, in *resumeInput) (*pauseAnswer, error) {
		c := callerIn(ctx)
		if err := s.resume(ctx, c, in.Name); err != nil {
			return nil, err
		}
		return &pauseAnswer{pause{Check: in.Name, By: c.By()}}, nil
	})
}

// pause has a check asked no more: a registered one for its owner, any other for
// an admin. The error is one for the caller.
func (s *Server) pause(ctx context.Context, c registration.Caller, name, why string) error {
	if s.isRegistered(name) {
		if err := s.options.Registrar.PauseOwn(ctx, c, name, why); err != nil {
			return s.refusal("pause "+name, err)
		}
		return nil
	}
	if _, err := s.askedByAdmin(c, name); err != nil {
		return err
	}
	if err := s.options.Registry.Pause(ctx, name, c.Token, why); err != nil {
		return s.unkept("pause "+name, err)
	}
	return nil
}

// resume has it asked again.
func (s *Server) resume(ctx context.Context, c registration.Caller, name string) error {
	if s.isRegistered(name) {
		if err := s.options.Registrar.ResumeOwn(ctx, c, name); err != nil {
			return s.refusal("resume "+name, err)
		}
		return nil
	}
	if _, err := s.askedByAdmin(c, name); err != nil {
		return err
	}
	if err := s.options.Registry.Resume(ctx, name, c.Token); err != nil {
		return s.unkept("resume "+name, err)
	}
	return nil
}

// askedByAdmin is asked, for an admin: a registration may have ended since the
// request was let in.
func (s *Server) askedByAdmin(c registration.Caller, name string) (*health.State, error) {
	if !c.Admin {
		return nil, huma.Error404NotFound("nobody has signed this name up")
	}
	return asked(s.board.View(), name)
}
