package board

import (
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A View is what is true at one time. It is immutable: slices and maps in it
// may be read by anyone for as long as they like, and changed by nobody.
type View struct {
	Generation uint64
	Machine    port.Machine
	StartedAt  time.Time // of this portreeve
	Look       Look

	Listeners   []port.Listener // sorted by port
	Connections []port.PortCount
	Clients     []port.Clients
	Watched     []uint16 // ports that the user named
	Ephemeral   port.Range
	NetNS       uint64
	Source      string // "netlink" or "procfs"
	TimeWait    uint32 // of the whole machine
	History     map[uint16][]uint32
	Degraded    []port.Degraded

	Checks     []*health.State           // sorted by name
	Recent     []event.Recorded          // oldest first
	RecentFrom time.Time                 // entries before this time were left out of Recent; zero when none were
	PortEvents map[port.EventKind]uint64 // since StartedAt, every kind present
}

// A Look says when the kernel was last asked and what that cost in CPU time.
// It moves without a new generation.
type Look struct {
	ListenersAt     time.Time
	ConnectionsAt   time.Time
	ListenersCost   time.Duration
	ConnectionsCost time.Duration
	SearchCost      time.Duration // of owners and other namespaces
	CountFailed     bool          // the last try to count went wrong: the numbers are those of ConnectionsAt
}

func lookOf(s *port.Snapshot) Look {
	return Look{
		ListenersAt: s.Listening.At, ListenersCost: s.Listening.Cost, SearchCost: s.Listening.Search,
		ConnectionsAt: s.Connections.At, ConnectionsCost: s.Connections.Cost,
		CountFailed: slices.ContainsFunc(s.Connections.Degraded, func(d port.Degraded) bool { return d.Code == port.Uncounted }),
	}
}

// A Summary is the first line of the page: is anything wrong, and how much is
// there.
type Summary struct {
	Problems    int `json:"problems"`
	Warnings    int `json:"warnings"`
	Unknown     int `json:"unknown_owners"`
	Ports       int `json:"ports"`
	Exposed     int `json:"exposed"`
	Connections int `json:"connections"` // established, on all counted ports
	Clients     int `json:"clients"`     // per port, summed: one address on two ports counts twice
	Checks      int `json:"checks"`
	ChecksUp    int `json:"checks_up"`
	ChecksDown  int `json:"checks_down"`
}

// Summary counts what v holds.
func (v *View) Summary() Summary {
	s := Summary{Ports: len(v.Listeners), Checks: len(v.Checks)}
	for i := range v.Listeners {
		s.addListener(&v.Listeners[i])
	}
	for i := range v.Checks {
		switch v.Checks[i].Status {
		case health.Healthy, health.Degrading:
			s.ChecksUp++
		case health.Unhealthy:
			s.ChecksDown++
			s.Problems++
		}
	}
	for _, c := range v.Connections {
		s.Connections += int(c.Established)
	}
	for _, c := range v.Clients {
		s.Clients += c.Distinct
	}
	return s
}

func (s *Summary) addListener(l *port.Listener) {
	switch l.State {
	case port.Trouble:
		s.Problems++
	case port.Warning:
		s.Warnings++
	case port.Unclear:
		s.Unknown++
	}
	if l.Scope.Exposed() && !l.Foreign { // a container's inner 0.0.0.0 is not public
		s.Exposed++
	}
}

// Unheld returns the watched ports on which nobody listens, ascending.
func (v *View) Unheld() []uint16 {
	held := map[uint16]bool{}
	for i := range v.Listeners {
		if l := &v.Listeners[i]; l.Proto == port.TCP && !l.Foreign {
			held[l.Port] = true
		}
	}
	var unheld []uint16
	for _, p := range v.Watched {
		if !held[p] {
			unheld = append(unheld, p)
		}
	}
	return unheld
}
