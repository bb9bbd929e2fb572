package main

import (
	"fmt"
	"strings"
	"unicode"
)

// A page is a manual page in the language of man(7).
type page struct{ strings.Builder }

func (p *page) title(name, version string) {
	fmt.Fprintf(p, ".TH %s 1 \"\" \"%s %s\" \"\"\n.nh\n.ad l\n", strings.ToUpper(name), name, escape(version))
}

func (p *page) section(name string) { fmt.Fprintf(p, ".SH %s\n", name) }

func (p *page) subsection(name string) { fmt.Fprintf(p, ".SS %s\n", escape(name)) }

// tagged writes a term in bold and what it means.
func (p *page) tagged(term, text string) {
	fmt.Fprintf(p, ".TP\n\\fB%s\\fR\n", escape(term))
	if text != "" {
		fmt.Fprintln(p, escape(text))
	}
}

// text writes paragraphs, which blank lines part. Lines that begin with two
// blanks are examples and stay as they are.
func (p *page) text(text string) {
	for _, paragraph := range strings.Split(strings.Trim(text, "\n"), "\n\n") {
		paragraph = strings.Trim(paragraph, "\n")
		if !strings.HasPrefix(paragraph, "  ") {
			fmt.Fprintf(p, ".PP\n%s\n", escape(strings.ReplaceAll(paragraph, "\n", " ")))
			continue
		}
		p.WriteString(".PP\n.RS 4\n.nf\n")
		for line := range strings.Lines(paragraph) {
			fmt.Fprintln(p, escape(strings.TrimPrefix(strings.TrimRight(line, "\n"), "  ")))
		}
		p.WriteString(".fi\n.RE\n")
	}
}

// escape makes a line literal: groff_char(7) says what would be typeset as
// something else, and a dot at the start would be a request.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `'`, `\(aq`, "`", "\\(ga", `^`, `\(ha`, `~`, `\(ti`).Replace(text)
	var b strings.Builder
	if strings.HasPrefix(text, ".") {
		b.WriteString(`\&`)
	}
	for _, r := range text {
		if r > unicode.MaxASCII {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
