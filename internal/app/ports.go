package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/term"
)

// watchEvery is how often --watch looks.
const watchEvery = time.Second

// PortsOptions are the words of `ports`.
type PortsOptions struct {
	Filter []string // terms, as in port.ParseFilter
	Sort   string   // a key of port.OrderKeys, "-" before it for the reverse
	All    bool     // also rows that do not matter from here
	JSON   bool
	Watch  bool // again and again until ctx ends
	Accept bool // an expect: block instead of a table
}

// Ports is `ports`: it shows what listens on this machine, on out, and what it
// could not see, on errs.
func Ports(ctx context.Context, o PortsOptions, out, errs io.Writer) error {
	q, err := o.query()
	if err != nil {
		return err
	}
	looker, err := OpenLooker(LookConfig{})
	if err != nil {
		return err
	}
	defer looker.Close()
	if o.Accept {
		return accept(ctx, looker, q, out)
	}
	return present(ctx, looker, q.report(o.JSON), o.Watch, out, errs)
}

// present shows a report once or until ctx ends.
func present(ctx context.Context, looker *Looker, r term.Report, watch bool, out, errs io.Writer) error {
	if watch {
		return r.Watch(ctx, looker.Look, watchEvery, out, errs)
	}
	v, err := looker.Look(ctx)
	if err != nil {
		return err
	}
	return r.Once(v, out, errs)
}

// accept writes today's listeners as what is expected from now on.
func accept(ctx context.Context, looker *Looker, q portsQuery, out io.Writer) error {
	v, err := looker.Look(ctx)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, term.Expect(v, v.Listing(q.filter, "port")))
	return err
}

// A portsQuery is PortsOptions understood.
type portsQuery struct {
	filter port.Filter
	order  port.Order
	all    bool
}

// query understands the options; the error is a UsageError.
func (o PortsOptions) query() (portsQuery, error) {
	filter, err := port.ParseFilter(strings.Join(o.Filter, " "))
	if err != nil {
		return portsQuery{}, UsageError{err}
	}
	order, err := port.ParseOrder(o.Sort)
	if wrong := (*port.FilterError)(nil); errors.As(err, &wrong) {
		return portsQuery{}, usage(errors.New(wrong.Reason), wrong.Advice)
	}
	if o.Accept && (o.JSON || o.Watch) {
		return portsQuery{}, usage(errors.New("--accept prints YAML, once"), "leave out --json and --watch")
	}
	return portsQuery{filter, order, o.All || filter.String() != ""}, nil
}

// report returns how the listeners are shown. Who filters gets every row that
// matches.
func (q portsQuery) report(asJSON bool) term.Report {
	listing := func(v *board.View) (matching, shown []port.Listener) {
		matching = v.Listing(q.filter, q.order)
		if q.all {
			return matching, matching
		}
		return matching, term.Calm(matching)
	}
	r := term.Report{
		Name: strings.TrimSpace("ports " + q.filter.String()),
		Table: func(v *board.View, terminal bool) term.Table {
			_, shown := listing(v)
			return term.Ports(shown, v.Look.ListenersAt, terminal)
		},
		Lines: func(v *board.View) []term.Line {
			matching, shown := listing(v)
			return term.PortsLines(v, len(matching), len(shown))
		},
		Summary: term.Summary,
	}
	if asJSON {
		r.JSON = func(v *board.View) any { return board.NewReport(v, v.Listing(q.filter, q.order)) }
	}
	return r
}

// FilterWords lists what a term of a filter may begin with, for completion: a
// key and, where its values are a closed set, each of them.
func FilterWords() []string {
	words := []string{"port:", "addr:", "pid:", "process:", "service:", "user:", "unit:", "container:", "family:ipv4", "family:ipv6", "netns:own", "netns:other", "proto:tcp", "proto:udp"}
	for _, s := range []port.Scope{port.Loopback, port.LinkLocal, port.Private, port.Public, port.All} {
		words = append(words, fmt.Sprintf("scope:%s", s))
	}
	for _, s := range []port.State{port.OK, port.Unclear, port.Warning, port.Trouble} {
		words = append(words, fmt.Sprintf("state:%s", s))
	}
	return words
}

// SortKeys lists what `ports` can be sorted by.
func SortKeys() []string { return port.OrderKeys() }
