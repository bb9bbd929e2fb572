package web

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// An onward is a report on a part of a list of which nobody knows how long it
// is.
type onward[T any] struct {
	board.Report[T]
	Next string `json:"next,omitempty" doc:"the cursor of the next part; absent when this is the last"`
}

// onwards makes a listing of a part.
func onwards[T any](v *board.View, items []T, next string) listing[onward[T]] {
	l := listed(board.NewReport(v, items))
	return listing[onward[T]]{onward[T]{l.envelope, next}, l.items}
}

// An incidentsInput picks incidents.
type incidentsInput struct {
	Conditional
	Check  string    `query:"check" maxLength:"63" doc:"Of this check alone" example:"shop-api"`
	State  string    `query:"state" enum:"open,closed,all" default:"all" doc:"Those that go on, those that are over, or all"`
	Since  time.Time `query:"since" doc:"Those that ended then or later, or go on"`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"At most so many incidents"`
	Cursor string    `query:"cursor" maxLength:"500" doc:"The next of the part before, to read on; with the same check, state and since"`

	query incidentQuery
}

// Resolve reads the place, and names it if it is wrong.
func (in *incidentsInput) Resolve(huma.Context) []error {
	p, err := parsePlace(in.Cursor)
	if err != nil {
		return []error{cursorError(in.Cursor)}
	}
	in.query = incidentQuery{in.Check, in.State, in.Since, in.Limit, p}
	return nil
}

// cursorError says what a cursor is.
func cursorError(value string) error {
	return &huma.ErrorDetail{Message: "no cursor of this list; take the next of an answer", Location: "query.cursor", Value: value}
}

func (s *Server) registerIncidents(api huma.API) {
	op := get("incidents", "/incidents", "Outages", "Those under way first, the last to begin in front, then those that are over, the last to end in front. "+
		"One that is closed ended without its end being seen: nobody asked, or the check was changed.", 404, 422, 503)
	op.Tags, op.Middlewares = []string{"history"}, s.looksAtPast(api)
	huma.Register(api, op, func(ctx context.Context, in *incidentsInput) (*answerOf[listing[onward[history.Incident]]], error) {
		v := s.board.View()
		items, next, err := s.incidents(ctx, v, in.query)
		if err != nil {
			return nil, s.noHistory(ctx, in.Cursor, err)
		}
		after := ""
		if next != nil {
			after = next.String()
		}
		return conditionally(&in.Conditional, v.Look.ChecksAt, etag(v, digest(items)), func() listing[onward[history.Incident]] { return onwards(v, items, after) })
	})
}

// noHistory is the answer when the journal could not be read, or did not give
// out the cursor.
func (s *Server) noHistory(ctx context.Context, cursor string, err error) error {
	if errors.Is(err, event.ErrCursor) {
		return huma.Error422UnprocessableEntity("validation failed", cursorError(cursor))
	}
	s.tellBlind(ctx, err)
	return huma.Error503ServiceUnavailable("the journal cannot be read now; the log says why")
}
