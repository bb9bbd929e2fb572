package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
)

// Pace of a stream.
const (
	beat        = 5 * time.Second        // a stream is never silent for longer
	pace        = 500 * time.Millisecond // generations are told this far apart at least
	streamBatch = 200                    // entries read from the journal at once
	retryAfter  = "5"                    // seconds, for callers who find the pool full
	reconnectIn = 2000                   // milliseconds that a browser waits before it comes again
)

// The kinds of event that a stream tells, and the parameter that picks them.
const (
	kindEntry      = "entry"
	kindGeneration = "generation"
	kindParam      = "kind"
)

// A generation is what a stream tells when the board has moved on: enough for
// a tab in the background to show whether anything is wrong.
type generation struct {
	Stamp    string `json:"stamp"` // changes with every generation and every run
	Number   uint64 `json:"generation"`
	Looked   string `json:"looked"` // time of day at which the kernel was last asked
	LookedAt string `json:"looked_at"`
	Problems int    `json:"problems"`
	Warnings int    `json:"warnings"`
}

// serveStream answers with server-sent events until the caller leaves, falls
// behind or the server stops. Entries of the journal carry their cursor as id,
// so a reader that comes back with Last-Event-ID misses none; one that brings
// no cursor hears from now on. Generations come at most twice a second.
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	st, p := s.newStream(w, r)
	if p != nil {
		p.serve(w, r)
		return
	}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	addr := callerOf(r.Context())
	if !s.streams.enter(addr) {
		w.Header().Set("Retry-After", retryAfter)
		p := problem{Status: http.StatusServiceUnavailable, Detail: "Too many event streams are open already.", Hint: "Close some, or come back in a few seconds."}
		p.serve(w, r)
		return
	}
	defer s.streams.leave(addr)
	if c := connOf(r.Context()); c != nil {
		s.gate.exempt(c)
	}
	if err := st.run(r.Context()); err != nil {
		s.log.Debug("web: event stream ended", "err", err)
	}
}

// A stream is one caller's.
type stream struct {
	server  *Server
	w       http.ResponseWriter
	control *http.ResponseController

	entries     bool
	generations bool
	cursor      event.Cursor // of the last entry sent
	seen        *board.View  // the view whose entries have been sent
	told        string       // stamp of the generation told last
	looked      time.Time    // told last
}

// newStream reads what r asks for, and finds the place to begin.
func (s *Server) newStream(w http.ResponseWriter, r *http.Request) (*stream, *problem) {
	st := &stream{server: s, w: w, control: http.NewResponseController(w)}
	q := r.URL.Query()
	kinds := q[kindParam]
	if len(kinds) == 0 {
		kinds = []string{kindEntry, kindGeneration}
	}
	for _, k := range kinds {
		if k != kindEntry && k != kindGeneration {
			return nil, &problem{Status: http.StatusUnprocessableEntity, Detail: fmt.Sprintf("kind: unknown kind %q", k), Hint: "Kinds are entry and generation."}
		}
	}
	st.entries, st.generations = slices.Contains(kinds, kindEntry), slices.Contains(kinds, kindGeneration)
	if !st.entries {
		return st, nil
	}
	last := r.Header.Get("Last-Event-ID")
	if last == "" {
		last = q.Get("since")
	}
	return st, st.resume(r.Context(), last)
}

// resume sets the cursor: where the caller was, or now.
func (st *stream) resume(ctx context.Context, last string) *problem {
	j := st.server.journal
	var err error
	switch last {
	case fromStart:
	case "":
		var head []event.Recorded
		if head, err = j.Recent(ctx, 1); len(head) > 0 {
			st.cursor = head[len(head)-1].Cursor
		}
	default:
		st.cursor = event.Cursor(last)
		_, err = j.Read(ctx, st.cursor, 1)
	}
	if errors.Is(err, event.ErrCursor) {
		return &problem{Status: http.StatusUnprocessableEntity, Detail: "Last-Event-ID is no cursor of this journal.", Hint: "Begin without one, or with ?since=start."}
	}
	if err != nil {
		st.server.log.Warn("web: read journal", "err", err)
		return &problem{Status: http.StatusServiceUnavailable, Detail: "The journal cannot be read now; the log says why."}
	}
	return nil
}

// run sends until ctx ends, the server drains, or the caller does not keep up.
func (st *stream) run(ctx context.Context) error {
	h := st.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy that gathers would make it late
	h.Set("Connection", "close")     // the connection is in the streams' pool: nothing may follow on it
	if err := st.send(fmt.Sprintf("retry: %d\n\n", reconnectIn)); err != nil {
		return err
	}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		v := st.server.board.View()
		if err := st.tell(ctx, v); err != nil {
			return err
		}
		if !wait(ctx, pace) {
			return nil
		}
		select {
		case <-st.server.board.Changed(v):
		case <-ticker.C:
			if err := st.send(": still here\n\n"); err != nil {
				return err
			}
		case <-draining(ctx):
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// wait passes time; it reports false if the stream should end instead.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-draining(ctx):
	case <-ctx.Done():
	}
	return false
}

// tell sends what is new in v.
func (st *stream) tell(ctx context.Context, v *board.View) error {
	if st.entries && (st.seen == nil || newest(v) != newest(st.seen)) {
		if err := st.sendEntries(ctx); err != nil {
			return err
		}
		st.seen = v
	}
	if !st.generations || st.told == stamp(v) && st.looked.Equal(v.Look.ListenersAt) {
		return nil
	}
	st.told, st.looked = stamp(v), v.Look.ListenersAt
	return st.sendJSON(kindGeneration, "", generationOf(v))
}

func generationOf(v *board.View) generation {
	s := v.Summary()
	g := generation{Stamp: stamp(v), Number: v.Generation, Problems: s.Problems, Warnings: s.Warnings}
	if at := v.Look.ListenersAt; !at.IsZero() {
		g.Looked, g.LookedAt = at.Local().Format(time.TimeOnly), at.Local().Format(timeLayout)
	}
	return g
}

// sendEntries sends every entry after the cursor.
func (st *stream) sendEntries(ctx context.Context) error {
	for {
		batch, err := st.server.journal.Read(ctx, st.cursor, streamBatch)
		if err != nil {
			return fmt.Errorf("read journal: %w", err)
		}
		for i := range batch {
			if err := st.sendJSON(kindEntry, string(batch[i].Cursor), &batch[i]); err != nil {
				return err
			}
			st.cursor = batch[i].Cursor
		}
		if len(batch) < streamBatch {
			return nil
		}
	}
}

// sendJSON sends one event. JSON holds no line breaks, so its data is one line;
// an id with one would end the event early, and is left out.
func (st *stream) sendJSON(kind, id string, data any) error {
	body, err := marshalJSON(data)
	if err != nil {
		return fmt.Errorf("write %s as JSON: %w", kind, err)
	}
	var b strings.Builder
	b.WriteString("event: " + kind + "\n")
	if id != "" && !strings.ContainsAny(id, "\r\n\x00") {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("data: ")
	b.Write(body)
	b.WriteString("\n\n")
	return st.send(b.String())
}

// send writes and flushes. A reader that does not take it in time is dropped.
func (st *stream) send(text string) error {
	st.control.SetWriteDeadline(time.Now().Add(st.server.wait.reader))
	if _, err := st.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	return st.control.Flush()
}
