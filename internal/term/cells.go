package term

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// bindText says from where a listener can be reached: the scope alone where
// that says it all, with addresses where not.
func bindText(l *port.Listener) string {
	text := string(l.Scope)
	if addrs := specific(l.Binds); addrs != "" {
		text += " " + addrs
	} else if v4, v6 := families(l.Binds); !v6 {
		text += " v4"
	} else if !v4 {
		text += " v6"
	}
	if l.Foreign {
		return "other netns: " + text
	}
	return text
}

// specific returns the addresses of binds that are neither wildcards nor the
// two loopback addresses that everybody means.
func specific(binds []port.Bind) string {
	var addrs []string
	simple := true
	for _, b := range binds {
		a := b.Addr.String()
		if b.Interface != "" {
			a += "%" + b.Interface
		}
		plain := b.Addr.IsUnspecified() || b.Addr == netip.IPv6Loopback() || b.Addr == netip.AddrFrom4([4]byte{127, 0, 0, 1})
		simple = simple && plain && b.Interface == "" && b.Scope == binds[0].Scope
		if len(addrs) == 0 || addrs[len(addrs)-1] != a {
			addrs = append(addrs, a)
		}
	}
	if simple {
		return ""
	}
	return strings.Join(addrs, ",")
}

// families tells which clients can connect: a [::] socket takes IPv4 too,
// unless told otherwise.
func families(binds []port.Bind) (v4, v6 bool) {
	for _, b := range binds {
		six := b.Family == port.IPv6
		v6 = v6 || six
		v4 = v4 || !six || b.Addr.IsUnspecified() && !b.V6Only
	}
	return v4, v6
}

// maxAlso is how many other ports of a service a terminal shows.
const maxAlso = 4

func serviceCell(l *port.Listener, terminal bool) Cell {
	if l.Service.Name == "" {
		return Cell{Text: "?", Tone: Unseen}
	}
	ports, more := l.Siblings()
	name := l.Service.Name.String()
	if len(ports) == 0 {
		return Cell{Text: name}
	}
	if beyond := len(ports) - maxAlso; terminal && beyond > 0 {
		ports, more = ports[:maxAlso], more+beyond
	}
	var also []string
	for _, p := range ports {
		also = append(also, strconv.Itoa(int(p)))
	}
	if more > 0 {
		also = append(also, fmt.Sprintf("+%d", more))
	}
	return Cell{Text: name + " also " + strings.Join(also, ",")}
}

func ownerCell(l *port.Listener) Cell {
	o := &l.Owner
	if !o.Known {
		text := "unknown (" + unseenText(o.Reason) + ")"
		if o.User != "" {
			text += " " + o.User.String()
		}
		return Cell{Text: text, Tone: Unseen}
	}
	var words []string
	if o.Leader != nil {
		words = append(words, dashed(o.Leader.Name.String()), strconv.Itoa(o.Leader.PID))
	}
	if user := o.User; user != "" {
		words = append(words, user.String())
	}
	if more := len(o.PIDs) - 1; more > 0 {
		words = append(words, fmt.Sprintf("+%d", more))
	}
	return Cell{Text: dashed(strings.Join(words, " "))}
}

// unseenText says in a word why an owner is unknown.
func unseenText(u port.Unseen) string {
	switch u {
	case port.UnseenPermission:
		return "no permission"
	case port.UnseenRefused:
		return "refused by the kernel"
	case port.UnseenPending:
		return "not looked up yet"
	case port.UnseenKernel:
		return "no process: the kernel's"
	case port.UnseenNetNS:
		return "hidden namespace"
	}
	return "no reason known"
}

func upText(l *port.Listener, now time.Time) string {
	if l.Owner.Leader == nil || l.Owner.Leader.StartedAt.IsZero() {
		return "?"
	}
	return age(now.Sub(l.Owner.Leader.StartedAt))
}

// trafficText writes a number about a listener's connections, which has none
// when they were not counted.
func trafficText(l *port.Listener, n uint64) string {
	switch {
	case l.Connections.Counted:
		return strconv.FormatUint(n, 10)
	case l.Proto != port.TCP:
		return "-"
	}
	return "?"
}

func topClientText(l *port.Listener) string {
	if len(l.Connections.Top) == 0 {
		if !l.Connections.Counted {
			return trafficText(l, 0)
		}
		return "-"
	}
	top := l.Connections.Top[0]
	if limit := l.Connections.LimitPerClient; limit != nil {
		return fmt.Sprintf("%s %d/%d", top.Addr, top.Connections, *limit)
	}
	return fmt.Sprintf("%s %d", top.Addr, top.Connections)
}

// queueCell writes a queue as waiting/limit, drops with a d before them.
func queueCell(l *port.Listener) Cell {
	q := &l.Queue
	if l.Proto != port.TCP {
		return Cell{Text: "-"}
	}
	if !q.Known {
		return Cell{Text: fmt.Sprintf("%d/?", q.Length)}
	}
	c := Cell{Text: fmt.Sprintf("%d/%d", q.Length, q.Limit)}
	if q.Drops > 0 {
		c.Text += fmt.Sprintf(" d%d", q.Drops)
	}
	if q.Full {
		c.Text, c.Tone = c.Text+" FULL", Bad
	}
	return c
}
