package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A picture is the timeline as a strip: what was opened rises from the axis,
// what was closed hangs from it, other changes are marks on it. Places are in
// percent of its width.
type picture struct {
	Summary string
	Cut     *cut // the part of which nothing is known here
	Bars    []bar
	Labels  []label
	Ticks   []label
}

type bar struct {
	X      string
	Y, H   int
	Class  string
	Title  string
	Middle string // where a mark stands
	Shape  string
}

// A cut hides the beginning of the window, up to Width percent of it. Text says
// so where there is room for it.
type cut struct{ Width, Middle, Text, Title string }

// cutRoom is the width, in percent, from which on a cut is wide enough for its
// text.
const cutRoom = 34

// cut returns what hides the window before a time.
func (c *composer) cut(from, start time.Time, w window) *cut {
	width := min(float64(from.Sub(start))*100/float64(w.Span), 100)
	out := &cut{
		Width: fmt.Sprintf("%.2f", width), Middle: fmt.Sprintf("%.2f", width/2),
		Title: fmt.Sprintf("not shown: older than %s, see %s/events", at(from, c.now).Text, apiPath),
	}
	if width >= cutRoom {
		out.Text = "not shown: older than " + at(from, c.now).Text
	}
	return out
}

type label struct{ X, Text, Anchor string }

// The strip has so many slots, in which events are counted together.
const slots = 96

// Heights in the strip, in pixels.
const (
	axisY = 48
	unitH = 6
	maxH  = 3 // units
)

// A slot counts what happened in one part of the window.
type slot struct {
	opened, closed, moved int
	changes               int
	worst                 mark // of the changes
}

// strip draws entries, the newest first.
func (c *composer) strip(entries []*event.Recorded, start time.Time, w window) picture {
	var cells [slots]slot
	var sum slot
	for _, r := range entries {
		i := min(max(int(r.At.Sub(start)*slots/w.Span), 0), slots-1)
		cells[i].add(r)
		sum.add(r)
	}
	p := picture{Summary: fmt.Sprintf("%d opened, %d closed, %s, %s", sum.opened, sum.closed, plural(sum.moved, "other port change"), plural(sum.changes, "check change"))}
	if from := c.leftOut(start); !from.IsZero() {
		p.Cut = c.cut(from, start, w)
		p.Summary = fmt.Sprintf("since %s: %s; %s", at(from, c.now).Text, p.Summary, p.Cut.Title)
	}
	for i := range cells {
		p.draw(i, &cells[i])
	}
	p.Labels = labels(entries, start, w)
	p.Ticks = ticks(start, w)
	return p
}

func (s *slot) add(r *event.Recorded) {
	switch {
	case r.Change != nil:
		s.changes++
		if m := changeMark(r.Change); s.worst.Shape == "" || alarm(m) > alarm(s.worst) {
			s.worst = m
		}
	case r.Port.Kind == port.Opened:
		s.opened++
	case r.Port.Kind == port.Closed:
		s.closed++
	default:
		s.moved++
	}
}

func (p *picture) draw(i int, s *slot) {
	x, middle := percent(i, slots), fmt.Sprintf("%.2f", (float64(i)+.45)*100/slots)
	if n := min(s.opened, maxH); n > 0 {
		p.Bars = append(p.Bars, bar{X: x, Y: axisY - n*unitH, H: n * unitH, Class: "new", Title: fmt.Sprintf("%d opened", s.opened)})
	}
	if n := min(s.closed, maxH); n > 0 {
		p.Bars = append(p.Bars, bar{X: x, Y: axisY, H: n * unitH, Class: "gone", Title: fmt.Sprintf("%d closed", s.closed)})
	}
	if s.moved > 0 {
		p.Bars = append(p.Bars, bar{Middle: middle, Shape: "⇄", Y: axisY + 5, Class: "moved", Title: fmt.Sprintf("%d changed hands or scope", s.moved)})
	}
	if s.changes > 0 {
		m := s.worst
		p.Bars = append(p.Bars, bar{Middle: middle, Shape: m.Shape, Y: axisY - maxH*unitH - 4, Class: m.Class, Title: plural(s.changes, "check change") + ", " + m.Word})
	}
}

// alarm orders marks: the higher, the more they matter.
func alarm(m mark) int { return slices.Index([]string{caution.Class, trouble.Class}, m.Class) }

func percent(i, of int) string { return fmt.Sprintf("%.2f", float64(i)*100/float64(of)) }

// labels names the newest events, as far apart as their words need.
func labels(entries []*event.Recorded, start time.Time, w window) []label {
	const apart, most = 11, 8
	var out []label
	last := 100.0 + apart
	for _, r := range entries {
		x := float64(r.At.Sub(start)) * 100 / float64(w.Span)
		if last-x < apart || len(out) == most {
			continue
		}
		text := ""
		if r.Change != nil {
			text = strings.TrimPrefix(r.Change.Check, health.SelfPrefix) + " " + changeWord(r.Change)
		} else {
			text = fmt.Sprintf("%d %s", r.Port.Port, eventMark(r.Port).Word)
		}
		out = append(out, label{fmt.Sprintf("%.2f", x), text, anchor(x)})
		last = x
	}
	return out
}

// anchor keeps a label at either end within the strip.
func anchor(x float64) string {
	switch {
	case x < 6:
		return "start"
	case x > 94:
		return "end"
	}
	return "middle"
}

func ticks(start time.Time, w window) []label {
	const parts = 4
	layout := "15:04"
	if w.Span > 24*time.Hour {
		layout = "2 Jan"
	}
	var out []label
	for i := range parts {
		x := float64(i) * 100 / parts
		out = append(out, label{fmt.Sprintf("%.2f", x), start.Add(w.Span * time.Duration(i) / parts).Local().Format(layout), anchor(x)})
	}
	return append(out, label{"100", "now", "end"})
}
