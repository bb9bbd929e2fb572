package term

import (
	"fmt"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// Calm returns the rows that matter from here. A loopback listener in another
// network namespace can be reached from that namespace alone (every container
// of an engine has some, its resolver at least), so it is left out unless
// something is wrong with it.
func Calm(rows []port.Listener) []port.Listener {
	shown := make([]port.Listener, 0, len(rows))
	for _, l := range rows {
		inside := l.Foreign && l.Scope == port.Loopback
		if !inside || l.State.Rank() >= port.Warning.Rank() {
			shown = append(shown, l)
		}
	}
	return shown
}

// Ports returns the table of listeners as they were at now. On a terminal a
// row's state is a shape and its problems stand beneath it; elsewhere both are
// columns of words.
func Ports(rows []port.Listener, now time.Time, terminal bool) Table {
	t := Table{Columns: []Column{
		{Title: "PORT"},
		{Title: "BIND", Least: 8, Spare: 2},
		{Title: "SERVICE", Least: 12},
		{Title: "OWNER", Least: 14, Spare: 1},
		{Title: "UP", Right: true, Spare: 5, Quiet: true},
		{Title: "CONNECTIONS", Short: "CONNS", Right: true},
		{Title: "CLIENTS", Right: true, Spare: 3},
		{Title: "TOP CLIENT", Least: 10, Spare: 6},
		{Title: "QUEUE", Spare: 4},
	}}
	state := Column{Title: "STATE"}
	if terminal {
		state.Title = ""
	} else {
		t.Columns = append(t.Columns, Column{Title: "NOTE"})
	}
	t.Columns = append([]Column{state}, t.Columns...)
	for i := range rows {
		t.Rows = append(t.Rows, portRow(&rows[i], now, terminal))
	}
	return t
}

func portRow(l *port.Listener, now time.Time, terminal bool) Row {
	mark, tone := shape(l.State)
	notes := problemText(l)
	r := Row{Key: l.ID}
	if terminal {
		r.Note = Line{Text: notes, Tone: tone}
	} else {
		mark = string(l.State)
	}
	r.Cells = []Cell{
		{Text: mark, Tone: tone},
		{Text: fmt.Sprintf("%d/%s", l.Port, l.Proto), Tone: Strong},
		{Text: bindText(l)},
		serviceCell(l, terminal),
		ownerCell(l),
		{Text: upText(l, now)},
		{Text: trafficText(l, uint64(l.Connections.Established))},
		{Text: trafficText(l, uint64(l.Connections.Clients))},
		{Text: topClientText(l)},
		queueCell(l),
	}
	if !terminal {
		r.Cells = append(r.Cells, Cell{Text: dashed(notes)})
	}
	return r
}

func problemText(l *port.Listener) string {
	texts := make([]string, len(l.Problems))
	for i, p := range l.Problems {
		texts[i] = p.Text()
	}
	return strings.Join(texts, ", ")
}

// PortsLines returns what the table of listeners cannot say: what could not be
// seen, and how many of the matching rows are not shown.
func PortsLines(v *board.View, matching, shown int) []Line {
	lines := Blind(v)
	if n := matching - shown; n > 0 {
		lines = append(lines, Line{
			Text: fmt.Sprintf("%s on loopback inside other network namespaces not shown: --all shows them", plural(n, "listener")),
			Tone: Faint,
		})
	}
	if matching == 0 && len(v.Listeners) > 0 {
		lines = append(lines, Line{Text: fmt.Sprintf("none of %s matches", plural(len(v.Listeners), "listener"))})
	}
	return lines
}

// Summary says in one line whether anything is wrong and how much there is.
func Summary(v *board.View) Line {
	s := v.Summary()
	verdict := Line{Text: "● no problem", Tone: Good}
	var wrong []string
	for _, w := range []struct {
		state port.State
		n     int
		noun  string
	}{{port.Trouble, s.Problems, "problem"}, {port.Warning, s.Warnings, "warning"}, {port.Unclear, s.Unknown, "unknown owner"}} {
		if w.n > 0 {
			mark, tone := shape(w.state)
			if wrong == nil {
				verdict.Tone = tone
			}
			wrong = append(wrong, mark+" "+plural(w.n, w.noun))
		}
	}
	if wrong != nil {
		verdict.Text = strings.Join(wrong, "  ")
	}
	verdict.Text += fmt.Sprintf("   %s · %d exposed · %s · %s",
		plural(s.Ports, "port"), s.Exposed, plural(s.Connections, "connection"), plural(s.Clients, "client"))
	return verdict
}

// Blind says what could not be seen, and why.
func Blind(v *board.View) []Line {
	lines := make([]Line, len(v.Degraded))
	for i, d := range v.Degraded {
		lines[i] = Line{Mark: "◌", Text: d.Text, Tone: Unseen, Hint: d.Hint}
	}
	return lines
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func dashed(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
