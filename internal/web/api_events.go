package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
)

// An eventsInput says from where on to read.
type eventsInput struct {
	Conditional
	Since string `query:"since" doc:"The cursor of the last entry that you have; start for all there are; absent for the most recent ones"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"At most so many entries"`
	Wait  int    `query:"wait" minimum:"1" maximum:"30" doc:"With since: wait so many seconds for a first entry" example:"25"`
}

// fromStart is the since that stands for the journal's very beginning.
const fromStart = "start"

// Resolve names a wait that has nothing to wait for.
func (in *eventsInput) Resolve(huma.Context) []error {
	if in.Wait > 0 && in.Since == "" {
		return []error{&huma.ErrorDetail{Message: "wait needs since: the cursor after which to wait", Location: "query.wait", Value: in.Wait}}
	}
	return nil
}

func (s *Server) registerEvents(api huma.API) {
	type report = board.Report[event.Recorded]
	op := get("events", "/events", "What happened", "Entries of the journal, oldest first: what ports were opened and closed, and how checks changed. "+
		"Each has a cursor; the last one's is the since of the next request.", 422, 503)
	huma.Register(api, op, func(ctx context.Context, in *eventsInput) (*answerOf[listing[report]], error) {
		entries, err := s.readEvents(ctx, in)
		if err != nil {
			return nil, err
		}
		v := s.board.View()
		tag := etag(v, entriesTag(entries))
		return conditionally(&in.Conditional, v.Look.ListenersAt, tag, func() listing[report] { return listed(board.NewReport(v, entries)) })
	})
}

// entriesTag stands for the entries in a validator: the board may learn of the
// newest a moment after the journal.
func entriesTag(entries []event.Recorded) string {
	if len(entries) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d-%x", len(entries), entries[len(entries)-1].Cursor)
}

// readEvents reads what in asks for. The error is one for the caller.
func (s *Server) readEvents(ctx context.Context, in *eventsInput) ([]event.Recorded, error) {
	var entries []event.Recorded
	var err error
	if in.Since == "" {
		entries, err = s.journal.Recent(ctx, in.Limit)
	} else {
		entries, err = s.readSince(ctx, in)
	}
	switch {
	case err == nil, ctx.Err() != nil:
		return entries, nil
	case errors.Is(err, event.ErrCursor):
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{
			Message: "no cursor of this journal; take one from an entry, or start", Location: "query.since", Value: in.Since,
		})
	case errors.As(err, new(huma.StatusError)):
		return nil, err
	}
	s.log.Warn("web: read journal", "err", err)
	return nil, huma.Error503ServiceUnavailable("the journal cannot be read now; the log says why")
}

// readSince reads what comes after a cursor, waiting for it if asked to.
func (s *Server) readSince(ctx context.Context, in *eventsInput) ([]event.Recorded, error) {
	after := event.Cursor(in.Since)
	if in.Since == fromStart {
		after = ""
	}
	seen := s.board.View()
	entries, err := s.journal.Read(ctx, after, in.Limit)
	if err != nil || len(entries) > 0 || in.Wait == 0 {
		return entries, err
	}
	addr := callerOf(ctx)
	if !s.streams.enter(addr) {
		return nil, errPoolFull()
	}
	defer s.streams.leave(addr)
	most := time.Duration(in.Wait) * time.Second
	allowTime(ctx, most+s.wait.write)
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for len(entries) == 0 && err == nil && s.waitForEntry(ctx, &seen) {
		entries, err = s.journal.Read(ctx, after, in.Limit)
	}
	return entries, err
}

// waitForEntry waits until the board knows a newer entry than seen does, and
// moves seen on. It reports false when there is no more time for it.
func (s *Server) waitForEntry(ctx context.Context, seen **board.View) bool {
	for {
		select {
		case <-s.board.Changed(*seen):
		case <-draining(ctx):
			return false
		case <-ctx.Done():
			return false
		}
		was := *seen
		if *seen = s.board.View(); newest(*seen) != newest(was) {
			return true
		}
	}
}

// newest returns the cursor of the last entry that a view knows of.
func newest(v *board.View) event.Cursor {
	if len(v.Recent) == 0 {
		return ""
	}
	return v.Recent[len(v.Recent)-1].Cursor
}

// errPoolFull is for callers that want to wait when too many do.
func errPoolFull() error {
	h := http.Header{"Retry-After": []string{retryAfter}}
	return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("too many callers wait for events already"), h)
}
