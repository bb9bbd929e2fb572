package term

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Check is one target of `check` and what it said.
type Check struct {
	State  *health.State // with its last result, unless we were interrupted before
	Nearby string        // what this machine knows of a port of its own that failed; empty when nothing
}

// word is the verdict as monitoring plugins write it (Monitoring Plugins
// Development Guidelines, "Plugin Return Codes").
func word(s health.Status) (string, Tone) {
	switch s {
	case health.Healthy:
		return "OK", Good
	case health.Degrading:
		return "WARNING", Caution
	case health.Unhealthy:
		return "CRITICAL", Bad
	}
	return "UNKNOWN", Unseen
}

// WriteChecks writes what targets said at a moment: a line with the verdict,
// and beneath it what it rests on. Several targets are summed up before, for
// who reads the first line only.
func WriteChecks(w io.Writer, checks []Check, now time.Time) error {
	_, err := io.WriteString(w, checksText(NewScreen(w), checks, now))
	return err
}

func checksText(s Screen, checks []Check, now time.Time) string {
	var blocks []string
	if len(checks) > 1 {
		blocks = append(blocks, sumUp(checks, s)+"\n")
	}
	for _, c := range checks {
		blocks = append(blocks, strings.Join(c.lines(s, now), "\n")+"\n")
	}
	return strings.Join(blocks, "\n")
}

// sumUp counts targets by verdict, the worst first.
func sumUp(checks []Check, s Screen) string {
	count := map[health.Status]int{}
	for _, c := range checks {
		count[c.State.Status]++
	}
	worst, words := health.Healthy, []string{}
	for _, status := range []health.Status{health.Unhealthy, health.Unknown, health.Degrading, health.Healthy} {
		if count[status] > 0 {
			if len(words) == 0 {
				worst = status
			}
			words = append(words, fmt.Sprintf("%d %s", count[status], strings.ToLower(string(status))))
		}
	}
	name, tone := word(worst)
	return s.paint(name, tone) + fmt.Sprintf(": %d targets: %s", len(checks), strings.Join(words, ", "))
}

func (c Check) lines(s Screen, now time.Time) []string {
	name, tone := word(c.State.Status)
	lines := []string{s.paint(name, tone) + ": " + c.headline(s)}
	for _, f := range c.facts(now) {
		head := gap + s.paint(fmt.Sprintf("%-*s", factWidth, f[0]), Faint) + gap
		for _, text := range wrap(f[1], rest(s, factWidth+2*len(gap))) {
			lines = append(lines, head+text)
			head = strings.Repeat(" ", factWidth+2*len(gap))
		}
	}
	return lines
}

// factWidth is the width of the longest name of a fact.
const factWidth = len("certificate")

// headline says in a few words what the target did. For programs it ends in
// performance data, whose separator the words must not hold.
func (c Check) headline(s Screen) string {
	r := c.State.Last
	target := foreign.Text(c.State.Spec.Target).String()
	if r == nil {
		return target + ": interrupted before it answered"
	}
	text := fmt.Sprintf("%s: %s in %v", target, said(r), short(r.Took))
	if s.Terminal {
		return text
	}
	if why := c.evidence(); why != "" {
		text = fmt.Sprintf("%s: %s: %s (%v)", target, said(r), why, short(r.Took))
	}
	return fmt.Sprintf("%s | time=%.6fs;;;0;%g", strings.ReplaceAll(text, "|", "¦"), time.Duration(r.Took).Seconds(), time.Duration(c.State.Spec.Timeout).Seconds())
}

// mostEvidence is how much of the evidence the first line holds, in characters:
// pagers show no more than a line.
const mostEvidence = 160

// evidence returns why the check did not pass, short enough for the first line.
func (c Check) evidence() string {
	r := c.State.Last
	if r.Reason == "" {
		return ""
	}
	target, _ := health.ParseTarget(c.State.Spec.Target)
	return withoutAddress(r, target.Host).Clip(mostEvidence)
}

