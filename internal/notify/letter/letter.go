// Package letter writes notices for people: the subject and the body of a mail,
// and the few words that fit a chat or the screen of a telephone.
//
// What it writes depends on the notice alone, so a repeated mail is the same
// word for word. Times are UTC and say so: the machine that watches, the one
// that is watched and whoever reads rarely agree on anything else.
//
// Names, evidence and whatever else strangers chose cannot forge a line, a
// header, a link or an escape sequence: [foreign.Text] makes them visible, they
// are clipped, and in a body they stand behind a label or an indent.
package letter

import (
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
)

// Prefix begins every subject, for the filters of mail programs.
const Prefix = "[portreeve] "

// What a text may take at most, in characters.
const (
	maxName     = 80
	maxEvidence = 1000
	maxHeadline = 200
	maxRemark   = 200
	maxURL      = 500
)

// Subject returns the subject of a mail: one line of printable characters, not
// yet encoded for a header.
func Subject(n notify.Notice) string { return Prefix + headline(&n) }

// Short returns what a chat or a push service shows: the headline, and as a
// second line the evidence and where to read on. Foreign text in it cannot
// address people, make links or use the markup of the usual services.
func Short(n notify.Notice) string {
	lines := []string{tame(headline(&n))}
	if remark := remark(&n); remark != "" {
		lines = append(lines, tame(remark))
	}
	if n.Page != "" {
		lines[len(lines)-1] += " " + clean(n.Page, maxURL)
	}
	return strings.Join(lines, "\n")
}

// remark returns what a short message adds to its headline; it never begins
// with what a stranger chose.
func remark(n *notify.Notice) string {
	switch {
	case n.Kind == notify.Sample || isSelf(n):
		return "seen by " + clean(n.Observer, maxName)
	case n.Kind == notify.PausedKind && n.By != health.AfterOutage && n.Why != "":
		return "why: " + n.Why.Clip(maxRemark)
	case n.Kind == notify.Down || n.Kind == notify.Reminder || n.Kind == notify.Degrading:
		parts := []string{"seen by " + clean(n.Observer, maxName)}
		if n.Text != "" {
			parts = append(parts, n.Text.Clip(maxRemark))
		}
		return strings.Join(parts, ": ")
	}
	return ""
}

// tame takes from a text what the markups of chats act on: mentions, links,
// and what hides or quotes. Look-alikes keep it readable.
func tame(s string) string {
	return strings.NewReplacer(
		"<", "‹", ">", "›", "@", "＠", "`", "'", "[", "(", "]", ")",
		"://", ": //", "||", "| |", "~~", "~ ~",
	).Replace(s)
}

// clean returns a text that came from elsewhere as it may be looked at.
func clean(s string, n int) string { return foreign.Text(s).Clip(n) }
