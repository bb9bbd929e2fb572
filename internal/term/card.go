package term

import (
	"io"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Card says one thing, and beneath it what there is to know of it.
type Card struct {
	Status health.Status // of what it is about; empty: none
	Head   foreign.Text
	Facts  []Fact
}

// A Fact is one thing to know. An empty one is not shown.
type Fact struct {
	Name string
	Text foreign.Text
	Tone Tone
}

// WriteCard writes a card, whatever others have put into its texts.
func WriteCard(w io.Writer, c Card) error {
	_, err := io.WriteString(w, strings.Join(c.lines(NewScreen(w)), "\n")+"\n")
	return err
}

func (c Card) lines(s Screen) []string {
	head := c.Head.String()
	if c.Status != "" {
		_, tone := word(c.Status)
		head = s.paint(string(c.Status), tone) + ": " + head
	}
	lines := []string{head}
	width := 0
	for _, f := range c.Facts {
		if f.Text != "" {
			width = max(width, columns(f.Name))
		}
	}
	for _, f := range c.Facts {
		if f.Text == "" {
			continue
		}
		blank := strings.Repeat(" ", width+2*len(gap))
		lead := gap + s.paint(f.Name+strings.Repeat(" ", width-columns(f.Name)), Faint) + gap
		for _, text := range wrap(f.Text.String(), rest(s, len(blank))) {
			lines = append(lines, lead+s.paint(text, f.Tone))
			lead = blank
		}
	}
	return lines
}

// Ago writes a moment, and how long ago it was; nothing for the zero Time.
func Ago(at, now time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Local().Format("2006-01-02 15:04:05") + " (" + age(now.Sub(at)) + " ago)"
}
