package compat

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A mark says how something is, three times over: by shape, word and colour, so
// that it is understood without any one of them.
type mark struct{ Shape, Word, Class string }

var (
	fine    = mark{"●", "ok", "ok"}
	bad     = mark{"▲", "down", "bad"}
	caution = mark{"◆", "warning", "warn"}
	unclear = mark{"◌", "unknown", "none"}
)

// mark is the app's, read with the overlays: what is excused or paused calls
// nobody, so it has no colour.
func (a *app) mark() mark {
	m := unclear
	switch a.Status {
	case health.Healthy:
		m = mark{"✓", "healthy", "ok"}
	case health.Degrading:
		m = mark{"◆", "degrading", "warn"}
	case health.Unhealthy:
		m = mark{"✕", "unhealthy", "bad"}
	}
	switch {
	case a.has(health.Paused):
		m.Shape, m.Class = "‖", unclear.Class
	case a.has(health.Maintenance), a.has(health.Behind):
		m.Class = unclear.Class
	case a.Status.Up() && (a.has(health.Flapping) || a.has(health.Stale)):
		m.Shape, m.Class = caution.Shape, caution.Class
	}
	return m
}

// A tag is a word beside a status.
type tag struct{ Text, Class, Title string }

// A row is one app in the list.
type row struct {
	ID       string
	Name     string // of its check
	Called   string
	Link     string // the page of its check; empty: the visitor may not see it
	Target   string // empty: the visitor may not know
	Mark     mark
	Tags     []tag
	Since    moment
	Answer   string
	Class    string // of the answer
	Evidence string
	Asked    moment
	Restarts int
	Loop     bool
	Facts    []fact
	Yours    bool
	Paused   bool
}

// A fact is what more is known.
type fact struct{ Name, Value string }

func rowOf(a *app, now time.Time, local bool) row {
	r := row{
		ID: "app-" + a.Name, Name: a.Name, Called: foreign.Text(a.Appname).Clip(maxShown), Mark: a.mark(), Tags: a.tags(), Since: ago(a.Since, now),
		Answer: "not asked yet", Class: unclear.Class, Restarts: a.Restarts, Loop: a.CrashLoop, Yours: a.Yours, Paused: a.has(health.Paused),
	}
	if local {
		r.Link = "/checks/" + a.Name
	}
	if a.Last != nil {
		r.answer(a.Last, now)
	}
	if a.details != nil {
		r.Target, r.Facts = foreign.Text(a.URL).Clip(maxShown), a.facts(now)
	}
	return r
}

func (r *row) answer(last *answer, now time.Time) {
	r.Asked, r.Answer, r.Class = ago(last.At, now), string(last.Reason), "bad"
	switch last.Verdict {
	case health.Pass:
		r.Answer, r.Class = "pass", "ok"
	case health.Warn:
		r.Class = "warn"
	case health.Indeterminate:
		r.Class = unclear.Class
	}
	r.Evidence = foreign.Text(last.Text).Clip(2 * maxShown)
}

// tags are the words of the overlays, and of what else is odd.
func (a *app) tags() []tag {
	var out []tag
	for _, o := range a.Overlays {
		out = append(out, tag{Text: strings.ToLower(string(o))})
	}
	if a.CrashLoop {
		out = append(out, tag{"crash loop", "warn", fmt.Sprintf("It has signed up %d times within ten minutes", a.Recent)})
	}
	if a.Unasked {
		out = append(out, tag{"not asked", "warn", "The configuration does not let it be asked"})
	}
	return out
}

// facts are the details.
func (a *app) facts(now time.Time) []fact {
	d := a.details
	all := []fact{
		{"asked", fmt.Sprintf("every %v s, %v s to answer", d.Interval, d.Timeout)},
		{"down", fmt.Sprintf("after %d failures in a row, up after %d successes", d.Unhealthy, d.Healthy)},
		{"paused", pauseWords(d.Pause)},
		{"mail", foreign.Text(d.Email).Clip(maxShown)},
		{"signed up", at(d.Created, now).Text},
	}
	if d.Address.IsValid() {
		all[4].Value += " from " + d.Address.String()
	}
	if a.Restarts > 0 {
		all = append(all, fact{"last restart", at(d.Renewed, now).Text})
	}
	for _, why := range d.Why {
		all = append(all, fact{"not asked", foreign.Text(why).Clip(2 * maxShown)})
	}
	var out []fact
	for _, f := range all {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

func pauseWords(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return "after an outage of " + span(time.Duration(seconds*float64(time.Second)))
}
