package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/health"
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
	By     string `json:"by" doc:"the name of the token"`
	Why    string `json:"why,omitempty"`
}

type pauseAnswer struct{ Body pause }

func (s *Server) registerPauses(api huma.API) {
	stop := request("pause", http.MethodPost, "/checks/{name}/pause", "Pause a check", "Nobody asks it until it is resumed, and nobody is told anything of it: "+
		"an outage under way is closed without its end being seen once it is asked again. To pause a paused check changes nothing.", 404)
	huma.Register(api, stop, func(ctx context.Context, in *pauseInput) (*pauseAnswer, error) {
		if _, err := asked(s.board.View(), in.Name); err != nil {
			return nil, err
		}
		by, why := identityOf(ctx).token.Name, ""
		if in.Body != nil {
			why = in.Body.Why
		}
		if err := refused(health.ValidateNote("why", why)); err != nil {
			return nil, err
		}
		if err := s.options.Registry.Pause(ctx, in.Name, by, why); err != nil {
			return nil, s.unkept("pause "+in.Name, err)
		}
		return &pauseAnswer{pause{in.Name, true, by, why}}, nil
	})
	begin := request("resume", http.MethodPost, "/checks/{name}/resume", "Resume a check", "It is asked again, and its status is unknown until it has answered. To resume a check that is not paused changes nothing.", 404)
	huma.Register(api, begin, func(ctx context.Context, in *resumeInput) (*pauseAnswer, error) {
		if _, err := asked(s.board.View(), in.Name); err != nil {
			return nil, err
		}
		by := identityOf(ctx).token.Name
		if err := s.options.Registry.Resume(ctx, in.Name, by); err != nil {
			return nil, s.unkept("resume "+in.Name, err)
		}
		return &pauseAnswer{pause{Check: in.Name, By: by}}, nil
	})
}
