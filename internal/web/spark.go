package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// A spark is a port's last hour of established connections as one line.
type spark struct {
	Path  string // of an SVG, [board.Minutes]-1 wide and sparkHeight high
	Title string
}

const sparkHeight = 14

// spark draws the history of l's port; nil where there is none.
func (c *composer) spark(l *port.Listener) *spark {
	if l.Proto != port.TCP || l.Foreign {
		return nil
	}
	return drawSpark(c.view.History[l.Port])
}

// drawSpark draws most connections per minute, the present minute last. The
// line starts from zero at the bottom, so that a flat line of many and a flat
// line of none are told apart. A single minute makes no line.
func drawSpark(minutes []uint32) *spark {
	if len(minutes) < 2 {
		return nil
	}
	most, least := slices.Max(minutes), slices.Min(minutes)
	x0 := board.Minutes - len(minutes)
	var b strings.Builder
	for i, n := range minutes {
		if i > 0 && i < len(minutes)-1 && n == minutes[i-1] && n == minutes[i+1] {
			continue // on a straight line
		}
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(strconv.Itoa(x0+i) + " " + strconv.Itoa(sparkY(n, most)))
	}
	title := fmt.Sprintf("%d to %d", least, most)
	if most == least {
		title = strconv.Itoa(int(most))
	}
	return &spark{b.String(), fmt.Sprintf("%s connections in the last %d minutes", title, len(minutes))}
}

// sparkY returns how far down the line runs: the most connections at the top.
func sparkY(n, most uint32) int {
	if most == 0 {
		return sparkHeight
	}
	return sparkHeight - int(uint64(n)*(sparkHeight-1)/uint64(most))
}
