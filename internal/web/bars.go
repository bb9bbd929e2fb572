package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// bars show how a check was, one bar for each part of a time. They are told
// apart without colour: up is solid, degrading striped, and an outage hangs
// from the axis. Where nobody looked the bar is missing, or says why: a pause is
// hollow, maintenance dotted, a parent that was down crossed, and the rest a
// dash on the axis.
type bars struct {
	Title   string
	Summary string
	Parts   []barPart
	Ticks   []label
}

// A barPart is a rectangle of a bar. Places are in percent of the width, heights
// in pixels.
type barPart struct {
	X, Width string
	Y, H     int
	Class    string
	Title    string
}

// Heights of bars, in pixels.
const (
	barAxis  = 36
	barUp    = 32
	barDown  = 14
	barLeast = 3
)

// stateWords are what pages call the states.
func stateWords(s history.State) string {
	switch s {
	case history.Unobserved:
		return "not observed"
	case history.Maintenance:
		return "in maintenance"
	}
	return string(s)
}

// bars draws a bar from each edge to the next. Each bar's title begins with its
// time in one layout; the ticks are in another.
func (p *past) bars(title string, edges []time.Time, layout, tickLayout string) bars {
	all := p.ledger.Bars(edges)
	b := bars{Title: title}
	down := 0
	for i := range all {
		b.draw(i, len(all), &all[i], layout)
		if all[i].Uptime.Down > 0 {
			down++
		}
	}
	b.Summary = fmt.Sprintf("%s: down in %d of %d parts", title, down, len(all))
	if p.from.After(edges[0]) {
		b.Summary += "; changes before " + at(p.from, p.now).Text + " are left out"
	}
	const parts = 4
	for i := range parts {
		n := i * len(all) / parts
		x := float64(n) * 100 / float64(len(all))
		b.Ticks = append(b.Ticks, label{fmt.Sprintf("%.2f", x), edges[n].Local().Format(tickLayout), anchor(x)})
	}
	b.Ticks = append(b.Ticks, label{"100", "now", "end"})
	return b
}

func (b *bars) draw(i, n int, bar *history.Bar, layout string) {
	u := &bar.Uptime
	part := barPart{X: percent(i, n), Width: fmt.Sprintf("%.2f", 78/float64(n)), Title: bar.From.Local().Format(layout) + ": " + barWords(bar)}
	top := barAxis
	add := func(class string, length health.Duration) {
		if length > 0 {
			part.Class, part.H = class, max(1, int(int64(length)*barUp/max(int64(u.Window), 1)))
			top -= part.H
			part.Y = top
			b.Parts = append(b.Parts, part)
		}
	}
	switch {
	case bar.State == history.Unobserved:
		part.Class, part.Y, part.H = string(bar.State), barAxis-1, 1
		b.Parts = append(b.Parts, part)
	case !bar.State.Observed():
		add(string(bar.State), u.Window)
	}
	add(string(history.Up), u.Up-u.Degrading)
	add(string(history.Degrading), u.Degrading)
	if u.Down > 0 {
		part.Class, part.Y, part.H = string(history.Down), barAxis, max(barLeast, int(int64(u.Down)*barDown/int64(u.Window)))
		b.Parts = append(b.Parts, part)
	}
}

// barWords say how a check was in the time of a bar.
func barWords(bar *history.Bar) string {
	u := &bar.Uptime
	if u.Coverage == 0 {
		return stateWords(bar.State)
	}
	words := []string{share(u.Ratio) + " up"}
	for _, t := range []struct {
		length health.Duration
		word   string
	}{{u.Down, "down"}, {u.Degrading, "degrading"}, {u.Unobserved, "not observed"}} {
		if t.length > 0 {
			words = append(words, t.word+" "+span(time.Duration(t.length)))
		}
	}
	return strings.Join(words, ", ")
}

// share writes a part of a whole in percent. It is never rounded up to all, nor
// down to nothing.
func share(of float64) string {
	switch {
	case of >= 1:
		return "100\u00a0%"
	case of > .9999:
		return "> 99.99\u00a0%"
	case of > 0 && of < .0001:
		return "< 0.01\u00a0%"
	}
	return fmt.Sprintf("%.2f\u00a0%%", of*100)
}
