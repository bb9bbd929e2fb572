package web

import (
	"fmt"
	"time"
)

// A verdict is the first line of the page: is anything wrong, and how much is
// there.
type verdict struct {
	Mark    mark
	Text    string
	Figures []figure
}

// A figure is one number of the verdict; its link picks what was counted.
type figure struct{ Name, Value, Link string }

// staleAfter is how old the last look may be before the page says that it is.
const staleAfter = 15 * time.Second

func (c *composer) verdict() verdict {
	s := c.summary
	v := verdict{Figures: c.figures()}
	switch {
	case s.Problems > 0:
		v.Mark, v.Text = trouble, plural(s.Problems, "problem")
	case c.view.Look.ListenersAt.IsZero():
		v.Mark, v.Text = unclear, "No look yet"
	case c.stale():
		v.Mark, v.Text = unclear, "Not looking"
	case s.Self > 0:
		v.Mark, v.Text = unclear, "Cannot tell everything"
	case s.Warnings > 0:
		v.Mark, v.Text = caution, plural(s.Warnings, "warning")
	case s.Ports == 0:
		v.Mark, v.Text = fine, "Nothing listens"
	default:
		v.Mark, v.Text = fine, "No problems"
	}
	return v
}

func (c *composer) stale() bool { return c.now.Sub(c.view.Look.ListenersAt) > staleAfter }

func (c *composer) figures() []figure {
	s, link := c.summary, func(filter string) string {
		return c.query.link(change{"filter", filter}, change{"page", "1"}) + "#ports"
	}
	figures := []figure{{"ports", fmt.Sprint(s.Ports), link("")}, {"exposed", fmt.Sprint(s.Exposed), link("scope:all,public,private,link_local")}}
	if s.Problems > 0 && s.Warnings > 0 {
		figures = append(figures, figure{"warnings", fmt.Sprint(s.Warnings), link("state:warning")})
	}
	figures = append(figures, figure{"connections", fmt.Sprint(s.Connections), "#connections"}, figure{"clients", fmt.Sprint(s.Clients), "#connections"})
	if s.Checks > 0 {
		figures = append(figures, figure{"checks up", fmt.Sprintf("%d of %d", s.ChecksUp, s.Checks), "#checks"})
	}
	if s.Unknown > 0 {
		figures = append(figures, figure{"owners unknown", fmt.Sprint(s.Unknown), link("state:unknown")})
	}
	return figures
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
