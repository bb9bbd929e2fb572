package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/term"
	"github.com/portreeve/portreeve/internal/watch"
)

// CheckOptions are the words of `check`.
type CheckOptions struct {
	Targets []string // as in health.ParseTarget
	Expect  string   // an expression over each answer
	Timeout time.Duration
	Mode    string // of health.Modes; empty: accept
	Family  string // of health.Families; empty: auto

	Method    string   // of http; empty: GET
	Headers   []string // of http, as NAME:VALUE
	Redirects int      // of http: how many are followed

	ServerName string // of tls, instead of the target's host
	CAFile     string // of tls: trust these and not the system's
	SkipVerify bool   // of tls: any certificate will do

	JSON bool
}

// Check is `check`: it asks every target once, all of them at once, and writes
// what they said to out, in the order of the command line. It returns an
// Outcome unless all are healthy.
func Check(ctx context.Context, o CheckOptions, out, errs io.Writer) error {
	if err := validateAsking(o.Timeout, o.Mode, o.Family); err != nil {
		return err
	}
	headers, err := parseHeaders(o.Headers)
	if err != nil {
		return err
	}
	asker := newQuietAsker()
	defer asker.Close()
	list, err := o.checks(asker, headers)
	if err != nil {
		return err
	}
	a := &answers{states: map[string]*health.State{}}
	if err := a.wait(ctx, asker, list, errs); err != nil {
		return err
	}
	checks, outcome := a.of(list)
	if ctx.Err() != nil && len(a.states) < len(list) {
		outcome = Interrupted
	}
	if err := o.write(ctx, checks, out); err != nil {
		return err
	}
	return outcome.err()
}

// checks makes the checks; the error is a UsageError that names every mistake.
func (o CheckOptions) checks(asker *asker, headers map[string]string) ([]watch.Check, error) {
	var list []watch.Check
	var wrong mistakes
	told := map[health.FieldError]bool{} // one that all targets share is told once
	names, world := map[string]int{}, asker.world(nil)
	for _, target := range o.Targets {
		spec := o.spec(target)
		spec.Headers = headers
		if names[spec.Name]++; names[spec.Name] > 1 {
			spec.Name = fmt.Sprintf("%.50s-%d", spec.Name, names[spec.Name])
		}
		errs := spec.Validate()
		var check watch.Check
		if errs == nil {
			check, errs = newCheck(spec, world)
		}
		for _, e := range errs {
			if !told[e] && e.Field != "name" { // which follows from the target
				wrong.add(withHint(wrongWord(target, e), e.Hint))
			}
			told[e] = true
		}
		list = append(list, check)
	}
	return list, wrong.usage("")
}

// wrongWord words what is wrong with the question that a target is asked.
func wrongWord(target string, e health.FieldError) error {
	_, err := health.ParseTarget(target)
	switch {
	case e.Field != "target":
		return fmt.Errorf("target %.80q: %s: %s", target, flagOf(e.Field), e.Reason)
	case err != nil: // which repeats the target
		return fmt.Errorf("target %s", e.Reason)
	}
	return fmt.Errorf("target %.80q: %s", target, e.Reason)
}

// flagOf returns the flag that sets a field of a check.
func flagOf(field string) string {
	if field == "headers" {
		return "--header"
	}
	return "--" + strings.ReplaceAll(field, "_", "-")
}

// parseHeaders reads headers as NAME:VALUE; the error is a UsageError. It never
// repeats a value, which may be a secret.
func parseHeaders(words []string) (map[string]string, error) {
	headers := map[string]string{}
	for _, w := range words {
		name, value, ok := strings.Cut(w, ":")
		switch name = strings.TrimSpace(name); {
		case !ok || name == "":
			return nil, usage(errors.New("--header needs a name, a colon and a value"), "as in --header 'Accept: text/plain'")
		case headers[name] != "":
			return nil, usage(fmt.Errorf("--header: %.80q is given twice", name), "join its values by commas")
		}
		headers[name] = strings.TrimSpace(value)
	}
	return headers, nil
}

// spec returns the question. Its interval has no meaning but to be longer than
// its timeout.
func (o CheckOptions) spec(target string) *health.Spec {
	spec := health.SpecFor(target)
	spec.Origin, spec.Expect = health.FromRequest, o.Expect
	spec.Mode, spec.Family = health.Mode(o.Mode), health.Family(o.Family)
	spec.Timeout = health.Duration(o.Timeout)
	spec.Interval = 2*spec.Timeout + health.Duration(time.Second)
	spec.Thresholds = health.Thresholds{Unhealthy: 1, Healthy: 1}
	spec.Method, spec.Redirects = o.Method, o.Redirects
	spec.ServerName, spec.CAFile, spec.SkipVerify = o.ServerName, o.CAFile, o.SkipVerify
	return &spec
}

// An answers keeps what each target said. It is a watch.CheckSink.
type answers struct {
	mu     sync.Mutex
	states map[string]*health.State
}

// Check takes the state after the one result.
func (a *answers) Check(st *health.State) {
	if st.Last == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.states[st.Spec.Name] = st
}

// Uncheck does nothing: no check ends before it is asked.
func (a *answers) Uncheck(string) {}

// wait asks each target once, and tells on errs how far that is.
func (a *answers) wait(ctx context.Context, asker *asker, list []watch.Check, errs io.Writer) error {
	asked := make(chan error, 1)
	go func() { asked <- asker.ask(ctx, list, a, 1, time.Millisecond) }()
	progress := term.NewProgress(errs)
	defer progress.Clear()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			progress.Show(a.stand(len(list)))
		case err := <-asked:
			return err
		}
	}
}

// stand words how far it is.
func (a *answers) stand(of int) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return fmt.Sprintf("%d of %d targets have answered", len(a.states), of)
}

// of returns the answers in the order of the checks, and the worst outcome.
func (a *answers) of(list []watch.Check) ([]term.Check, Outcome) {
	checks, outcome := make([]term.Check, len(list)), Outcome(0)
	for i, c := range list {
		st := a.states[c.Spec.Name]
		if st == nil {
			st = &health.State{Spec: c.Spec, Status: health.Unknown}
		}
		checks[i].State = st
		outcome = outcome.worse(statusOutcome(st.Status))
	}
	return checks, outcome
}

// write writes the answers for people, or as the API does.
func (o CheckOptions) write(ctx context.Context, checks []term.Check, out io.Writer) error {
	if o.JSON {
		items := make([]*health.State, len(checks))
		for i, c := range checks {
			items[i] = c.State
		}
		return term.WriteDocument(out, report(items))
	}
	if slices.ContainsFunc(checks, failedHere) {
		nearby(ctx, checks)
	}
	return term.WriteChecks(out, checks, time.Now())
}

// report puts items that were gathered now into the envelope of all JSON.
func report[T any](items []T) board.Report[T] {
	return board.Report[T]{Schema: board.Schema, Host: hostName(), Time: time.Now().UTC(), Degraded: []port.Degraded{}, Items: items}
}
