package letter

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
)

// headline says a notice in one line of bounded length.
func headline(n *notify.Notice) string {
	line := checkLine(n)
	switch {
	case n.Kind == notify.Sample:
		line = fmt.Sprintf("this is a sample: alerts of route %s arrive here", clean(n.Route, maxName))
	case isSelf(n):
		line = selfLine(n)
	}
	return foreign.Text(line).Clip(maxHeadline)
}

// checkLine says what became of a target.
func checkLine(n *notify.Notice) string {
	name := clean(n.Check, maxName)
	switch n.Kind {
	case notify.Down:
		return name + " is DOWN" + because(n) + since(n)
	case notify.Up:
		return name + " has recovered after " + Span(outage(n))
	case notify.Summary:
		return name + " " + summaryLine(n)
	case notify.Degrading:
		return name + " is DEGRADING" + because(n) + since(n)
	case notify.Well:
		return name + " is well again"
	case notify.Reminder:
		return fmt.Sprintf("%s is still DOWN for %s, reminder %d%s", name, Span(outage(n)), n.Count, because(n))
	case notify.FlapBegun:
		return name + " is FLAPPING: up and down too often to tell each"
	case notify.FlapOver:
		return name + " no longer flaps: it is " + word(n.Status) + was(n)
	case notify.PausedKind:
		return name + " is PAUSED: " + pausedLine(n)
	case notify.Closed:
		return name + ": its outage is closed, nobody saw its end"
	}
	return fmt.Sprintf("%s: %s, it is %s", name, clean(string(n.Kind), maxName), word(n.Status))
}

func summaryLine(n *notify.Notice) string {
	was := fmt.Sprintf("was DOWN %d times", n.Count)
	if n.Count <= 1 {
		was = "was DOWN for " + Span(outage(n))
	}
	switch {
	case n.Status.Up():
		return was + " and has recovered"
	case n.Status == health.Unhealthy:
		return was + " and is DOWN now" + because(n)
	}
	return was
}

// outage returns how long an outage lasted, or has lasted when it is not over.
func outage(n *notify.Notice) time.Duration {
	switch {
	case n.Outage > 0:
		return time.Duration(n.Outage)
	case n.Kind == notify.Summary && len(n.Outages) > 0:
		return time.Duration(n.Outages[len(n.Outages)-1].Length)
	case n.Began.IsZero():
		return 0
	case !n.Ended.IsZero():
		return n.Ended.Sub(n.Began)
	}
	return n.At.Sub(n.Began)
}

var statusText = regexp.MustCompile(`^status (\d{3})\b`)

// because returns the reason behind a colon, a status with its number.
func because(n *notify.Notice) string {
	if n.Reason == "" {
		return ""
	}
	reason := clean(string(n.Reason), maxName)
	if m := statusText.FindStringSubmatch(string(n.Text)); m != nil && n.Reason == health.HTTPStatus {
		reason += " " + m[1]
	}
	return ": " + reason
}

// since returns when it began in parentheses, with the date if that is another
// than the notice's.
func since(n *notify.Notice) string {
	if n.Began.IsZero() {
		return ""
	}
	began, layout := n.Began.UTC(), "15:04:05 MST"
	if began.Format(time.DateOnly) != n.At.UTC().Format(time.DateOnly) {
		layout = "2006-01-02 15:04:05 MST"
	}
	return " (since " + began.Format(layout) + ")"
}

// was reminds of what was told last where that was something else.
func was(n *notify.Notice) string {
	if n.Was == "" {
		return ""
	}
	return ", and was " + word(n.Was) + " before"
}

func by(n *notify.Notice) string {
	if n.By == "" {
		return ""
	}
	return ", by " + n.By.Clip(maxName)
}

// pausedLine says why nobody asks any more.
func pausedLine(n *notify.Notice) string {
	switch {
	case n.By != health.AfterOutage:
		return "nobody asks any more" + by(n)
	case n.Began.IsZero():
		return "it has been DOWN for too long"
	}
	lasted := outage(n)
	if lasted >= time.Hour {
		lasted = lasted.Truncate(time.Minute)
	}
	return "it has been DOWN for " + Span(lasted)
}

// word returns a status as mails have it.
func word(s health.Status) string {
	switch s {
	case health.Healthy:
		return "UP"
	case health.Unhealthy:
		return "DOWN"
	case health.Degrading:
		return "DEGRADING"
	case health.Unknown, "":
		return "not known to be up or down"
	}
	return clean(string(s), maxName)
}

// isSelf reports whether a notice is about portreeve itself.
func isSelf(n *notify.Notice) bool { return strings.HasPrefix(n.Check, health.SelfPrefix) }
