package letter

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
)

// rows writes the facts of a notice, each behind its label.
func rows(p *paper, n *notify.Notice) {
	if n.Title != n.Check && !isSelf(n) {
		p.row("Title", clean(n.Title, maxName))
	}
	p.row("Target", clean(n.Target, maxURL))
	p.row("Reason", reason(n))
	p.row(spanLabel(n), span(n))
	p.row("Before", before(n))
	p.row("Last good", lastGood(n))
	p.row("Now", now(n))
	p.row("By", author(n))
	p.row("Why", n.Why.Clip(maxEvidence))
	p.row("Also down", others(n))
	p.row("Seen by", clean(n.Observer, maxName))
	if n.Kind == notify.Sample {
		p.row("Sent", moment(n.At))
	}
}

// reason returns the code of the reason and its evidence.
func reason(n *notify.Notice) string {
	code, text := clean(string(n.Reason), maxName), n.Text.Clip(maxEvidence)
	switch {
	case code == "":
		return text
	case text == "":
		return code
	}
	return code + ": " + text
}

// spanLabel names what [span] tells of.
func spanLabel(n *notify.Notice) string {
	switch {
	case n.Kind == notify.Summary && n.Count > 1 && n.Ended.IsZero():
		return "First at"
	case n.Kind == notify.Summary && n.Count > 1:
		return "Between"
	case n.Kind == notify.Well:
		return "Suspected"
	case !n.Ended.IsZero():
		return "Outage"
	case n.Kind == notify.PausedKind, n.Kind == notify.Closed, n.Kind == notify.Summary:
		return "Down since"
	case n.Kind == notify.FlapOver && n.Status.Up():
		return "Up since"
	}
	return "Since"
}

// span returns from when to when it was.
func span(n *notify.Notice) string {
	switch {
	case n.Began.IsZero():
		return ""
	case n.Ended.IsZero():
		return moment(n.Began)
	}
	began, ended := n.Began.UTC(), n.Ended.UTC()
	if began.Format(time.DateOnly) == ended.Format(time.DateOnly) {
		return fmt.Sprintf("%s to %s", began.Format("Mon 2 Jan 2006 15:04:05"), ended.Format("15:04:05 MST"))
	}
	return fmt.Sprintf("%s to %s", moment(n.Began), moment(n.Ended))
}

func before(n *notify.Notice) string {
	if n.UpBefore <= 0 {
		return ""
	}
	return "it had been up for " + Span(time.Duration(n.UpBefore))
}

// lastGood tells of the last answer that passed, where there was one.
func lastGood(n *notify.Notice) string {
	r := n.LastGood
	if r == nil || !failing(n) {
		return ""
	}
	text := moment(r.At) + ", took " + Span(time.Duration(r.Took))
	if r.Answer != nil && r.Answer.HTTP != nil {
		text += fmt.Sprintf(", status %d", r.Answer.HTTP.Status)
	}
	return text
}

// now tells the status where the first sentence does not.
func now(n *notify.Notice) string {
	switch n.Kind {
	case notify.FlapBegun, notify.PausedKind, notify.Closed:
		return "it is " + word(n.Status)
	}
	return ""
}

// author tells who paused it.
func author(n *notify.Notice) string {
	if n.By == health.AfterOutage {
		return "portreeve itself"
	}
	return n.By.Clip(maxName)
}

// maxOthers bounds the checks that are named as failing too.
const maxOthers = 10

// others tells what else fails.
func others(n *notify.Notice) string {
	shown := n.Others[:min(len(n.Others), maxOthers)]
	var names []string
	for _, name := range shown {
		names = append(names, clean(name, maxName))
	}
	text, more := strings.Join(names, ", "), n.OthersCount-len(shown)
	switch {
	case more <= 0:
		return text
	case text == "":
		return fmt.Sprintf("%d others", more)
	}
	return fmt.Sprintf("%s and %d more", text, more)
}
