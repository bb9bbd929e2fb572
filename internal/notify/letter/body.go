package letter

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
)

// Body returns the body of a mail as plain text with \n at the end of its
// lines: what happened, since when, why and with what evidence, when all was
// last well, what else fails, who saw it, and what to do.
func Body(n notify.Notice) string {
	var p paper
	p.text(opening(&n))
	rows(&p, &n)
	p.WriteByte('\n')
	outages(&p, &n)
	if failing(&n) {
		p.text(sentence(clean(n.Advice, maxEvidence)))
	}
	p.link(pageLabel(&n), clean(n.Page, maxURL))
	p.text(closing(&n))
	footer(&p, &n)
	return p.String()
}

// opening is the first sentence: the headline without its evidence.
func opening(n *notify.Notice) string {
	name := clean(n.Check, maxName)
	switch {
	case n.Kind == notify.Sample:
		return fmt.Sprintf("This is a sample. Nothing is wrong: somebody wanted to know whether alerts of the route %s arrive.", clean(n.Route, maxName))
	case isSelf(n):
		return selfOpening(n)
	case n.Kind == notify.Down:
		return name + " is DOWN."
	case n.Kind == notify.Up:
		return fmt.Sprintf("%s has recovered. It was DOWN for %s.", name, Span(outage(n)))
	case n.Kind == notify.Summary:
		return fmt.Sprintf("%s %s. This could not be sent while it happened.", name, summaryLine(n))
	case n.Kind == notify.Degrading:
		return name + " is DEGRADING: " + degrading(n) + " You will hear of it again if it goes DOWN, and not if it is well again."
	case n.Kind == notify.Well:
		return name + " is well again; it was not believed to be down."
	case n.Kind == notify.Reminder:
		return fmt.Sprintf("%s is still DOWN, for %s by now. This is reminder %d.", name, Span(outage(n)), n.Count)
	case n.Kind == notify.FlapBegun:
		return name + " is FLAPPING: it goes up and down too often to tell each time. You will hear when it is steady again."
	case n.Kind == notify.FlapOver:
		return fmt.Sprintf("%s no longer flaps. It is %s%s.", name, word(n.Status), was(n))
	case n.Kind == notify.PausedKind:
		return name + " is PAUSED: " + pausedOpening(n)
	case n.Kind == notify.Closed:
		return name + " was DOWN, and nobody saw the end of that outage: the check was resumed, changed or removed. If it is still asked, what becomes of it is told anew."
	}
	return headline(n) + "."
}

// degrading says what a suspicion is: the target warned, or failed too few times.
func degrading(n *notify.Notice) string {
	if n.Reason.Warning() {
		return "it is up, and not well."
	}
	return "something is wrong, and it is not yet believed to be down."
}

func pausedOpening(n *notify.Notice) string {
	if n.By == health.AfterOutage {
		return pausedLine(n) + ", longer than its pause_after allows, and nobody asks any more whether it is up. This is the last mail about it until it is resumed."
	}
	return "nobody asks any more whether it is up, and you will hear no more of it until it is resumed."
}

func selfOpening(n *notify.Notice) string {
	switch n.Kind {
	case notify.Down, notify.Degrading:
		if !n.Reason.Local() {
			return sentence(trouble(n)) + " Checks and alerts go on."
		}
		return sentence(trouble(n)) + " What it cannot judge it calls neither up nor down."
	case notify.Reminder:
		return fmt.Sprintf("%s This is so for %s by now, and is reminder %d.", sentence(trouble(n)), Span(outage(n)), n.Count)
	case notify.Up, notify.Well:
		return fmt.Sprintf("Portreeve has recovered: for %s, %s.", Span(outage(n)), beforehand(n))
	}
	return sentence(headline(n))
}

// failing reports whether a notice tells that something is wrong now.
func failing(n *notify.Notice) bool {
	switch n.Kind {
	case notify.Down, notify.Reminder, notify.Degrading, notify.FlapBegun:
		return true
	case notify.Summary, notify.FlapOver:
		return n.Status == health.Unhealthy
	}
	return false
}

// outages lists those of a summary, or those that a notice of another kind tells
// of besides, one to a line.
func outages(p *paper, n *notify.Notice) {
	if len(n.Outages) == 0 {
		return
	}
	if n.Kind == notify.Summary {
		p.WriteString("Outages:\n\n")
	} else {
		p.WriteString("Outages before, of which the end has not been told:\n\n")
	}
	if older := n.Count - len(n.Outages); older > 0 {
		fmt.Fprintf(p, "  %d older ones\n", older)
	}
	for _, o := range n.Outages {
		text := clean(string(o.Reason), maxName)
		if o.Closed {
			text = strings.TrimPrefix(text+", end not seen", ", ")
		}
		fmt.Fprintf(p, "  %-28s  %-9s  %s\n", moment(o.Began), Span(time.Duration(o.Length)), text)
	}
	p.WriteByte('\n')
}

func pageLabel(n *notify.Notice) string {
	if isSelf(n) || n.Kind == notify.Sample {
		return "The page:"
	}
	return "Its page:"
}

// closing says what the reader can do.
func closing(n *notify.Notice) string {
	if n.Kind == notify.PausedKind {
		return resuming(n)
	}
	if n.Incident == "" || n.Page == "" || n.Kind != notify.Down && n.Kind != notify.Reminder {
		return ""
	}
	return "If you look after it, acknowledge the incident there, or by the API: nobody is reminded of it then."
}

// resuming says how to have a check asked again.
func resuming(n *notify.Notice) string {
	text := "To have it asked again, resume it"
	if n.Page != "" {
		text += " there, or"
	}
	text += fmt.Sprintf(" by POST /api/v1/checks/%s/resume.", clean(n.Check, maxName))
	if n.Registered {
		text += " It is asked again as well when its app starts anew, and signs up once more."
	}
	return text
}

// footer says where the mail comes from, for the reader with many portreeves.
func footer(p *paper, n *notify.Notice) {
	p.WriteString("-- \n")
	p.lines("", "  ", fmt.Sprintf("portreeve on %s, route %s, notice %s", clean(n.Observer, maxName), clean(n.Route, maxName), clean(n.Key, maxRemark)))
}

// sentence makes one of the lower-case words of a hint.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	if first := s[0]; first >= 'a' && first <= 'z' {
		s = string(first-'a'+'A') + s[1:]
	}
	if strings.HasSuffix(s, "…") || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
