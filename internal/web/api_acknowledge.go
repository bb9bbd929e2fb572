package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/health"
)

// acknowledgePath is below the API's. An incident's key holds slashes, so it
// stands in the body, or in the query of who takes an acknowledgement back.
const acknowledgePath = "/incidents/acknowledge"

// An acknowledgeInput says that somebody looks after an incident.
type acknowledgeInput struct {
	Body struct {
		Incident string `json:"incident" minLength:"1" maxLength:"200" doc:"Its key" example:"check/shop-api/12"`
		Note     string `json:"note,omitempty" doc:"What you say of it, on one line"`
	}
}

// An unacknowledgeInput takes that back.
type unacknowledgeInput struct {
	Incident string `query:"incident" required:"true" minLength:"1" maxLength:"200" doc:"Its key" example:"check/shop-api/12"`
}

type acknowledgeAnswer struct{ Body health.Acknowledgement }

func (s *Server) registerAcknowledgements(api huma.API) {
	take := request("acknowledge", http.MethodPost, acknowledgePath, "Acknowledge an incident", "Somebody looks after it: there are no more reminders of it, and the page is calmer about it. "+
		"It must be open. A second acknowledgement replaces the first.", 404)
	huma.Register(api, take, func(ctx context.Context, in *acknowledgeInput) (*acknowledgeAnswer, error) {
		check, err := s.openIncident(ctx, in.Body.Incident)
		if err != nil {
			return nil, err
		}
		a := health.Acknowledgement{Incident: in.Body.Incident, Check: check, By: identityOf(ctx).token.Name, Note: in.Body.Note, At: time.Now().UTC()}
		if err := refused(a.Validate()); err != nil {
			return nil, err
		}
		if err := s.options.Registry.Acknowledge(ctx, a); err != nil {
			return nil, s.unkept("acknowledge "+a.Incident, err)
		}
		return &acknowledgeAnswer{a}, nil
	})
	back := request("unacknowledge", http.MethodDelete, acknowledgePath, "Take an acknowledgement back", "Reminders of the incident go on.", 404)
	huma.Register(api, back, func(ctx context.Context, in *unacknowledgeInput) (*struct{}, error) {
		if _, ok := s.options.Registry.Acknowledged(in.Incident); !ok {
			return nil, huma.Error404NotFound("nobody has acknowledged an incident of this key")
		}
		if err := s.options.Registry.Unacknowledge(ctx, in.Incident, identityOf(ctx).token.Name); err != nil {
			return nil, s.unkept("take back the acknowledgement of "+in.Incident, err)
		}
		return nil, nil
	})
}

// openIncident returns the check that an open incident is about. The error is
// one for the caller.
func (s *Server) openIncident(ctx context.Context, key string) (check string, err error) {
	v := s.board.View()
	if check := checkOfKey(key); check != "" {
		if st := v.FindCheck(check); st != nil && s.openings.keyOf(ctx, st) == key {
			return check, nil
		}
	}
	return "", huma.Error404NotFound("no open incident has this key; " + apiPath + "/incidents?state=open lists those that there are")
}
