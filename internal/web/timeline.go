package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/port"
)

// A timeline is what happened: a strip to see when, a list to read what.
type timeline struct {
	Windows []windowLink
	Strip   picture
	From    moment // entries before it are not known here; the zero moment when all are
	Items   []item // the newest first
	Older   []item
	Left    int  // entries that are not listed
	Began   bool // whether this run began within the window
	Started moment
	All     string // link to all of it in the API
	Span    string
	None    string // why there is nothing
}

type windowLink struct {
	Key, Link string
	Current   bool
}

// How many items the list shows at once, and unfolded.
const (
	shownItems = 12
	listItems  = 40
)

// repeats is how many events one listener may have before they become one item.
const repeats = 4

func (c *composer) timeline(picked []port.Listener) timeline {
	w := c.query.window
	start := c.now.Add(-w.Span)
	entries := c.entries(start, picked)
	t := timeline{Strip: c.strip(entries, start, w), All: apiPath + "/events?limit=1000", Span: w.Key, From: at(c.leftOut(start), c.now), Began: c.view.StartedAt.After(start), Started: at(c.view.StartedAt, c.now)}
	for _, o := range windows() {
		t.Windows = append(t.Windows, windowLink{o.Key, c.query.link(change{"window", o.Key}) + "#events", o == w})
	}
	items, left := c.items(entries)
	t.Left = left
	t.Items = items[:min(shownItems, len(items))]
	t.Older = items[len(t.Items):]
	if len(items) == 0 {
		t.None = c.nothing(t.From)
	}
	return t
}

// nothing says that nothing happened: in the whole window, or since the time
// from which on entries are known.
func (c *composer) nothing(from moment) string {
	when := "in this time"
	if from.Text != "" {
		when = "since " + from.Text
	}
	if c.query.filter.String() != "" {
		return "Nothing happened to what the filter picks " + when + "."
	}
	return "Nothing was opened, closed or changed hands " + when + "."
}

// leftOut returns the time before which entries of the window are not in the
// view, which holds so many and no more; the zero time when all are.
func (c *composer) leftOut(start time.Time) time.Time {
	if from := c.view.RecentFrom; from.After(start) {
		return from
	}
	return time.Time{}
}

// entries returns what happened since start to what the filter picks, the
// newest first.
func (c *composer) entries(start time.Time, picked []port.Listener) []*event.Recorded {
	var out []*event.Recorded
	for i := range slices.Backward(c.view.Recent) {
		r := &c.view.Recent[i]
		if r.At.After(start) && c.concerns(r, picked) {
			out = append(out, r)
		}
	}
	return out
}

// concerns reports whether an entry is about what the filter picks: changes of
// checks only where there is no filter, ports by what is there now or, for a
// listener that is gone, by what its event tells of it.
func (c *composer) concerns(r *event.Recorded, picked []port.Listener) bool {
	e := r.Port
	switch {
	case c.query.filter.String() == "":
		return e != nil || r.Change != nil
	case e == nil:
		return false
	case onPort(picked, e.Port):
		return true
	}
	was := port.Listener{ID: e.Listener, Proto: e.Proto, Port: e.Port, NetNS: e.NetNS, Scope: e.Scope, Service: e.Service, Foreign: e.NetNS != c.view.NetNS}
	was.Owner = port.Owner{User: e.User, Leader: e.Process, Known: e.Process != nil}
	if e.Process != nil {
		was.Owner.PIDs = []int{e.Process.PID}
	}
	return c.query.filter.Match(&was)
}

// An item is one line of the list.
type item struct {
	ID      string // of the element: the entry's key
	Mark    mark
	At      moment
	Subject string
	Text    string
	Link    string // what is there now
}

// items makes the list. What happened again and again to one listener or check
// is one item, at its last time; what was opened for a moment only is one item,
// too. It also returns how many items it left out.
func (c *composer) items(entries []*event.Recorded) (out []item, left int) {
	again := map[string][]*event.Recorded{}
	for _, r := range entries {
		again[about(r)] = append(again[about(r)], r)
	}
	nth := map[string]int{}
	for _, r := range entries {
		key := about(r)
		it, told := c.item(again[key], nth[key])
		nth[key]++
		switch {
		case told:
		case len(out) == listItems:
			left++
		default:
			out = append(out, it)
		}
	}
	return out, left
}

// about tells what an entry is about: a listener or a check.
func about(r *event.Recorded) string {
	if r.Change != nil {
		return "check " + r.Change.Check
	}
	return r.Port.Listener
}

// item makes the item of the i-th of all entries about one thing, unless a
// later one tells it already.
func (c *composer) item(all []*event.Recorded, i int) (it item, told bool) {
	many := len(all) > repeats
	switch {
	case many && i > 0, i > 0 && brief(all[i-1], all[i]):
		return item{}, true
	case all[i].Change != nil:
		it = c.changeItem(all[i])
	default:
		it = c.portItem(all[i])
	}
	switch {
	case many:
		it.Text += fmt.Sprintf(" · %d events since %s", len(all), at(all[len(all)-1].At, c.now).Text)
	case i+1 < len(all) && brief(all[i], all[i+1]):
		it.Text += " · was open for " + span(all[i].At.Sub(all[i+1].At))
	}
	return it, false
}

// brief reports whether a listener was closed soon after it was opened.
func brief(closed, opened *event.Recorded) bool {
	return closed.Port != nil && opened.Port != nil && closed.Port.Kind == port.Closed && opened.Port.Kind == port.Opened && closed.At.Sub(opened.At) < time.Minute
}

func (c *composer) newItem(r *event.Recorded) item {
	return item{ID: "e-" + strings.ReplaceAll(r.Key(), "/", "-"), At: at(r.At, c.now)}
}

func (c *composer) portItem(r *event.Recorded) item {
	e, it := r.Port, c.newItem(r)
	it.Mark = eventMark(e)
	it.Subject = fmt.Sprintf("%d/%s", e.Port, e.Proto)
	it.Text = strings.Join(slices.DeleteFunc([]string{it.Mark.Word, e.Service.Name.Clip(nameRunes), holder(e.Process)}, func(s string) bool { return s == "" }), " · ")
	switch e.Kind {
	case port.OwnerChanged:
		it.Text += " · before: " + holder(e.Was)
	case port.ScopeChanged:
		it.Text += fmt.Sprintf(" · bound to %s, before: %s", e.Scope, e.Before)
	case port.Opened:
		it.Text += " · bound to " + string(e.Scope)
	}
	if e.Unwatched {
		it.Text += " · while nobody watched: when, is not known"
	}
	it.Link = c.query.link(change{"filter", fmt.Sprintf("port:%d", e.Port)}, change{"page", "1"}) + "#ports"
	return it
}

func holder(p *port.Process) string {
	if p == nil {
		return "process unknown"
	}
	return fmt.Sprintf("%s %d", p.Name.Clip(nameRunes), p.PID)
}

func eventMark(e *port.Event) mark {
	switch e.Kind {
	case port.Opened:
		return mark{"+", "opened", "new"}
	case port.Closed:
		return mark{"−", "closed", "gone"}
	case port.OwnerChanged:
		return mark{"⇄", "changed hands", "moved"}
	}
	if e.Scope.Exposed() && e.Before.Wider(e.Scope) != e.Before {
		return mark{"◆", "opened up", "warn"}
	}
	return mark{"◇", "scope changed", "moved"}
}
