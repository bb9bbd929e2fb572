package probe

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// reportRules say what a check makes of what its target reports of its own health
// (draft-inadarei-api-health-check-06).
type reportRules struct {
	serviceID string        // who it must be; empty: anybody
	plainJSON bool          // it is understood as application/json, too
	patience  time.Duration // how old a measurement may be
}

func reportRulesOf(spec *health.Spec) reportRules {
	return reportRules{
		serviceID: spec.ServiceID,
		plainJSON: spec.ServiceID != "" || spec.Origin.Registered(),
		patience:  health.MaxGap * time.Duration(spec.Interval),
	}
}

// understand reports whether an answer's type is that of a health report, and
// whether it can be nothing else. Apps that sign up, and those whose ID is known,
// may send their report as plain JSON.
func (rules reportRules) understand(resp *http.Response) (yes, surely bool) {
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	kind = strings.TrimSpace(kind)
	if strings.EqualFold(kind, "application/health+json") {
		return true, true
	}
	return rules.plainJSON && (strings.EqualFold(kind, "application/json") || strings.HasSuffix(strings.ToLower(kind), "+json")), false
}

// testimony returns what an answer says of the health of who answers, nil when it
// says nothing; or why that cannot be understood.
func (v *visit) testimony(resp *http.Response, b body) (*testimony, *fault) {
	yes, surely := v.rules.understand(resp)
	if !yes || v.first.method == http.MethodHead {
		return nil, nil
	}
	f := b.unusable()
	if f == nil {
		said, err := readTestimony(b.bytes)
		switch {
		case err == nil && (surely || said.stated && said.word.known()):
			said.date(resp, v.rules.patience)
			return said, nil
		case err != nil:
			f = blame(health.NotJSON, "application/health+json that "+err.Error())
		}
	}
	if !surely {
		return nil, nil
	}
	return nil, f
}

// judge says what is wrong with a good status by what the target says of itself.
// A word that means nothing is a warning: the server did say 200.
func (t *testimony) judge(r *health.Report) *fault {
	says := fmt.Sprintf("its health report says %q", r.Status)
	switch {
	case t.word == fails:
		r.Notes = append(r.Notes, "it says that it fails with the status 200")
		return detailed(blame(health.ExpectationFailed, says+", though the status is 200 OK"), r)
	case t.word == warns:
		return detailed(&fault{verdict: health.Warn, reason: health.HealthWarn, text: says}, r)
	case !t.stated:
		return &fault{verdict: health.Warn, reason: health.HealthWarn, text: "a health report without a status"}
	case t.word != passes:
		return &fault{verdict: health.Warn, reason: health.HealthWarn, text: says + ", which is no status"}
	case t.stale > 0:
		return &fault{verdict: health.Warn, reason: health.StaleCheck, text: staleness(r, t.stale)}
	}
	return nil
}

// worsen adds to the fault of a bad status what the target says of itself.
func (t *testimony) worsen(f *fault, r *health.Report, status int) *fault {
	says := fmt.Sprintf("its health report says %q", r.Status)
	switch {
	case !t.stated:
		return f
	case status >= http.StatusBadRequest && (t.word == passes || t.word == warns):
		r.Notes = append(r.Notes, fmt.Sprintf("it says that it is well with the status %d", status))
		f.text += ", though " + says
	default:
		f.text += "; " + says
	}
	return detailed(f, r)
}

// maxDetails is how many bytes the text of a result may have that repeats a
// report, and maxTold how many of its parts are told.
const (
	maxDetails = 3 * maxText
	maxTold    = 3
)

// detailed adds to a fault what a report says of the parts that are not well.
func detailed(f *fault, r *health.Report) *fault {
	f.limit = maxDetails
	if r.Output != "" {
		f.text += ": " + r.Output.String()
	}
	for i := range r.Parts[:min(len(r.Parts), maxTold)] {
		if p := &r.Parts[i]; p.Verdict != health.Pass {
			f.text += "; " + described(p)
		}
	}
	return f
}

// described tells of one part.
func described(p *health.Part) string {
	text := fmt.Sprintf("%s %s", p.Name, p.Verdict)
	if p.Value != "" {
		text += " at " + p.Value.String()
	}
	if p.Output != "" {
		text += ": " + p.Output.String()
	}
	if len(p.Affected) > 0 {
		text += " (affects " + listed(p.Affected) + ")"
	}
	return text
}

func listed(all []foreign.Text) string {
	texts := make([]string, len(all))
	for i, t := range all {
		texts[i] = t.String()
	}
	return strings.Join(texts, ", ")
}

// staleness tells of the first part that is too old, and counts the others.
func staleness(r *health.Report, stale int) string {
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Stale {
			text := fmt.Sprintf("%s in its health report is too old to say anything: it was measured at %s", p.Name, p.Time.UTC().Format(time.RFC3339))
			switch {
			case stale == 2:
				text += "; so is another"
			case stale > 2:
				text += fmt.Sprintf("; so are %d others", stale-1)
			}
			return text
		}
	}
	return "its health report is too old to say anything"
}

// impostor warns of an answer that is not the service's that the check asks.
func (rules reportRules) impostor(t *testimony, r *health.Report) *fault {
	switch {
	case rules.serviceID == "" || t != nil && t.serviceID == rules.serviceID:
		return nil
	case t == nil || t.serviceID == "":
		return &fault{verdict: health.Warn, reason: health.WrongService, text: fmt.Sprintf("it does not say that it is the service %q", rules.serviceID)}
	}
	r.Notes = append(r.Notes, "it is another service than the one that is asked")
	return &fault{verdict: health.Warn, reason: health.WrongService, text: fmt.Sprintf("it is the service %q, not %q", r.ServiceID, rules.serviceID)}
}
