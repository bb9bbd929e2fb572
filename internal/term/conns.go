package term

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// ConnsByPort returns the table of connections with a row per local port.
func ConnsByPort(items []board.PortConnections) Table {
	t := Table{Columns: []Column{
		{Title: "PORT"},
		{Title: "SERVICE", Least: 12},
		{Title: "ESTABLISHED", Short: "ESTAB", Right: true},
		{Title: "IPV4", Right: true, Spare: 4},
		{Title: "IPV6", Right: true, Spare: 5},
		{Title: "CLIENTS", Right: true},
		{Title: "TOP CLIENT", Least: 10, Spare: 1},
		{Title: "UNACCEPTED", Short: "UNACC", Right: true, Spare: 2},
		{Title: "CLOSE_WAIT", Short: "CL_WT", Right: true, Spare: 3},
		{Title: "OTHER", Right: true, Spare: 6},
	}}
	for i := range items {
		c := &items[i]
		t.Rows = append(t.Rows, Row{Key: strconv.Itoa(int(c.Port)), Cells: []Cell{
			portCell(c.Port),
			holderCell(c),
			count(c.Total.Established),
			count(c.IPv4.Established),
			count(c.IPv6.Established),
			{Text: distinctText(&c.Clients)},
			{Text: busiestText(&c.Clients)},
			count(c.Total.Unaccepted),
			count(c.Total.CloseWait),
			count(passing(c.Total)),
		}})
	}
	return t
}

// passing returns the connections that are being set up or torn down.
func passing(c port.Counts) uint32 {
	return c.SynRecv + c.FinWait1 + c.FinWait2 + c.LastAck + c.Closing
}

func portCell(p uint16) Cell { return Cell{Text: fmt.Sprintf("%d/tcp", p), Tone: Strong} }

func count(n uint32) Cell { return Cell{Text: strconv.FormatUint(uint64(n), 10)} }

func holderCell(c *board.PortConnections) Cell {
	switch {
	case !c.Listening:
		return Cell{Text: "nobody listens", Tone: Caution}
	case c.Service == "":
		return Cell{Text: "?", Tone: Unseen}
	}
	return Cell{Text: c.Service.String()}
}

// distinctText writes the number of clients, which is a lower bound when there
// were more than could be told apart.
func distinctText(c *port.Clients) string {
	if c.Error > 0 {
		return fmt.Sprintf("≥%d", c.Distinct)
	}
	return strconv.Itoa(c.Distinct)
}

func busiestText(c *port.Clients) string {
	if len(c.Top) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s %s", c.Top[0].Addr, atMost(c.Top[0].Connections, c.Error))
}

func atMost(n, err uint32) string {
	if err > 0 {
		return fmt.Sprintf("≤%d", n)
	}
	return strconv.FormatUint(uint64(n), 10)
}

// ConnsByClient returns the table of the busiest clients.
func ConnsByClient(items []board.ClientConnections, v *board.View) Table {
	t := Table{Columns: []Column{
		{Title: "CLIENT", Least: 15},
		{Title: "PORT"},
		{Title: "SERVICE", Least: 10, Spare: 1},
		{Title: "ESTABLISHED", Short: "ESTAB", Right: true},
	}}
	ports := map[uint16]board.PortConnections{}
	for _, p := range v.ConnectionsByPort(0) {
		ports[p.Port] = p
	}
	for _, c := range items {
		p := ports[c.Port]
		t.Rows = append(t.Rows, Row{Key: fmt.Sprint(c.Client, c.Port), Cells: []Cell{
			{Text: c.Client.String(), Tone: Strong},
			{Text: fmt.Sprintf("%d/tcp", c.Port)},
			holderCell(&p),
			{Text: atMost(c.Connections, p.Clients.Error)},
		}})
	}
	return t
}

// ConnsByProcess returns the table of what each process serves.
func ConnsByProcess(items []board.ProcessConnections) Table {
	t := Table{Columns: []Column{
		{Title: "PROCESS", Least: 10},
		{Title: "PID", Right: true},
		{Title: "USER", Least: 6, Spare: 2},
		{Title: "SERVICE", Least: 10, Spare: 1},
		{Title: "PORTS", Least: 8},
		{Title: "ESTABLISHED", Short: "ESTAB", Right: true},
		{Title: "UNACCEPTED", Short: "UNACC", Right: true, Spare: 3},
		{Title: "CLOSE_WAIT", Short: "CL_WT", Right: true, Spare: 4},
		{Title: "OTHER", Right: true, Spare: 5},
	}}
	for i := range items {
		p := &items[i]
		name, pid := Cell{Text: p.Process.String(), Tone: Strong}, strconv.Itoa(p.PID)
		if p.PID == 0 {
			name, pid = Cell{Text: "unknown", Tone: Unseen}, "?"
		}
		ports := portList(p.Ports)
		t.Rows = append(t.Rows, Row{Key: fmt.Sprint(p.PID, p.Service, ports), Cells: []Cell{
			name, {Text: pid}, {Text: dashed(p.User.String())}, {Text: unknown(p.Service.String())}, {Text: ports},
			count(p.Total.Established), count(p.Total.Unaccepted), count(p.Total.CloseWait), count(passing(p.Total)),
		}})
	}
	return t
}

func portList(ports []uint16) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = strconv.Itoa(int(p))
	}
	return strings.Join(words, ",")
}

func unknown(text string) string {
	if text == "" {
		return "?"
	}
	return text
}

// ConnsSummary says in one line how many connections there are.
func ConnsSummary(v *board.View, only uint16) Line {
	sum, clients := 0, 0
	var unnamed uint32
	for _, c := range v.ConnectionsByPort(only) {
		sum += int(c.Total.Established)
		clients += c.Clients.Distinct
		unnamed += c.Clients.Other
	}
	text := fmt.Sprintf("%s established · %s", plural(sum, "connection"), plural(clients, "client"))
	if unnamed > 0 {
		text += fmt.Sprintf(" · %d of clients not named", unnamed)
	}
	return Line{Text: text + fmt.Sprintf(" · TIME_WAIT on this machine %d (over, not counted)", v.TimeWait), Tone: Faint}
}
