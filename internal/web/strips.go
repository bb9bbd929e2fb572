package web

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A strip is one problem in a sentence.
type strip struct {
	Mark    mark
	Kind    string
	Subject string
	Text    string
	Since   moment
	Link    string
	named   int // how many subjects a strip for many names
}

// maxStrips bounds the strips: a page full of them hides the table.
const maxStrips = 6

// strips returns the worst problems first, and what to say of those that got
// no strip.
func (c *composer) strips() (shown []strip, more string) {
	all := slices.Concat(
		together(c.listenerStrips(), "ports", c.query.link(change{"filter", "state:problem,warning"}, change{"page", "1"})+"#ports"),
		together(c.checkStrips(), "checks", c.checksLink("status:down,degrading,flapping,stale")),
		together(c.allRegistrationStrips(), "checks", c.checksLink("origin:api,compat")))
	slices.SortStableFunc(all, func(a, b strip) int { return loudness(b) - loudness(a) })
	all = slices.Concat(c.selfStrips(), c.untold, all)
	if c.stale() && !c.view.Look.ListenersAt.IsZero() {
		all = append([]strip{c.staleStrip()}, all...)
	}
	if len(all) <= maxStrips {
		return all, ""
	}
	return all[:maxStrips], fmt.Sprintf("and %d more below", len(all)-maxStrips)
}

// loudness orders strips: problems first, then those that somebody looks after,
// then warnings.
func loudness(s strip) int {
	switch {
	case s.Mark == trouble:
		return 2
	case s.Kind == acknowledgedKind:
		return 1
	}
	return 0
}

// acknowledgedKind is the kind of a strip that somebody looks after.
const acknowledgedKind = "acknowledged"

// maxAlike is how many strips of one kind stand for themselves.
const maxAlike = 3

// together makes one strip of all of a kind, where there are many.
func together(strips []strip, noun, link string) []strip {
	count := map[string]int{}
	for _, s := range strips {
		count[s.Kind]++
	}
	var out []strip
	at := map[string]int{} // where a kind's one strip is
	for _, s := range strips {
		n := count[s.Kind]
		i, seen := at[s.Kind]
		switch {
		case n <= maxAlike:
			out = append(out, s)
		case !seen:
			at[s.Kind] = len(out)
			out = append(out, strip{Mark: s.Mark, Kind: s.Kind, Subject: fmt.Sprintf("%d %s:", n, noun), Text: s.Subject, Link: link, named: 1})
		case out[i].named < 2*maxAlike:
			out[i].Text += ", " + s.Subject
			out[i].named++
		}
	}
	for _, i := range at {
		if more := count[out[i].Kind] - out[i].named; more > 0 {
			out[i].Text += fmt.Sprintf(" and %d more", more)
		}
	}
	return out
}

func (c *composer) staleStrip() strip {
	last := c.view.Look.ListenersAt
	return strip{
		Mark: unclear, Kind: "Not looking", Subject: "portreeve",
		Text:  fmt.Sprintf("last saw this machine's sockets %s ago: all below is as old as that.", span(c.now.Sub(last))),
		Since: at(last, c.now),
	}
}

// listenerStrips makes one strip per problem and service: a service with the
// same problem on several ports has one.
func (c *composer) listenerStrips() []strip {
	var out []strip
	ports := map[string]int{} // index in out
	for i := range c.view.Listeners {
		l := &c.view.Listeners[i]
		for _, p := range l.Problems {
			key := p.Code() + " " + l.Service.Key
			if at, ok := ports[key]; ok && p.State() == port.Warning {
				out[at].Subject += fmt.Sprintf(" :%d", l.Port)
				continue
			}
			ports[key] = len(out)
			out = append(out, c.listenerStrip(l, p))
		}
	}
	return out
}

