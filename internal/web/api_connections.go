package web

import (
	"context"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
)

// A connectionsInput picks a port and says how to group.
type connectionsInput struct {
	Conditional
	Port    uint16 `query:"port" minimum:"1" maximum:"65535" doc:"Only this port" example:"8500"`
	GroupBy string `query:"group_by" enum:"port,client,process" default:"port" doc:"One item per port, per client and port, or per process"`
}

// A connectionsReport is one of three reports, by what was asked for.
type connectionsReport struct{ encoder }

// Schema names the three.
func (connectionsReport) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		r.Schema(reflect.TypeFor[board.Report[board.PortConnections]](), true, ""),
		r.Schema(reflect.TypeFor[board.Report[board.ClientConnections]](), true, ""),
		r.Schema(reflect.TypeFor[board.Report[board.ProcessConnections]](), true, ""),
	}}
}

func (s *Server) registerConnections(api huma.API) {
	op := get("connections", "/connections", "Who is connected", "Server-side TCP connections: to ports that somebody listens on, or that are watched. "+
		"Those that the server has yet to accept are counted as unaccepted, not as established.", 422)
	huma.Register(api, op, func(_ context.Context, in *connectionsInput) (*answerOf[connectionsReport], error) {
		v := s.board.View()
		return conditionally(&in.Conditional, v.Look.ConnectionsAt, etag(v), func() connectionsReport { return connectionsBy(v, in.GroupBy, in.Port) })
	})
}

func connectionsBy(v *board.View, group string, only uint16) connectionsReport {
	switch group {
	case "client":
		return connectionsReport{listed(board.NewConnectionsReport(v, v.ConnectionsByClient(only)))}
	case "process":
		return connectionsReport{listed(board.NewConnectionsReport(v, v.ConnectionsByProcess(only)))}
	}
	return connectionsReport{listed(board.NewConnectionsReport(v, v.ConnectionsByPort(only)))}
}
