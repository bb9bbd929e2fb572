package letter

import (
	"strings"
	"unicode/utf8"
)

// width is how long the lines of a body are, in characters: what fits when it
// is quoted a few times (RFC 3676, section 4.2 has 78 at most).
const width = 72

// A paper takes the lines of a body.
type paper struct{ strings.Builder }

// labelled is where the text of a row begins: behind its label.
const labelled = 13

// row writes a label and its text, wrapped. What a stranger chose can so never
// stand at the beginning of a line. An empty text writes nothing.
func (p *paper) row(label, text string) {
	if text == "" {
		return
	}
	indent := strings.Repeat(" ", labelled)
	head := "  " + label
	p.lines(head+strings.Repeat(" ", max(labelled-len(head), 1)), indent, text)
}

// text writes a paragraph of our own words, and an empty line behind it.
func (p *paper) text(text string) {
	if text == "" {
		return
	}
	p.lines("", "", text)
	p.WriteByte('\n')
}

// link writes a URL on a line of its own and never breaks it, so that mail
// programs let it be followed.
func (p *paper) link(label, url string) {
	if url == "" {
		return
	}
	p.WriteString(label + "\n  " + url + "\n\n")
}

// lines wraps a text at spaces, and a word longer than a line wherever it must.
func (p *paper) lines(first, indent, text string) {
	line, used := first, utf8.RuneCountInString(first)
	empty := true
	end := func() {
		p.WriteString(strings.TrimRight(line, " ") + "\n")
		line, used, empty = indent, len(indent), true
	}
	for _, word := range strings.Fields(text) {
		runes := []rune(word)
		if !empty && used+1+len(runes) > width {
			end()
		}
		for used+len(runes) > width && empty {
			fits := max(width-used, 1)
			line += string(runes[:fits])
			runes = runes[fits:]
			end()
		}
		if !empty {
			line, used = line+" ", used+1
		}
		line, used, empty = line+string(runes), used+len(runes), empty && len(runes) == 0
	}
	if !empty {
		end()
	}
}
