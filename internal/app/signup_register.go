package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/term"
)

// RegisterOptions are the words of `register`. What is zero is left to the
// server.
type RegisterOptions struct {
	SignupOptions

	URL   string // whom to ask; empty: nobody, heartbeats come
	Title string

	Interval, Timeout  time.Duration
	Unhealthy, Healthy int

	Path, Expect, ServiceID string
	Period, Grace           time.Duration // of push
	Alerts                  []string
}

// Register is `register`: it signs a check up with a server, and tells what
// came of it on out. The owner's token is kept here, for the other commands; it
// is printed as JSON, each time, and when it cannot be kept.
func Register(ctx context.Context, o RegisterOptions, out, errs io.Writer) error {
	if o.URL == "" && o.Period == 0 {
		return usage(errors.New(`missing "<url>"`), "say whom to ask, as in http://:3000/health; or how often a heartbeat comes: --period 24h")
	}
	s, receipt, err := o.signUp(ctx, errs)
	if err != nil {
		return err
	}
	if receipt.Name != o.Name {
		return s.foreign()
	}
	r := registered{Server: s.server.URL, Receipt: receipt}
	switch {
	case receipt.Token == "" && s.kept: // it is still the one that was kept
		receipt.Token, r.Kept = s.server.Token, s.owners.path
	case receipt.Token != "":
		s.server.Token = receipt.Token
		if err := s.owners.keep(s.server.URL, s.name, receipt.Token); err != nil {
			r.unkept = err.Error()
		} else {
			r.Kept = s.owners.path
		}
	}
	if o.JSON {
		receipt.Notes = append([]string{}, receipt.Notes...) // never null
		return term.WriteDocument(out, r)
	}
	return term.WriteCard(out, r.card(s.look(ctx), time.Now()))
}

// signUp signs the check up with the server that is named, or where the name was
// registered before, else with one that is found: the one of before may have
// moved.
func (o RegisterOptions) signUp(ctx context.Context, errs io.Writer) (*signup, *client.Receipt, error) {
	s, err := o.open(ctx, false, errs)
	if err != nil {
		return nil, nil, err
	}
	receipt, err := s.register(ctx, o.check())
	if err == nil {
		return s, receipt, nil
	}
	if s.known && !isRefusal(err) && ctx.Err() == nil {
		if next, lost := o.open(ctx, true, errs); lost == nil {
			return o.signUpInstead(ctx, s, next)
		}
	}
	return nil, nil, s.refused(err)
}

// signUpInstead signs the check up with another server than the one of before,
// which does not answer any more: the name is known at the new one alone.
func (o RegisterOptions) signUpInstead(ctx context.Context, before, s *signup) (*signup, *client.Receipt, error) {
	receipt, err := s.register(ctx, o.check())
	if err != nil {
		return nil, nil, s.refused(err)
	}
	if s.server.URL != before.server.URL {
		_ = s.owners.forget(before.server.URL, s.name) // where that fails, so does keeping the new token, which is told
	}
	return s, receipt, nil
}

// isRefusal reports whether a server has answered, and does not want to.
func isRefusal(err error) bool {
	_, ok := errors.AsType[*client.Error](err)
	return ok
}

// check is what is asked for.
func (o RegisterOptions) check() client.Check {
	c := client.Check{
		Name: o.Name, Title: o.Title, URL: o.URL,
		Interval: o.Interval, Timeout: o.Timeout, Unhealthy: o.Unhealthy, Healthy: o.Healthy,
		Path: o.Path, Expect: o.Expect, ServiceID: o.ServiceID, Period: o.Period, Grace: o.Grace, Alerts: o.Alerts,
	}
	if c.URL == "" {
		c.URL = "push://" + o.Name
	}
	return c
}

// register signs the check up. A server that has lost what it knew does not know
// the token that was kept here either: then it is asked without.
func (s *signup) register(ctx context.Context, c client.Check) (*client.Receipt, error) {
	s.signing = true
	receipt, err := s.ask(ctx, c)
	var e *client.Error
	if s.kept && errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) {
		s.server.Token, s.kept = "", false
		return s.ask(ctx, c)
	}
	return receipt, err
}

func (s *signup) ask(ctx context.Context, c client.Check) (*client.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	return s.server.Register(ctx, c)
}

// look returns what the server knows of the check; nil when it does not say.
func (s *signup) look(ctx context.Context) *client.Info {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	info, err := s.server.Info(ctx, s.name)
	if err != nil {
		return nil
	}
	return info
}

// A registered is what came of signing up.
type registered struct {
	Server string `json:"server"`
	*client.Receipt
	Kept string `json:"kept,omitempty"` // the file that the owner's token was kept in

	unkept string // why it could not be
}

// card tells it to people.
func (r registered) card(info *client.Info, now time.Time) term.Card {
	c := term.Card{Head: foreign.Text(fmt.Sprintf("%s is %s", r.Name, r.said()))}
	add := func(name, text string, tone term.Tone) {
		c.Facts = append(c.Facts, term.Fact{Name: name, Text: foreign.Text(text), Tone: tone})
	}
	add("server", r.Server, term.Plain)
	if info != nil {
		add("target", info.Spec.Target, term.Plain)
		add("asked", rhythm(info.Spec), term.Plain)
	}
	for _, note := range r.Notes {
		add("note", note, term.Caution)
	}
	if r.CrashLoop {
		add("restarts", fmt.Sprintf("%d, three of them within ten minutes: does it crash?", r.Restarts), term.Caution)
	}
	add("page", pathOn(r.Server, r.PagePath), term.Plain)
	if r.PushPath != "" {
		add("heartbeat", "portreeve beat "+r.Name+", or POST to "+pathOn(r.Server, r.PushPath), term.Plain)
	}
	if r.unkept != "" {
		add("token", r.Token+" (it could not be kept here: "+r.unkept+")", term.Caution)
	}
	return c
}

// said words the outcome.
func (r registered) said() string {
	switch r.Outcome {
	case client.Created:
		return "registered"
	case client.Restarted:
		return "registered already, and was counted as restarted"
	case client.Changed:
		return "changed"
	case client.TakenOver:
		return "taken over: another had the name, and did not answer any more"
	}
	return "registered (" + string(r.Outcome) + ")"
}

// pathOn returns the URL of a path on a server; nothing for no path.
func pathOn(server, path string) string {
	if path == "" {
		return ""
	}
	return server + path
}
