package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/term"
)

// Info is `info`: it tells on out what a server knows of a check that signed up
// there.
func Info(ctx context.Context, o SignupOptions, out, errs io.Writer) error {
	s, err := o.open(ctx, false, errs)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	info, err := s.server.Info(within, o.Name)
	if err != nil {
		return s.refused(err)
	}
	if info.Name != o.Name {
		return s.foreign()
	}
	if o.JSON {
		return term.WriteDocument(out, documentOf(s.server.URL, info))
	}
	return term.WriteCard(out, infoCard(s.server.URL, info, time.Now()))
}

// infoCard tells it to people.
func infoCard(server string, i *client.Info, now time.Time) term.Card {
	c := term.Card{Status: health.Status(i.Status), Head: foreign.Text(cmp.Or(i.Spec.Title, i.Name) + ": " + i.Spec.Target)}
	if i.Paused {
		c.Status = ""
		c.Head += " is paused"
	}
	add := func(name, text string, tone term.Tone) {
		c.Facts = append(c.Facts, term.Fact{Name: name, Text: foreign.Text(text), Tone: tone})
	}
	add("server", server, term.Plain)
	if i.Conflict {
		add("conflict", "the server's configuration has a check of this name, which is asked instead", term.Caution)
	}
	add("since", term.Ago(i.Since, now), term.Plain)
	add("last", lastAnswer(i.Last, now), toneOf(i.Last))
	add("asked", rhythm(i.Spec), term.Plain)
	add("owner", i.Owner, term.Plain)
	add("address", i.Address, term.Plain)
	add("registered", term.Ago(i.Created, now), term.Plain)
	switch {
	case i.CrashLoop:
		add("restarts", fmt.Sprintf("%d, three of them within ten minutes: does it crash? The last was %s", i.Restarts, term.Ago(i.Renewed, now)), term.Caution)
	case i.Restarts > 0:
		add("restarts", fmt.Sprintf("%d, the last %s", i.Restarts, term.Ago(i.Renewed, now)), term.Plain)
	}
	add("alerts", strings.Join(i.Spec.Alerts, ", "), term.Plain)
	return c
}

// rhythm words how often a check is asked, and what its answers mean.
func rhythm(s client.Spec) string {
	if s.Period > 0 {
		return fmt.Sprintf("a heartbeat every %s, at most %s late", brief(s.Period), brief(s.Grace))
	}
	if s.Interval == 0 {
		return ""
	}
	return fmt.Sprintf("every %s, at most %s for an answer; %d failures in a row are an outage, %d good answers end it",
		brief(s.Interval), brief(s.Timeout), s.Unhealthy, s.Healthy)
}

// brief writes a duration without units of nought: 24h, not 24h0m0s.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// toneOf is how the last result looks.
func toneOf(r *client.Result) term.Tone {
	switch {
	case r == nil || r.Verdict == string(health.Pass):
		return term.Plain
	case r.Verdict == string(health.Fail):
		return term.Bad
	}
	return term.Caution
}

// lastAnswer words the last result.
func lastAnswer(r *client.Result, now time.Time) string {
	if r == nil {
		return "no answer yet"
	}
	words := r.Verdict
	if r.Reason != "" {
		words += ", " + r.Reason
	}
	if r.Text != "" {
		words += ": " + r.Text
	}
	return words + ", " + term.Ago(r.At, now)
}
