package probe

import (
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// What is kept of a report: there may be ten thousand.
const (
	maxReport   = 8 << 10 // bytes of the service's text in all
	maxParts    = 32
	maxName     = 128 // bytes, as the next
	maxValue    = 64
	maxAffected = 4   // of a part
	maxEndpoint = 128 // bytes
)

// A reporter makes a report of a testimony, in which no secret is told and
// nothing is long.
type reporter struct {
	secrets secrets
	left    int // bytes that there is still room for
}

// report returns what of a testimony is kept.
func (t *testimony) report(s secrets) *health.Report {
	w := reporter{s, maxReport}
	r := &health.Report{
		Status: w.text(t.status, maxValue), ServiceID: w.text(t.serviceID, maxName), ReleaseID: w.text(t.releaseID, maxName),
		Version: w.text(t.version, maxValue), Output: w.text(t.output, maxText), Notes: t.notes,
	}
	for i := range t.entries {
		if i == maxParts || w.left <= 0 {
			r.More = len(t.entries) - i
			break
		}
		r.Parts = append(r.Parts, w.part(&t.entries[i]))
	}
	r.More += t.more
	return r
}

// part returns what of an entry is kept.
func (w *reporter) part(e *entry) health.Part {
	p := health.Part{Verdict: e.word.verdict(), Stale: e.stale, Time: e.time, Name: w.text(e.title(), maxName), Output: w.text(textOf(e.output), maxText)}
	if e.value != nil {
		p.Value = w.text(strings.TrimSpace(textOf(e.value)+" "+textOf(e.unit)), maxValue)
	}
	switch kindOf(e.affected) {
	case '[':
		for one := range elements(e.affected) {
			if len(p.Affected) == maxAffected {
				break
			}
			if text := w.text(textOf(one), maxEndpoint); text != "" {
				p.Affected = append(p.Affected, text)
			}
		}
	case '"':
		p.Affected = []foreign.Text{w.text(textOf(e.affected), maxEndpoint)}
	}
	return p
}

// title names an entry: by its key, and which of them it is where they have IDs.
func (e *entry) title() string {
	name, id := textOf(e.name), textOf(e.id)
	switch {
	case id == "" && name == "":
		return "unnamed"
	case id == "":
		return name
	case name == "":
		return id
	}
	return name + " (" + id + ")"
}

// text returns what is kept of a text. It is a copy, which does not keep the body
// that it was read from.
func (w *reporter) text(s string, most int) foreign.Text {
	if s == "" {
		return ""
	}
	text := foreign.Text(strings.Clone(string(w.secrets.shownIn(s, most))))
	w.left -= len(text)
	return text
}

// verdict returns what a word says of a part: one that means nothing is a warning.
func (w word) verdict() health.Verdict {
	switch w {
	case passes:
		return health.Pass
	case fails:
		return health.Fail
	}
	return health.Warn
}
