package web

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// A listenersInput picks and sorts listeners.
type listenersInput struct {
	Conditional
	Filter string `query:"filter" maxLength:"500" doc:"The page's and the command line's filter" example:"port:3000-3010 scope:all -user:root"`
	Sort   string `query:"sort" doc:"port, bind, service, owner, up, connections, clients or queue; a leading minus reverses; problems first when absent" example:"-connections"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"1000" doc:"At most so many listeners"`
	After  string `query:"after" doc:"The next of the part before, to read on; with the same filter and sort"`

	query board.ListenerQuery
}

// Resolve reads the filter, the order and the place, and names each that is
// wrong.
func (in *listenersInput) Resolve(huma.Context) []error {
	var errs []error
	var err error
	in.query = board.ListenerQuery{After: in.After, Limit: in.Limit}
	if in.query.Filter, err = port.ParseFilter(in.Filter); err != nil {
		errs = append(errs, queryError("filter", in.Filter, err))
	}
	if in.query.Order, err = port.ParseOrder(in.Sort); err != nil {
		errs = append(errs, queryError("sort", in.Sort, err))
	}
	if in.query.Validate() != nil {
		errs = append(errs, afterError(in.After))
	}
	return errs
}

// queryError says what is wrong with a query parameter, and what to write.
func queryError(name, value string, err error) error {
	d := &huma.ErrorDetail{Message: err.Error(), Location: "query." + name, Value: value}
	var fe *port.FilterError
	if errors.As(err, &fe) {
		d.Message = fmt.Sprintf("%s; %s", fe.Reason, fe.Advice)
	}
	return d
}

// A listenerInput names one listener by its id, proto/port/hash.
type listenerInput struct {
	Conditional
	Proto string `path:"proto" enum:"tcp,udp" doc:"Protocol"`
	Port  uint16 `path:"port" minimum:"1" maximum:"65535" doc:"Port"`
	Hash  string `path:"hash" doc:"The rest of the id" example:"6be153d6"`
}

// A listenerItem is a listener and what asks its address.
type listenerItem struct {
	port.Listener
	Checks []string `json:"checks" doc:"Names of the checks of this listener's address, sorted"`
}

// itemsOf adds v's checks to listeners of it.
func itemsOf(v *board.View, listeners []*port.Listener) iter.Seq[listenerItem] {
	byPort, names := checksByPort(v), make([][]string, len(listeners))
	for i, l := range listeners {
		names[i] = []string{}
		for _, st := range checksOf(byPort, l) {
			names[i] = append(names[i], st.Spec.Name)
		}
	}
	return func(yield func(listenerItem) bool) {
		for i, l := range listeners {
			if !yield(listenerItem{*l, names[i]}) {
				return
			}
		}
	}
}

type listenersPart = board.Part[listenerItem]

func (s *Server) registerListeners(api huma.API) {
	all := get("listeners", "/listeners", "What listens", "One item per service port: IPv4 and IPv6 and shared sockets are folded together.", 422)
	huma.Register(api, all, func(_ context.Context, in *listenersInput) (*answerOf[listing[listenersPart]], error) {
		v := s.board.View()
		return conditionally(&in.Conditional, v.Look.ListenersAt, etag(v), func() listing[listenersPart] { return listenersOn(v, in.query) })
	})
	one := get("listener", "/listeners/{proto}/{port}/{hash}", "One listener", "By its id, which outlives restarts of the same service.", 404, 422)
	huma.Register(api, one, func(_ context.Context, in *listenerInput) (*answerOf[listenersPart], error) {
		v := s.board.View()
		id := fmt.Sprintf("%s/%d/%s", in.Proto, in.Port, in.Hash)
		i := slices.IndexFunc(v.Listeners, func(l port.Listener) bool { return l.ID == id })
		if i < 0 {
			return nil, huma.Error404NotFound(fmt.Sprintf("no listener has the id %q now", id))
		}
		return conditionally(&in.Conditional, v.Look.ListenersAt, etag(v), func() listenersPart {
			return board.NewPart(v, slices.Collect(itemsOf(v, []*port.Listener{&v.Listeners[i]})), 1, "")
		})
	})
}

// listenersOn returns the part of v's listeners that q asks for; q is valid.
func listenersOn(v *board.View, q board.ListenerQuery) listing[listenersPart] {
	rows, next, matching, _ := q.Page(v)
	items := itemsOf(v, rows)
	return listing[listenersPart]{board.NewPart[listenerItem](v, nil, matching, next), func(yield func(any) bool) {
		items(func(item listenerItem) bool { return yield(item) })
	}}
}
