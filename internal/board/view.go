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

	targets map[string]health.Target // parsed, by what a Spec says
	ports   *Summary                 // of everything but the checks, and of
	checks  *Summary                 // the checks; nil in a View made by hand
}

// A Look says when the kernel and the checks' targets were last asked, and what
// the kernel cost in CPU time. It moves without a new generation.
type Look struct {
	ListenersAt     time.Time
	ConnectionsAt   time.Time
	ListenersCost   time.Duration
	ConnectionsCost time.Duration
	SearchCost      time.Duration // of owners and other namespaces
	CountFailed     bool          // the last try to count went wrong: the numbers are those of ConnectionsAt
	ChecksAt        time.Time     // when the newest of the checks' results began
}

// look notes when s was taken.
func (v *View) look(s *port.Snapshot) {
	v.Look = Look{
		ListenersAt: s.Listening.At, ListenersCost: s.Listening.Cost, SearchCost: s.Listening.Search,
		ConnectionsAt: s.Connections.At, ConnectionsCost: s.Connections.Cost,
		CountFailed: slices.ContainsFunc(s.Connections.Degraded, func(d port.Degraded) bool { return d.Code == port.Uncounted }),
		ChecksAt:    v.Look.ChecksAt,
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
