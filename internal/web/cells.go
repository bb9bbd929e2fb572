package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

func scopeCell(l *port.Listener) cell {
	addrs := make([]string, 0, len(l.Binds))
	for _, b := range l.Binds {
		addrs = append(addrs, b.Addr.String())
	}
	c := cell{Text: strings.ReplaceAll(string(l.Scope), "_", "-"), Title: strings.Join(slices.Compact(addrs), ", ")}
	if l.Scope.Exposed() {
		c.Class = "exposed"
	}
	return c
}

func serviceCell(l *port.Listener) cell {
	if l.Service.Name == "" {
		return cell{Text: unseenShort(l.Owner.Reason), Class: "none", Title: unseen(l.Owner.Reason)}
	}
	return cell{Text: l.Service.Name.Clip(nameRunes), Title: fmt.Sprintf("%s, known by its %s", l.Service.Name, l.Service.Kind)}
}

// also names the other ports that the row's service holds.
func also(l *port.Listener) string {
	const most = 4
	ports, more := l.Siblings()
	var others []string
	for _, p := range ports[:min(len(ports), most)] {
		others = append(others, strconv.Itoa(int(p)))
	}
	if len(others) == 0 {
		return ""
	}
	if more += len(ports) - len(others); more > 0 {
		others = append(others, fmt.Sprintf("%d more", more))
	}
	return "also " + strings.Join(others, ", ")
}

// unseen says why an owner is unknown, in a sentence.
func unseen(reason port.Unseen) string {
	switch reason {
	case port.UnseenPermission:
		return "Hidden: seeing other users' processes needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
	case port.UnseenRefused:
		return "Hidden: the kernel refuses, though no capability is missing"
	case port.UnseenPending:
		return "Being looked up"
	case port.UnseenKernel:
		return "No process: the kernel's own socket"
	case port.UnseenNetNS:
		return "In another network namespace, whose processes are hidden"
	}
	return "No reason known"
}

// unseenShort is the same for a cell.
func unseenShort(reason port.Unseen) string {
	switch reason {
	case port.UnseenPermission:
		return "unknown, no privilege"
	case port.UnseenRefused:
		return "unknown, refused"
	case port.UnseenPending:
		return "unknown, being looked up"
	case port.UnseenKernel:
		return "the kernel itself"
	case port.UnseenNetNS:
		return "unknown, other namespace"
	}
	return "unknown, no reason given"
}

func ownerCell(o *port.Owner) cell {
	p := o.Leader
	switch {
	case o.Reason == port.UnseenKernel:
		return cell{Text: "no process", Class: "none", Title: unseen(o.Reason)}
	case p == nil && o.User != "":
		return cell{Text: "user " + o.User.Clip(nameRunes), Class: "none", Title: unseen(o.Reason)}
	case p == nil:
		return cell{Text: "hidden", Class: "none", Title: unseen(o.Reason)}
	}
	text := fmt.Sprintf("%s %d · %s", p.Name.Clip(nameRunes), p.PID, p.User.Clip(nameRunes))
	if n := len(o.PIDs); n > 1 {
		text += fmt.Sprintf(" · %d processes", n)
	}
	return cell{Text: text, Title: text + " · " + p.Exe.Clip(120)}
}

// connectionsCell is the number of established connections, or why there is
// none.
func (c *composer) connectionsCell(l *port.Listener) cell {
	switch {
	case l.Connections.Counted:
		return cell{Text: strconv.Itoa(int(l.Connections.Established)), Title: stateList(l.Connections.Counts, false)}
	case l.Proto == port.UDP:
		return cell{Text: "none", Class: "none", Title: "UDP knows no connections"}
	case l.Foreign:
		return cell{Text: "not counted", Class: "none", Title: "Connections in other network namespaces are not counted"}
	case c.view.Look.ConnectionsAt.IsZero():
		return cell{Text: "not counted yet", Class: "none", Title: "The first count is yet to come"}
	}
	return cell{Text: "not counted", Class: "none", Title: "The last count was before this port was opened"}
}

// stateList says how many connections are in which state; none are left out,
// and the established ones only where wanted.
func stateList(n port.Counts, established bool) string {
	var parts []string
	states := n.ByState()
	for i, name := range port.States() {
		if states[i] > 0 && (established || i > 0) {
			parts = append(parts, fmt.Sprintf("%d %s", states[i], stateName(name)))
		}
	}
	return strings.Join(parts, ", ")
}

// stateName writes the kernel's states as everybody does, SYN_RECV, and our own
// two as words.
func stateName(name string) string {
	if name == "established" || name == "unaccepted" {
		return name
	}
	return strings.ToUpper(name)
}

func (c *composer) clientOf(l *port.Listener) client {
	t := &l.Connections
	switch {
	case l.Proto == port.UDP:
		return client{cell: c.connectionsCell(l)}
	case !t.Counted:
		return client{cell: cell{Text: "unknown", Class: "none", Title: c.connectionsCell(l).Title}}
	case len(t.Top) == 0 && t.Established > 0:
		return client{cell: cell{Text: "not told apart", Class: "none", Title: "The clients of this port are not counted one by one"}}
	case len(t.Top) == 0:
		return client{cell: cell{Text: "none", Class: "none"}}
	}
	top := client{cell: cell{Text: t.Top[0].Addr.String()}, Count: t.Top[0].Connections}
	if t.LimitPerClient != nil {
		top.Limit = *t.LimitPerClient
		top.High = top.Limit / 10 * 8
	}
	if others := t.Clients - 1; others > 0 {
		top.Others = fmt.Sprintf("+%d", others)
	}
	return top
}

func queueCell(l *port.Listener) cell {
	q := l.Queue
	switch {
	case l.Proto == port.UDP:
		return cell{Text: "none", Class: "none", Title: "UDP has no accept queue"}
	case !q.Known:
		return cell{Text: "unknown", Class: "none", Title: "/proc/net/tcp does not tell the queue's limit and drops"}
	}
	c := cell{Text: fmt.Sprintf("%d/%d", q.Length, q.Limit)}
	if q.Full {
		c.Text, c.Class = "full "+c.Text, "bad"
	}
	return c
}

func (c *composer) checkCells(l *port.Listener) []checkCell {
	var out []checkCell
	for _, st := range checksOf(c.checks, l) {
		out = append(out, checkCell{stateMark(st), answer(st), st.Spec.Name, c.checkLink(st.Spec.Name)})
	}
	return out
}

// answer says a check's last result in a word or two.
func answer(st *health.State) string {
	switch {
	case st.Last == nil:
		return "not asked yet"
	case st.Last.Verdict == health.Pass:
		return took(time.Duration(st.Last.Took))
	}
	return strings.ReplaceAll(string(st.Last.Reason), "_", " ")
}