// withoutAddress returns the evidence of a result without the address at its
// head, where that is the host whose name stands before it.
func withoutAddress(r *health.Result, host string) foreign.Text {
	if r.Answer == nil || r.Answer.Address.Addr().String() != host {
		return r.Text
	}
	return foreign.Text(strings.TrimPrefix(string(r.Text), r.Answer.Address.String()+": "))
}

// said words the result of a check.
func said(r *health.Result) string {
	if r.Reason != "" {
		return string(r.Reason)
	}
	if r.Answer != nil && r.Answer.HTTP != nil {
		return fmt.Sprintf("answered %d", r.Answer.HTTP.Status)
	}
	if r.Answer != nil && r.Answer.TLS != nil {
		return "shook hands"
	}
	return "accepted a connection"
}

// facts are what the verdict rests on, by name.
func (c Check) facts(now time.Time) [][2]string {
	r := c.State.Last
	if r == nil {
		return nil
	}
	var facts [][2]string
	add := func(name, text string) {
		if text != "" {
			facts = append(facts, [2]string{name, text})
		}
	}
	add("evidence", r.Text.String())
	add("hint", cmp.Or(c.Nearby, health.AdviceFor(r)))
	if a := r.Answer; a != nil {
		add("address", addressText(a))
		add("phases", c.phasesText())
		add("http", httpText(a.HTTP))
		add("tls", tlsText(a.TLS))
		add("certificate", certificateText(a.TLS, now))
	}
	return facts
}

func addressText(a *health.Answer) string {
	switch {
	case !a.Address.IsValid():
		return ""
	case a.StaleName:
		return a.Address.String() + " (as last known: the resolver does not answer)"
	}
	return a.Address.String()
}

// phasesText says where the time went, without what took none: an address needs
// no resolver.
func (c Check) phasesText() string {
	var words []string
	p := c.State.Last.Answer.Phases
	if target, err := health.ParseTarget(c.State.Spec.Target); err == nil {
		if _, literal := target.Addr(); literal {
			p.Resolve = 0
		}
	}
	for _, phase := range []struct {
		name string
		took health.Duration
	}{{"resolve", p.Resolve}, {"connect", p.Connect}, {"tls", p.TLS}, {"processing", p.Processing}, {"transfer", p.Transfer}} {
		if time.Duration(phase.took) >= time.Microsecond {
			words = append(words, fmt.Sprintf("%s %v", phase.name, short(phase.took)))
		}
	}
	return strings.Join(words, " · ")
}

func httpText(h *health.HTTP) string {
	if h == nil {
		return ""
	}
	words := []string{fmt.Sprintf("%d %s", h.Status, foreign.Text(h.Protocol)), fmt.Sprintf("%d bytes", h.BodyBytes)}
	if h.ContentType != "" {
		words = append(words, h.ContentType.String())
	}
	if h.Redirects > 0 {
		words = append(words, plural(h.Redirects, "redirect"))
	}
	if h.Location != "" {
		words = append(words, "at "+h.Location.String())
	}
	return strings.Join(words, ", ")
}

func tlsText(t *health.TLS) string {
	if t == nil {
		return ""
	}
	words := []string{t.Version, t.Cipher}
	if t.ALPN != "" {
		words = append(words, foreign.Text(t.ALPN).String())
	}
	return strings.Join(words, ", ")
}

// certificateText says whose certificate it is and for how long.
func certificateText(t *health.TLS, now time.Time) string {
	if t == nil || t.NotAfter.IsZero() {
		return ""
	}
	days := int(t.NotAfter.Sub(now) / (24 * time.Hour))
	left := plural(days, "day") + " left"
	if t.NotAfter.Before(now) {
		left = "EXPIRED " + plural(-days, "day") + " ago"
	}
	return fmt.Sprintf("%s by %s, until %s (%s)", dashed(t.Subject.String()), dashed(t.Issuer.String()), t.NotAfter.UTC().Format(time.DateOnly), left)
}

// short writes a duration with three digits at most.
func short(d health.Duration) time.Duration {
	took, unit := time.Duration(d), time.Nanosecond
	for took/unit >= 1000 {
		unit *= 10
	}
	return took.Round(unit)
}