func (c *composer) listenerStrip(l *port.Listener, p port.Problem) strip {
	s := strip{Mark: markOf(p.State()), Kind: problemKind(p), Text: p.Text() + "."}
	s.Subject = fmt.Sprintf("%s :%d", serviceCell(l).Text, l.Port)
	s.Link = c.query.link(change{"filter", ""}, change{"sort", ""}, change{"page", "1"}, change{"open", elementID(l.ID)}) + "#" + elementID(l.ID)
	switch port.Problem(p.Code()) {
	case port.QueueFull:
		s.Text = fmt.Sprintf("accepts too slowly: %s in the queue, the limit is %d; the next ones are dropped (%d so far).", plural(int(l.Queue.Length), "connection"), l.Queue.Limit, l.Queue.Drops)
	case port.ExeDeleted:
		s.Text = "runs an executable that has been replaced or removed on disk since it started."
	}
	return s
}

// problemKind says a problem in a word or two.
func problemKind(p port.Problem) string {
	switch port.Problem(p.Code()) {
	case port.QueueFull:
		return "queue full"
	case port.ExeDeleted:
		return "needs restart"
	}
	return strings.ReplaceAll(p.Code(), "_", " ")
}

// checkStrips makes one strip per check that a person should look at.
func (c *composer) checkStrips() []strip {
	var out []strip
	count := map[string]int{}
	for _, st := range c.view.Checks {
		s := strip{Mark: caution, Kind: worry(st), Subject: st.Spec.Name}
		switch s.Kind {
		case "":
			continue
		case "down":
			s.Mark = trouble
		}
		worry := s
		acknowledge(&s, c.acked[st.Spec.Name])
		if count[s.Kind]++; count[s.Kind] <= maxAlike { // more of a kind have one strip together
			c.fill(&worry, st)
			s = worry
			acknowledge(&s, c.acked[st.Spec.Name])
		}
		out = append(out, s)
	}
	return out
}

// worry says in a word why a person should look at a check; empty when nobody
// need.
func worry(st *health.State) string {
	switch {
	case board.IsSelf(st), board.Urgency(st) == 0:
		return ""
	case st.Status == health.Unhealthy:
		return "down"
	case st.Has(health.Flapping):
		return "flapping"
	case st.Has(health.Stale):
		return "stale"
	case st.Status == health.Degrading:
		return "degrading"
	}
	return ""
}

// fill says in a strip what is with a check.
func (c *composer) fill(s *strip, st *health.State) {
	s.Text, s.Link, s.Since = reasonText(st), c.checkLink(st.Spec.Name), at(st.Since, c.now)
	switch s.Kind {
	case "down":
		if !st.Down.IsZero() {
			s.Since = at(st.Down, c.now)
		}
		s.Text += fmt.Sprintf(" %s in a row.", plural(st.Fails, "failure"))
		if own := c.ownPort(st); own.Class != "" {
			s.Text += " " + sentence(own.Text)
		}
	case "flapping": // since when is not known: only since when the status is what it is now
		s.Since = moment{}
		s.Text = fmt.Sprintf("comes and goes too often to believe either; it is %s now.", strings.ToLower(string(st.Status)))
	case "stale":
		s.Text = "has had no result for more than three intervals."
	}
}

// selfStrips tell what is wrong with portreeve itself: it casts doubt on all
// else, so it comes first.
func (c *composer) selfStrips() []strip {
	var out []strip
	for _, st := range c.view.Checks {
		if !board.IsSelf(st) || board.Urgency(st) == 0 {
			continue
		}
		s := strip{Mark: blinded, Kind: blinded.Word, Subject: "portreeve cannot tell:", Text: reasonText(st), Since: at(st.Since, c.now)}
		if isPart(st.Spec.Name) {
			s.Mark, s.Kind, s.Subject = trouble, "ill", "portreeve's "+strings.TrimPrefix(st.Spec.Name, health.SelfPrefix)+":"
		}
		if st.Last != nil {
			s.Text += " " + adviceFor(st.Last)
		}
		out = append(out, s)
	}
	return out
}

// reasonText says a check's last result in a sentence.
func reasonText(st *health.State) string {
	if st.Last == nil {
		return "has had no result yet."
	}
	reason := strings.ReplaceAll(string(st.Last.Reason), "_", " ")
	if st.Last.Text != "" {
		if reason != "" {
			reason += ": "
		}
		reason += st.Last.Text.Clip(160)
	}
	return strings.TrimRight(reason, ".") + "."
}
