package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/term"
)

// AlertsOptions are the words of `alerts`.
type AlertsOptions struct {
	Action    string // of AlertsActions
	Route     string
	File      string // as in ServeOptions
	LookupEnv func(name string) (string, bool)
	JSON      bool
}

// AlertsActions lists what `alerts` can do.
func AlertsActions() []string { return []string{"test"} }

// sampleTime bounds one try of a channel.
const sampleTime = time.Minute

// Alerts is `alerts`: it sends a sample on each channel of a route and tells
// on out what became of it. It returns an Outcome unless all of them took it.
func Alerts(ctx context.Context, o AlertsOptions, out, errs io.Writer) error {
	if !slices.Contains(AlertsActions(), o.Action) {
		return usage(fmt.Errorf("unknown action %q", o.Action), nearOr(o.Action, AlertsActions(), "the action is test"))
	}
	c, err := tellMistakes(ServeOptions{LookupEnv: o.LookupEnv, File: o.File}.sources(), errs)
	if err != nil {
		return err
	}
	route, ok := c.Route(o.Route)
	if !ok {
		var names []string
		for _, a := range c.Alerts {
			names = append(names, a.Name)
		}
		hint := "there are no routes: write some beneath alerts: in the configuration"
		if names != nil {
			hint = nearOr(o.Route, names, "routes are "+strings.Join(names, ", "))
		}
		return usage(fmt.Errorf("there is no route %q", o.Route), hint)
	}
	all, err := channels(route, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	var tried []term.Tried
	for _, ch := range all {
		tried = append(tried, try(ctx, ch, sample(o.Route, c.URL)))
	}
	if err := term.WriteTried(out, tried, o.JSON); err != nil {
		return err
	}
	if slices.ContainsFunc(tried, func(t term.Tried) bool { return t.Err != "" }) {
		return Doubtful
	}
	return nil
}

// sample is the notice of a trial.
func sample(route, page string) notify.Notice {
	now := time.Now()
	return notify.Notice{
		Key: fmt.Sprintf("sample/%s/%d", route, now.UnixNano()), Kind: notify.Sample, Route: route, At: now,
		Check: "sample", Observer: hostName(), Page: page, Status: health.Healthy,
	}
}

// try sends a sample on one channel.
func try(ctx context.Context, ch channel, n notify.Notice) term.Tried {
	ctx, cancel := context.WithTimeout(ctx, sampleTime)
	defer cancel()
	began := time.Now()
	err := ch.sender.Send(ctx, n)
	t := term.Tried{Channel: n.Route + "/" + ch.name, Took: health.Duration(time.Since(began))}
	if err != nil {
		t.Err = foreign.Text(err.Error())
	}
	return t
}
