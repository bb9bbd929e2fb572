package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A reportView is what a service says of its own health, as the page shows it.
type reportView struct {
	Facts []fact
	Notes []string // what is wrong with what it says
	Parts []reportPart
	More  string
}

// A reportPart is one of its measurements.
type reportPart struct {
	Mark     mark
	Name     string
	Tags     []cell
	Value    string
	At       moment
	Output   string
	Affected string
}

// report shows what a result holds of health+json; nil when there is nothing.
func (c *composer) report(last *health.Result) *reportView {
	if last.Answer == nil || last.Answer.Report == nil {
		return nil
	}
	r := last.Answer.Report
	v := &reportView{Facts: []fact{
		{Name: "status", Value: r.Status.Clip(40)}, {Name: "service", Value: r.ServiceID.Clip(120)}, {Name: "release", Value: r.ReleaseID.Clip(120)},
		{Name: "version", Value: r.Version.Clip(60)}, {Name: "output", Value: r.Output.Clip(300)},
	}}
	v.Facts = slices.DeleteFunc(v.Facts, func(f fact) bool { return f.Value == "" })
	for _, note := range r.Notes {
		v.Notes = append(v.Notes, foreign.Text(note).Clip(200))
	}
	for i := range r.Parts {
		v.Parts = append(v.Parts, c.reportPart(&r.Parts[i]))
	}
	if r.More > 0 {
		v.More = fmt.Sprintf("and %s more", plural(r.More, "measurement"))
	}
	return v
}

// maxAffected is how many endpoints are named that a part affects.
const maxAffected = 5

func (c *composer) reportPart(p *health.Part) reportPart {
	out := reportPart{Mark: verdictMark(p.Verdict), Name: p.Name.Clip(80), Value: p.Value.Clip(60), At: at(p.Time, c.now), Output: p.Output.Clip(160)}
	if p.Stale {
		out.Mark.Class = caution.Class
		out.Tags = []cell{{Text: "stale", Class: caution.Class, Title: "It was measured too long ago to say anything"}}
	}
	var named []string
	for _, a := range p.Affected[:min(len(p.Affected), maxAffected)] {
		named = append(named, a.Clip(80))
	}
	if more := len(p.Affected) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("%d more", more))
	}
	out.Affected = strings.Join(named, ", ")
	return out
}

// verdictMark is that of one measurement.
func verdictMark(v health.Verdict) mark {
	switch v {
	case health.Pass:
		return mark{"✓", "pass", fine.Class}
	case health.Warn:
		return mark{"◆", "warn", caution.Class}
	case health.Fail:
		return mark{"✕", "fail", trouble.Class}
	}
	return unclear
}
