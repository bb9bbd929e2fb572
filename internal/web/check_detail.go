package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A checkDetail is what a check's row unfolds to: everything known of it.
type checkDetail struct {
	Advice string // what the last reason means, and what to look at next
	Local  bool   // whether that is a fault of this machine
	Own    ownPort
	Facts  []fact
	Phases []phase
	Voids  []voids
	Report *reportView
	Link   string // link: the page with this row open
	JSON   string // link: the check in the API
}

// A phase is a part of the time that the last answer took, its share in
// percent of all.
type phase struct {
	Name, Took string
	Share      int
}

// Voids are results that said nothing of the target, for one fault of our own.
type voids struct {
	Reason string
	Count  uint64
}

func (c *composer) checkDetail(st *health.State) *checkDetail {
	name := st.Spec.Name
	d := &checkDetail{
		Own: c.ownPort(st), Voids: voidResults(st), JSON: apiPath + "/checks/" + url.PathEscape(name),
		Link: plainQuery().link(change{"checks", "name:" + name}, change{"open", checkID + name}) + "#" + checkID + name,
	}
	d.Facts = slices.Concat(c.beatFacts(st), c.answerFacts(st), c.beliefFacts(st), c.registrationFacts(st))
	if st.Last != nil {
		d.Advice, d.Local = adviceFor(st.Last), st.Last.Reason.Local()
		d.Phases = phases(st.Last)
		d.Report = c.report(st.Last)
	}
	d.Facts = slices.DeleteFunc(d.Facts, func(f fact) bool { return f.Value == "" && f.Time.Text == "" })
	return d
}

// answerFacts tell what the target was seen to say.
func (c *composer) answerFacts(st *health.State) []fact {
	if st.Last == nil || st.Last.Answer == nil {
		return nil
	}
	var facts []fact
	a := st.Last.Answer
	if a.Address.IsValid() {
		f := fact{Name: "address", Value: a.Address.String()}
		if a.StaleName {
			f.Value += ", known from before: the resolver does not answer"
		}
		facts = append(facts, f)
	}
	if h := a.HTTP; h != nil {
		facts = append(facts, fact{Name: "HTTP", Value: httpText(h)}, fact{Name: "leads to", Value: h.Location.Clip(120)})
	}
	if t := a.TLS; t != nil {
		facts = append(facts,
			fact{Name: "TLS", Value: strings.Trim(t.Version+", "+t.Cipher+", "+t.ALPN, ", ")}, fact{Name: "certificate", Value: t.Subject.Clip(120)},
			fact{Name: "issuer", Value: t.Issuer.Clip(120)}, fact{Name: "ends", Time: at(t.NotAfter, c.now)})
	}
	return facts
}

func httpText(h *health.HTTP) string {
	text := fmt.Sprintf("%d, %s, %d bytes read", h.Status, h.Protocol, h.BodyBytes)
	if h.ContentType != "" {
		text += ", " + h.ContentType.Clip(60)
	}
	if h.Redirects > 0 {
		text += ", after " + plural(h.Redirects, "redirect")
	}
	return text
}

// beliefFacts tell why the status is what it is.
func (c *composer) beliefFacts(st *health.State) []fact {
	s := st.Spec
	facts := []fact{
		{Name: "about", Value: clipped(s.Title)}, {Name: "expects", Value: foreign.Text(s.Expect).String()}, {Name: "down since", Time: at(st.Down, c.now)},
		{Name: "status since", Time: at(st.Since, c.now)}, {Name: "in a row", Value: streak(st)},
		{Name: "restless", Value: fmt.Sprintf("%.0f %%, flapping from 30 %% on", st.Flap)},
		askedEvery(s),
		{Name: nextName(s), Time: at(st.Next, c.now)}, {Name: "stands behind", Value: clipped(strings.Join(s.Parents, ", "))}, {Name: "tells", Value: clipped(strings.Join(s.Alerts, ", "))},
	}
	if s.Mode == health.Listen {
		facts = append(facts, fact{Name: "mode", Value: "listen: half a handshake, which the server never sees"})
	}
	return append(facts, fact{Name: "defined by", Value: string(s.Origin)})
}

// askedEvery says how often a check is asked, or how often it is to be heard.
func askedEvery(s *health.Spec) fact {
	if isPush(s) {
		return fact{Name: "awaited", Value: fmt.Sprintf("every %s, %s late at most", period(s.Period), period(s.Grace))}
	}
	return fact{Name: "asked", Value: fmt.Sprintf("every %s, waits %s at most", period(s.Interval), period(s.Timeout))}
}

// nextName is what happens when a check is due.
func nextName(s *health.Spec) string {
	if isPush(s) {
		return "next look"
	}
	return "next due"
}

// period says a duration that somebody has set, or a part of one: 38 µs,
// 750 ms, 1.5 s, 5 s, 60 m.
func period(d health.Duration) string {
	switch t := time.Duration(d); {
	case t < 100*time.Microsecond:
		return fmt.Sprintf("%d\u00a0µs", t/time.Microsecond)
	case t < time.Minute && t%time.Second != 0:
		return took(t)
	default:
		return span(t)
	}
}

// streak says how many equal results there were in a row, and how many it takes.
func streak(st *health.State) string {
	switch {
	case st.Fails > 0:
		return fmt.Sprintf("%s; %d make an outage", plural(st.Fails, "failure"), st.Spec.Thresholds.Unhealthy)
	case st.Passes > 0:
		return fmt.Sprintf("%d passed; it takes %d to be believed", st.Passes, st.Spec.Thresholds.Healthy)
	}
	return ""
}

func phases(r *health.Result) []phase {
	if r.Answer == nil {
		return nil
	}
	p := r.Answer.Phases
	var out []phase
	for _, x := range []struct {
		name string
		took health.Duration
	}{{"resolve", p.Resolve}, {"connect", p.Connect}, {"tls", p.TLS}, {"processing", p.Processing}, {"transfer", p.Transfer}} {
		if x.took > 0 {
			out = append(out, phase{x.name, period(x.took), int(x.took * 100 / max(r.Took, x.took))})
		}
	}
	return out
}

// voidResults counts results that said nothing of the target, by reason.
func voidResults(st *health.State) []voids {
	var out []voids
	for _, r := range health.LocalReasons() {
		if n := st.Unknowns[r]; n > 0 {
			out = append(out, voids{strings.ReplaceAll(string(r), "_", " "), n})
		}
	}
	return out
}
