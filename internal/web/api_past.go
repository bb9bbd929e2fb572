package web

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// registerPast adds what is about the past, where it is kept.
func (s *Server) registerPast(api huma.API) {
	if s.options.History == nil {
		return
	}
	s.registerIncidents(api)
	s.registerUptime(api)
	s.registerHistory(api)
	s.registerLatency(api)
}

// aboutPast describes an operation on a check's past.
func aboutPast(before huma.Middlewares, id, path, summary, description string) huma.Operation {
	op := get(id, "/checks/{name}"+path, summary, description, 404, 422, 503)
	op.Tags, op.Middlewares = []string{"history"}, before
	return op
}

// An uptimeItem is a check's uptime over one window.
type uptimeItem struct {
	Window     string          `json:"window" enum:"24h,7d,30d,90d"`
	From       time.Time       `json:"from" doc:"When the window begins; later than its length says where older changes were too many to count"`
	Until      time.Time       `json:"until"`
	Up         health.Duration `json:"up"`
	Degrading  health.Duration `json:"degrading" doc:"A part of up"`
	Down       health.Duration `json:"down"`
	Unobserved health.Duration `json:"unobserved"`
	Ratio      *float64        `json:"ratio" doc:"Of the observed time, the part that it was up: 0 to 1; null when nothing was observed"`
	Coverage   float64         `json:"coverage" doc:"Of the window, the part that was observed: 0 to 1"`
	Outages    int             `json:"outages" doc:"Of which some time is in the window"`
}

func (s *Server) registerUptime(api huma.API) {
	op := aboutPast(s.looksAtPast(api), "uptime", "/uptime", "How long a check was up", "Over 24 h, 7 d, 30 d and 90 d until now. The ratio is the time that it was up by the time that it was observed, "+
		"and the coverage says how much of the window that was: pauses, maintenance and times when nobody watched are not observed.")
	type report = board.Report[uptimeItem]
	huma.Register(api, op, func(ctx context.Context, in *checkInput) (*answerOf[report], error) {
		v, now := s.board.View(), time.Now()
		if v.FindCheck(in.Name) == nil {
			return nil, huma.Error404NotFound(unknownCheck(v, in.Name))
		}
		changes, from, err := s.readChanges(ctx, in.Name, now.Add(-pastSpan), now)
		if err != nil {
			return nil, s.noHistory(ctx, "", err)
		}
		p := &past{now: now, from: from, ledger: history.Fold(changes)}
		tag := etag(v, timeTag(now.Truncate(time.Minute)), entriesTag(changes))
		return conditionally(&in.Conditional, v.Look.ChecksAt, tag, func() report { return board.NewReport(v, p.uptimes()) })
	})
}

// uptimes returns the uptime over each span.
func (p *past) uptimes() []uptimeItem {
	var items []uptimeItem
	for _, w := range spans() {
		u := p.measure(w.Span)
		it := uptimeItem{
			Window: w.Key, From: p.now.Add(-time.Duration(u.Window)), Until: p.now, Up: u.Up, Degrading: u.Degrading, Down: u.Down, Unobserved: u.Unobserved,
			Coverage: u.Coverage, Outages: u.Outages,
		}
		if u.Coverage > 0 {
			it.Ratio = &u.Ratio
		}
		items = append(items, it)
	}
	return items
}

// A historyInput asks for a check's changes.
type historyInput struct {
	Conditional
	Name   string    `path:"name" maxLength:"63" doc:"Its name" example:"shop-api"`
	From   time.Time `query:"from" doc:"Not before then"`
	Until  time.Time `query:"until" doc:"Before then"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"At most so many changes"`
	Cursor string    `query:"cursor" maxLength:"500" doc:"The next of the part before, to read on further back"`
}

func (s *Server) registerHistory(api huma.API) {
	op := aboutPast(s.looksAtPast(api), "history", "/history", "How a check changed", "Its changes of status and the circumstances that began and ended, the newest first, as they stand in the journal. "+
		"Checks that are no more have a history, too.")
	huma.Register(api, op, func(ctx context.Context, in *historyInput) (*answerOf[listing[onward[event.Recorded]]], error) {
		v := s.board.View()
		q := event.Query{Check: in.Name, From: in.From, Until: in.Until, Newest: true, Before: event.Cursor(in.Cursor), Limit: in.Limit + 2}
		changes, err := s.options.History.Changes(ctx, q)
		if err != nil {
			return nil, s.noHistory(ctx, in.Cursor, err)
		}
		if len(changes) == 0 && in.Cursor == "" && v.FindCheck(in.Name) == nil {
			return nil, huma.Error404NotFound(unknownCheck(v, in.Name))
		}
		items, next := newestFirst(changes, q.Before, in.Limit)
		return conditionally(&in.Conditional, v.Look.ChecksAt, etag(v, entriesTag(items)), func() listing[onward[event.Recorded]] { return onwards(v, items, next) })
	})
}

// newestFirst turns at most so many of the newest changes round, without the
// one at the cursor, and returns where the next part begins.
func newestFirst(changes []event.Recorded, before event.Cursor, most int) (items []event.Recorded, next string) {
	for i := len(changes) - 1; i >= 0; i-- {
		if before != "" && changes[i].Cursor == before {
			continue
		}
		if len(items) == most {
			return items, string(items[most-1].Cursor)
		}
		items = append(items, changes[i])
	}
	return items, ""
}
