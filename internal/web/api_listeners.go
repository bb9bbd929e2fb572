package web

import (
	"context"
	"errors"
	"fmt"
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

	filter port.Filter
	order  port.Order
}

// Resolve reads the filter and the order, and names each that is wrong.
func (in *listenersInput) Resolve(huma.Context) []error {
	var errs []error
	var err error
	if in.filter, err = port.ParseFilter(in.Filter); err != nil {
		errs = append(errs, queryError("filter", in.Filter, err))
	}
	if in.order, err = port.ParseOrder(in.Sort); err != nil {
		errs = append(errs, queryError("sort", in.Sort, err))
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
func itemsOf(v *board.View, listeners []port.Listener) []listenerItem {
	byPort := checksByPort(v)
	items := make([]listenerItem, len(listeners))
	for i := range listeners {
		items[i] = listenerItem{listeners[i], []string{}}
		for _, st := range checksOf(byPort, &listeners[i]) {
			items[i].Checks = append(items[i].Checks, st.Spec.Name)
		}
	}
	return items
}

func (s *Server) registerListeners(api huma.API) {
	type report = board.Report[listenerItem]
	all := get("listeners", "/listeners", "What listens", "One item per service port: IPv4 and IPv6 and shared sockets are folded together.", 422)
	huma.Register(api, all, func(_ context.Context, in *listenersInput) (*answerOf[report], error) {
		v := s.board.View()
		return conditionally(&in.Conditional, v.Look.ListenersAt, etag(v), func() report { return board.NewReport(v, itemsOf(v, v.Listing(in.filter, in.order))) })
	})
	one := get("listener", "/listeners/{proto}/{port}/{hash}", "One listener", "By its id, which outlives restarts of the same service.", 404, 422)
	huma.Register(api, one, func(_ context.Context, in *listenerInput) (*answerOf[report], error) {
		v := s.board.View()
		id := fmt.Sprintf("%s/%d/%s", in.Proto, in.Port, in.Hash)
		i := slices.IndexFunc(v.Listeners, func(l port.Listener) bool { return l.ID == id })
		if i < 0 {
			return nil, huma.Error404NotFound(fmt.Sprintf("no listener has the id %q now", id))
		}
		return conditionally(&in.Conditional, v.Look.ListenersAt, etag(v), func() report { return board.NewReport(v, itemsOf(v, v.Listeners[i:i+1])) })
	})
}
