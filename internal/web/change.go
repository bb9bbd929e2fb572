package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// changeItem is the item of what happened to a check.
func (c *composer) changeItem(r *event.Recorded) item {
	ch, it := r.Change, c.newItem(r)
	it.Mark, it.Subject, it.Link = changeMark(ch), ch.Check, c.checkLink(ch.Check)
	parts := []string{changeWords(ch) + byWords(ch), reasonWord(ch.Reason)}
	if isSelf(ch) {
		it.Subject, it.Link = "portreeve", ""
	}
	if ch.Text != "" && ch.Mark == "" { // what is said of a mark is among its words
		parts[1] = strings.TrimPrefix(parts[1]+": "+ch.Text.Clip(120), ": ")
	}
	it.Text = strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
	return it
}

// isSelf reports whether a change is about portreeve itself.
func isSelf(ch *health.Change) bool { return strings.HasPrefix(ch.Check, health.SelfPrefix) }

// changeMark is a change's: of the new status, or of what an overlay means.
func changeMark(ch *health.Change) mark {
	m := checkMark(ch.To)
	switch {
	case isSelf(ch) && ch.To == health.Unhealthy:
		m = blinded
	case ch.Mark != "":
		m = mark{"•", "", unclear.Class}
	case ch.Overlay == "":
		return m
	case ch.Overlay == health.Paused && !ch.Ended:
		m = mark{"‖", "", unclear.Class}
	case (ch.Overlay == health.Flapping || ch.Overlay == health.Stale) && !ch.Ended:
		m = caution
	case !ch.Ended:
		m = unclear
	}
	m.Word = changeWord(ch)
	return m
}

// changeWord says in a word or two what a check has become.
func changeWord(ch *health.Change) string {
	switch {
	case isPart(ch.Check) && ch.To == health.Unhealthy:
		return "ill"
	case isPart(ch.Check):
		return "well"
	case isSelf(ch) && ch.To == health.Unhealthy:
		return "cannot tell"
	case isSelf(ch):
		return "can tell"
	case unseenEnd(ch):
		return "outage closed"
	case ch.Mark != "":
		return markWord(ch.Mark)
	case ch.Overlay == "":
		return strings.ToLower(string(ch.To))
	}
	words := map[health.Overlay][2]string{
		health.Paused: {"paused", "resumed"}, health.Maintenance: {"in maintenance", "maintenance over"}, health.Behind: {"unreachable", "reachable"},
		health.Flapping: {"flapping", "calm"}, health.Stale: {"stale", "watched again"},
	}[ch.Overlay]
	if ch.Ended {
		return words[1]
	}
	return words[0]
}

// changeWords says a change in full.
func changeWords(ch *health.Change) string {
	began := map[health.Overlay]string{
		health.Paused: "paused: nobody asks", health.Maintenance: "maintenance began", health.Behind: "unreachable: a check that it stands behind is down",
		health.Flapping: "began to flap", health.Stale: "became stale: results are overdue",
	}
	ended := map[health.Overlay]string{
		health.Paused: "asked again after a pause", health.Maintenance: "maintenance ended", health.Behind: "can be told again: what it stands behind is up",
		health.Flapping: "stopped flapping", health.Stale: "has results again",
	}
	about := strings.ReplaceAll(strings.TrimPrefix(ch.Check, health.SelfPrefix), "_", " ")
	switch {
	case isSelf(ch) && ch.Overlay == health.Flapping && !ch.Ended:
		return about + " comes and goes"
	case isPart(ch.Check) && ch.To == health.Unhealthy:
		return "its " + about + " is ill"
	case isPart(ch.Check) && ch.Outage > 0:
		return fmt.Sprintf("its %s is well again after %s", about, lasted(time.Duration(ch.Outage)))
	case isPart(ch.Check):
		return "its " + about + " is well"
	case isSelf(ch) && ch.To == health.Unhealthy:
		return "cannot tell"
	case isSelf(ch) && ch.Outage > 0:
		return fmt.Sprintf("can tell again after %s: %s is over", span(time.Duration(ch.Outage)), about)
	case isSelf(ch):
		return about + " is over"
	case ch.Mark != "":
		return markWords(ch)
	case ch.Overlay == health.Stale && ch.Ended && ch.Began.Before(ch.At):
		return fmt.Sprintf("nobody watched for %s, %s", lasted(ch.At.Sub(ch.Began)), strings.ToLower(string(ch.To)))
	case ch.Overlay != "" && ch.Ended:
		return ended[ch.Overlay] + ", " + strings.ToLower(string(ch.To))
	case ch.Overlay == health.Paused && ch.Text != "":
		return began[ch.Overlay] + ", " + ch.Text.Clip(160)
	case ch.Overlay != "":
		return began[ch.Overlay]
	case ch.Outage > 0:
		return "recovered after " + lasted(time.Duration(ch.Outage))
	case unseenEnd(ch):
		return "nobody saw the outage end: it is watched no longer, or asked anew"
	case ch.To == health.Unknown:
		return "nothing is believed any more: asked anew, or watched no longer"
	}
	return fmt.Sprintf("%s, was %s", strings.ToLower(string(ch.To)), strings.ToLower(string(ch.From)))
}

// markWord says in a word or two what happened to a check.
func markWord(m health.Mark) string {
	return foreign.Text(strings.ReplaceAll(string(m), "_", " ")).Clip(nameRunes)
}

// markWords says it in full.
func markWords(ch *health.Change) string {
	words := map[health.Mark]string{
		health.Registered: "signed up", health.Restarted: "signed up again: it has restarted", health.TakenOver: "taken over from an app that did not answer",
		health.Released: "another release", health.Deregistered: "signed off",
	}[ch.Mark]
	if words == "" {
		words = markWord(ch.Mark)
	}
	if ch.Text != "" {
		words += ", " + ch.Text.Clip(160)
	}
	return words
}

// isPart reports whether a check is of a part of portreeve, such as its journal,
// and not of what blinds its checks.
func isPart(check string) bool {
	name, self := strings.CutPrefix(check, health.SelfPrefix)
	return self && !health.Reason(name).Local()
}

// unseenEnd reports whether a change closed an outage of which nobody saw the
// end.
func unseenEnd(ch *health.Change) bool {
	return ch.Moved() && ch.From == health.Unhealthy && ch.To == health.Unknown
}

// byWords say who asked for what a change tells.
func byWords(ch *health.Change) string {
	switch {
	case ch.By == health.AfterOutage && !ch.Ended:
		return ", for it had been down for too long"
	case ch.By != "":
		return ", by " + ch.By.Clip(nameRunes)
	}
	return ""
}
