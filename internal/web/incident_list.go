package web

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// The states by which incidents are picked.
const (
	stateAll    = "all"
	stateOpen   = "open"
	stateClosed = "closed"
)

func incidentStates() []string { return []string{stateAll, stateOpen, stateClosed} }

// An incidentQuery picks incidents: the open ones first, the last to begin in
// front, then the others, the last to end in front.
type incidentQuery struct {
	check string    // empty: of all
	state string    // of incidentStates
	since time.Time // ended then or later, or open; zero: all
	limit int
	place place
}

// A place is how far somebody has read a list of incidents. The zero place is
// its beginning.
type place struct {
	closed bool
	before event.Cursor // of those that are closed: at or before this one, the last that was read
	down   time.Time    // of those that are open: after this one
	check  string
}

var errPlace = errors.New("no place in this list")

// String returns the place for who reads on: empty for the beginning.
func (p place) String() string {
	switch {
	case p.closed:
		return "closed." + string(p.before)
	case p.check != "":
		return "open." + strconv.FormatInt(p.down.UnixNano(), 36) + "." + p.check
	}
	return ""
}

func parsePlace(text string) (place, error) {
	kind, rest, _ := strings.Cut(text, ".")
	switch kind {
	case "":
		return place{}, nil
	case "closed":
		return place{closed: true, before: event.Cursor(rest)}, nil
	case "open":
		nanos, check, ok := strings.Cut(rest, ".")
		n, err := strconv.ParseInt(nanos, 36, 64)
		if ok && err == nil && check != "" {
			return place{down: time.Unix(0, n), check: check}, nil
		}
	}
	return place{}, errPlace
}

// incidents returns the part of the incidents that q asks for, and the place of
// the next part: nil when this is the last.
func (s *Server) incidents(ctx context.Context, v *board.View, q incidentQuery) (items []history.Incident, next *place, err error) {
	if q.state != stateClosed && !q.place.closed {
		s.openings.forget(v)
		if items, next = s.openIncidents(ctx, v, q); next != nil || q.state == stateOpen {
			return items, next, nil
		}
	}
	closed, next, err := s.closedIncidents(ctx, q, q.limit-len(items))
	for i := range closed {
		s.acknowledged(&closed[i])
	}
	return append(items, closed...), next, err
}

// acknowledged adds who looks after an incident.
func (s *Server) acknowledged(in *history.Incident) {
	if s.options.Registry == nil || in.Key == "" {
		return
	}
	if a, ok := s.options.Registry.Acknowledged(in.Key); ok {
		in.Ack = &a
	}
}

// openIncidents returns the open ones; one whose beginning the journal does not
// tell has no key, and the cause that is seen now.
func (s *Server) openIncidents(ctx context.Context, v *board.View, q incidentQuery) (items []history.Incident, next *place) {
	var open []*health.State
	for _, st := range v.Checks {
		if isOpen(st) && (q.check == "" || q.check == st.Spec.Name) && (q.place.check == "" || youngerFirst(st, q.place) > 0) {
			open = append(open, st)
		}
	}
	slices.SortFunc(open, func(a, b *health.State) int { return youngerFirst(a, place{down: b.Down, check: b.Spec.Name}) })
	if len(open) > q.limit {
		open = open[:q.limit]
		last := open[len(open)-1]
		next = &place{down: last.Down, check: last.Spec.Name}
	}
	found := s.openings.find(ctx, open, openingMost)
	for _, st := range open {
		in := history.Incident{Check: st.Spec.Name, Began: st.Down}
		if r, ok := found[st.Spec.Name]; ok {
			in = history.Incidents([]event.Recorded{r})[0]
		} else if st.Last != nil {
			in.Reason, in.Text = st.Last.Reason, st.Last.Text
		}
		s.acknowledged(&in)
		items = append(items, in)
	}
	return items, next
}

func youngerFirst(st *health.State, p place) int {
	if c := p.down.Compare(st.Down); c != 0 {
		return c
	}
	return strings.Compare(st.Spec.Name, p.check)
}
