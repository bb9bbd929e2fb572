package app

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/term"
)

// namedClients is how many clients per port `conns` names: as many as fill a
// few screens.
const namedClients = 100

// ConnsOptions are the words of `conns`.
type ConnsOptions struct {
	Port  string // only this one, listening or not; empty: every port that listens
	By    string // of Groupings; empty: port
	JSON  bool
	Watch bool // again and again until ctx ends
}

// Groupings lists what connections can be counted by.
func Groupings() []string { return []string{"port", "client", "state", "process"} }

// Conns is `conns`: it shows who is connected to this machine's services, on
// out, and what it could not see, on errs.
func Conns(ctx context.Context, o ConnsOptions, out, errs io.Writer) error {
	only, err := o.only()
	if err != nil {
		return err
	}
	r, err := o.report(only)
	if err != nil {
		return err
	}
	c := LookConfig{Clients: namedClients}
	if only != 0 {
		c.WatchPorts = []uint16{only}
	}
	looker, err := OpenLooker(c)
	if err != nil {
		return err
	}
	defer looker.Close()
	return present(ctx, looker, r, o.Watch, out, errs)
}

// only returns the one port that is asked for, or 0 for all.
func (o ConnsOptions) only() (uint16, error) {
	if o.Port == "" {
		return 0, nil
	}
	return ParsePort(o.Port)
}

// ParsePort reads a TCP port as people write it, and as `ports` prints it:
// 8500, :8500 or 8500/tcp. The error is a UsageError.
func ParsePort(word string) (uint16, error) {
	digits := strings.TrimSuffix(strings.TrimPrefix(word, ":"), "/tcp")
	n, err := strconv.ParseUint(digits, 10, 16)
	if err == nil && n > 0 {
		return uint16(n), nil
	}
	if strings.HasSuffix(word, "/udp") {
		return 0, usage(fmt.Errorf("%q: UDP has no connections", word), "name a TCP port, as in 8500")
	}
	return 0, usage(fmt.Errorf("%q is no port", word), "ports are 1 to 65535, as in 8500")
}

// ParsePorts reads ports as [ParsePort] does.
func ParsePorts(words []string) ([]uint16, error) {
	ports := make([]uint16, len(words))
	for i, w := range words {
		p, err := ParsePort(strings.TrimSpace(w))
		if err != nil {
			return nil, err
		}
		ports[i] = p
	}
	return ports, nil
}

// report returns how the connections are shown.
func (o ConnsOptions) report(only uint16) (term.Report, error) {
	r := term.Report{
		Name:    strings.TrimSpace("conns " + o.Port),
		Lines:   func(v *board.View) []term.Line { return append(term.Elsewhere(v, only), term.Blind(v)...) },
		Summary: func(v *board.View) term.Line { return term.ConnsSummary(v, only) },
	}
	var items func(v *board.View) any
	switch o.By {
	case "", "port":
		r.Table = func(v *board.View, _ bool) term.Table { return term.ConnsByPort(v.ConnectionsByPort(only)) }
		items = func(v *board.View) any { return board.NewConnectionsReport(v, v.ConnectionsByPort(only)) }
	case "client":
		r.Table = func(v *board.View, _ bool) term.Table { return term.ConnsByClient(v.ConnectionsByClient(only), v) }
		items = func(v *board.View) any { return board.NewConnectionsReport(v, v.ConnectionsByClient(only)) }
	case "state":
		r.Table = func(v *board.View, terminal bool) term.Table {
			return term.ConnsByState(term.ByState(v, only), terminal)
		}
		items = func(v *board.View) any { return board.NewConnectionsReport(v, term.ByState(v, only)) }
	case "process":
		r.Table = func(v *board.View, _ bool) term.Table { return term.ConnsByProcess(v.ConnectionsByProcess(only)) }
		items = func(v *board.View) any { return board.NewConnectionsReport(v, v.ConnectionsByProcess(only)) }
	default:
		return r, unknownGrouping(o.By)
	}
	if o.JSON {
		r.JSON = items
	}
	return r, nil
}

func unknownGrouping(word string) error {
	hint := "connections are counted by " + strings.Join(Groupings(), ", ")
	if near, ok := port.Nearest(word, Groupings()); ok {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return usage(fmt.Errorf("unknown grouping %q", word), hint)
}
