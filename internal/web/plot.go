package web

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// A plot shows response times: the median as a line, up to the 95th percentile
// as a band, the longest as dots. The scale of times is logarithmic, for one
// answer of five seconds among thousands of ten milliseconds must be seen, and
// must not flatten the rest. Where there were no answers there is a gap.
type plot struct {
	Summary string
	Points  int // width of the picture
	Band    string
	Median  string
	Edge    string // the upper end of the band
	Dots    string
	Heights []label // of the scale: X is how far down, in pixels
	Ticks   []label
}

// Sizes of a plot: its height in pixels, and how many points it has.
const (
	plotHeight = 150
	plotPoints = 180
)

// plot draws the response times of a window; nil without any.
func (p *past) plot(w window) *plot {
	step := stepFor(w.Span, plotPoints)
	n := int(w.Span / step)
	edges := history.Steps(p.now.Truncate(step).Add(step), step, n)
	points := history.Responses(p.latency, edges)
	s := scaleOf(points)
	if s == nil {
		return nil
	}
	out := &plot{Points: n, Heights: s.marks(), Ticks: ticks(edges[0], window{Span: w.Span})}
	out.draw(points, s)
	sum := p.took(w.Span)
	out.Summary = fmt.Sprintf("Response times of the last %s: median %s, 95 %% within %s, longest %s", w.Key, answerTime(sum.P50), answerTime(sum.P95), answerTime(sum.Max))
	return out
}

// answerTime says how long an answer took.
func answerTime(d health.Duration) string { return took(time.Duration(d)) }

// draw makes the paths, in runs without a gap.
func (p *plot) draw(points []history.Response, s *scale) {
	var band, median, edge, dots strings.Builder
	for i := 0; i < len(points); {
		run := i
		back := ""
		for ; run < len(points) && points[run].Count > 0; run++ {
			r := &points[run]
			c, low, high := "ML"[min(run-i, 1)], s.y(r.P50), s.y(r.P95)
			fmt.Fprintf(&median, "%c%d %d", c, run, low)
			fmt.Fprintf(&edge, "%c%d %d", c, run, high)
			fmt.Fprintf(&band, "%c%d %d", c, run, low)
			fmt.Fprintf(&dots, "M%d %dh0", run, s.y(r.Max))
			back = fmt.Sprintf("L%d %d", run, high) + back
		}
		switch run - i {
		case 0:
			run++
		case 1: // one alone is a dot
			median.WriteString("h0")
			edge.WriteString("h0")
		default:
			band.WriteString(back + "Z")
		}
		i = run
	}
	p.Band, p.Median, p.Edge, p.Dots = band.String(), median.String(), edge.String(), dots.String()
}

// A scale is logarithmic, from the shortest time at the bottom to the longest at
// the top.
type scale struct{ low, high float64 } // of the logarithm to the base 10 of nanoseconds

// scaleOf returns the scale of some response times; nil when there are none.
func scaleOf(points []history.Response) *scale {
	low, high := health.Duration(math.MaxInt64), health.Duration(0)
	for i := range points {
		if points[i].Count > 0 {
			low, high = min(low, points[i].P50), max(high, points[i].Max)
		}
	}
	if low > high {
		return nil
	}
	s := &scale{logarithm(low) - .15, logarithm(high) + .1}
	s.low = min(s.low, s.high-1) // one decade at least, or noise looks like news
	return s
}

func logarithm(d health.Duration) float64 {
	return math.Log10(float64(max(d, health.Duration(time.Microsecond))))
}

// y returns how far down a time is.
func (s *scale) y(d health.Duration) int {
	share := (logarithm(d) - s.low) / (s.high - s.low)
	return plotHeight - int(math.Round(min(max(share, 0), 1)*plotHeight))
}

// marks label the scale at 1, 2 and 5 times the powers of ten, or fewer of them
// where it is long.
func (s *scale) marks() []label {
	steps := []float64{1, 2, 5}
	if s.high-s.low > 2.5 {
		steps = steps[:1]
	}
	var out []label
	for e := math.Floor(s.low); e <= s.high; e++ {
		for _, m := range steps {
			d := health.Duration(math.Round(m * math.Pow(10, e)))
			if l := logarithm(d); l >= s.low && l <= s.high {
				out = append(out, label{X: fmt.Sprint(s.y(d)), Text: round(time.Duration(d))})
			}
		}
	}
	return out
}

// round writes a round time: 500 µs, 20 ms, 1 s.
func round(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= u.unit {
			return fmt.Sprintf("%d\u00a0%s", d/u.unit, u.name)
		}
	}
	return d.String()
}
