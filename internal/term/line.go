package term

import (
	"fmt"
	"io"
)

// A Line is a remark beneath a table or a row.
type Line struct {
	Mark string // a shape before the text, on terminals only
	Text string
	Tone Tone
	Hint string // what would help
}

// lines returns the remark for a terminal, wrapped to its width.
func (l Line) lines(s Screen) []string {
	var out []string
	text := l.Text
	if l.Mark != "" {
		text = l.Mark + " " + text
	}
	for _, text := range wrap(text, s.Width) {
		out = append(out, s.paint(text, l.Tone))
	}
	if l.Hint != "" {
		for _, text := range wrap(l.Hint, max(s.Width-len(gap), 0)) {
			out = append(out, gap+s.paint(text, Faint))
		}
	}
	return out
}

// writeLines writes remarks: as they are to a terminal, elsewhere in the way
// of an error message, one line each.
func writeLines(w io.Writer, s Screen, lines []Line) error {
	for _, l := range lines {
		if !s.Terminal {
			if _, err := fmt.Fprintln(w, "portreeve: "+l.oneLine()); err != nil {
				return err
			}
			continue
		}
		for _, text := range l.lines(s) {
			if _, err := fmt.Fprintln(w, text); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l Line) oneLine() string {
	if l.Hint == "" {
		return l.Text
	}
	return l.Text + "; " + l.Hint
}
