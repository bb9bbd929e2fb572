package metrics

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/port"
)

func TestClients(t *testing.T) {
	a, b := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	mapped := netip.MustParseAddr("::ffff:10.0.0.1")
	top := func(other uint32, clients ...port.Client) []port.Clients {
		return []port.Clients{{Port: 80, Distinct: len(clients), Top: clients, Other: other}}
	}
	tests := []struct {
		name        string
		established uint32
		clients     []port.Clients
		top         int
		want        []string
	}{
		{"nobody is no clients, counted or not", 0, nil, 0, []string{`client_connections_max{P} 0`, `clients{P} 0`}},
		{"clients that nobody counted are not zero", 3, nil, 0, nil},
		{"addresses are not told unasked", 9, top(0, port.Client{Addr: a, Connections: 9}), 0, []string{`client_connections_max{P} 9`, `clients{P} 1`}},
		{"the busiest by address, all others together", 12, top(1, port.Client{Addr: a, Connections: 9}, port.Client{Addr: b, Connections: 2}), 1, []string{
			`client_connections_max{P} 9`, `client_connections{client="10.0.0.1",P} 9`, `client_connections{client="other",P} 3`, `clients{P} 2`,
		}},
		{"one address written two ways is no second series", 12, top(0, port.Client{Addr: a, Connections: 9}, port.Client{Addr: mapped, Connections: 3}), 5, []string{
			`client_connections_max{P} 9`, `client_connections{client="10.0.0.1",P} 9`, `client_connections{client="other",P} 3`, `clients{P} 2`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := viewOf()
			v.Watched = []uint16{80}
			v.Connections, v.Clients = count(80, port.Counts{Established: tt.established}, port.Counts{}), tt.clients
			want(t, seriesOf(expose(t, v, Options{Clients: tt.top})), "clients client_connections_max client_connections", labelled(tt.want)...)
		})
	}
}

// labelled writes the labels of the only port out.
func labelled(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.Replace(l, "P}", `port="80",protocol="tcp"}`, 1))
	}
	return out
}
