package term

import (
	"fmt"
	"io"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Condition says how well one thing is.
type Condition string

// The conditions.
const (
	Well   Condition = "ok"
	Ailing Condition = "warn" // something is missing that can be done without
	Ill    Condition = "fail" // something will not work
)

// A Finding is what `doctor` found out about one thing.
type Finding struct {
	Area      string       `json:"area"` // as "resolver"
	Condition Condition    `json:"condition"`
	Text      foreign.Text `json:"text"`
	Hint      string       `json:"hint,omitempty"` // what to do about it
}

func (c Condition) tone() (mark string, tone Tone) {
	switch c {
	case Well:
		return "●", Good
	case Ailing:
		return "◆", Caution
	}
	return "▲", Bad
}

// WriteFindings writes a line for each finding, with what to do beneath.
func WriteFindings(w io.Writer, findings []Finding) error {
	_, err := io.WriteString(w, findingsText(NewScreen(w), findings))
	return err
}

func findingsText(s Screen, findings []Finding) string {
	width := 0
	for _, f := range findings {
		width = max(width, len(f.Area))
	}
	var b strings.Builder
	for _, f := range findings {
		for _, line := range f.lines(s, width) {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

func (f Finding) lines(s Screen, width int) []string {
	mark, tone := f.Condition.tone()
	head := fmt.Sprintf("%-4s", f.Condition)
	if s.Terminal {
		head = mark + " " + head
	}
	indent := columns(head) + len(gap) + width + len(gap)
	var lines []string
	for i, text := range wrap(f.Text.String(), rest(s, indent)) {
		if i == 0 {
			lines = append(lines, s.paint(head, tone)+gap+fmt.Sprintf("%-*s", width, f.Area)+gap+text)
		} else {
			lines = append(lines, strings.Repeat(" ", indent)+text)
		}
	}
	if f.Hint != "" {
		for _, text := range wrap(f.Hint, rest(s, indent)) {
			lines = append(lines, strings.Repeat(" ", indent)+s.paint(text, Faint))
		}
	}
	return lines
}

// rest returns the width beside an indent, at least that of a few words; 0
// when there is no limit.
func rest(s Screen, indent int) int {
	if s.Width == 0 {
		return 0
	}
	return max(s.Width-indent, 30)
}

// FindingsSummary counts findings by condition.
func FindingsSummary(findings []Finding) Line {
	count := map[Condition]int{}
	for _, f := range findings {
		count[f.Condition]++
	}
	text := fmt.Sprintf("%d ok, %s, %s", count[Well], plural(count[Ailing], "warning"), plural(count[Ill], "failure"))
	return Line{Text: text, Tone: Faint}
}
