package term

import (
	"fmt"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// Elsewhere says who listens on a port in another network namespace, where
// connections are not counted: a 0 of ours must not be taken for theirs. Port 0
// stands for every port and says nothing.
func Elsewhere(v *board.View, only uint16) []Line {
	var lines []Line
	for i := range v.Listeners {
		l := &v.Listeners[i]
		if only == 0 || l.Port != only || l.Proto != port.TCP || !l.Foreign {
			continue
		}
		who := "a process that is hidden"
		if p := l.Owner.Leader; p != nil {
			who = fmt.Sprintf("%s (pid %d)", p.Name, p.PID)
		}
		lines = append(lines, Line{Mark: "◌", Tone: Unseen, Text: fmt.Sprintf("%s listens on %d in another network namespace; its connections are not counted", who, only)})
	}
	return lines
}
