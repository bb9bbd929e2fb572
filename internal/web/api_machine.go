package web

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// A machineItem is the machine and what portreeve makes of it.
type machineItem struct {
	port.Machine
	Uptime   float64       `json:"uptime_seconds" doc:"of the machine"`
	Version  string        `json:"version" doc:"of portreeve"`
	Started  time.Time     `json:"started_at" doc:"when this portreeve started"`
	NetNS    uint64        `json:"netns" doc:"inode of the network namespace that is watched"`
	Source   string        `json:"source" doc:"netlink or procfs"`
	Watched  []uint16      `json:"watched" doc:"ports that the user named"`
	Ranges   port.Range    `json:"ephemeral" doc:"ports that the kernel hands to outgoing connections"`
	TimeWait uint32        `json:"time_wait" doc:"connections in TIME_WAIT on the whole machine"`
	Summary  board.Summary `json:"summary"`
	Looks    looks         `json:"looks"`
}

// looks say when the kernel was last asked, and what that cost.
type looks struct {
	ListenersAt       time.Time `json:"listeners_at"`
	ListenersAge      float64   `json:"listeners_age_seconds"`
	ListenersCPU      float64   `json:"listeners_cpu_seconds"`
	ConnectionsAt     time.Time `json:"connections_at"`
	ConnectionsAge    float64   `json:"connections_age_seconds"`
	ConnectionsCPU    float64   `json:"connections_cpu_seconds"`
	ConnectionsLooked bool      `json:"connections_counted" doc:"false before the first count"`
}

func (s *Server) registerMachine(api huma.API) {
	op := get("machine", "/machine", "The machine", "What machine this is, whether anything is wrong with it, and how old what we know is. "+
		"This is about times too, so its ETag changes with every look at the kernel.")
	huma.Register(api, op, func(_ context.Context, in *Conditional) (*answerOf[board.Report[machineItem]], error) {
		v := s.board.View()
		tag := etag(v, timeTag(v.Look.ListenersAt), timeTag(v.Look.ConnectionsAt))
		return conditionally(in, v.Look.ListenersAt, tag, func() board.Report[machineItem] {
			return board.NewReport(v, []machineItem{machineOf(v, s.options.Version, time.Now())})
		})
	})
}

func machineOf(v *board.View, version string, now time.Time) machineItem {
	m := machineItem{
		Machine: v.Machine, Uptime: seconds(v.Machine.BootedAt, now), Version: version, Started: v.StartedAt, NetNS: v.NetNS,
		Source: v.Source, Watched: v.Watched, Ranges: v.Ephemeral, TimeWait: v.TimeWait, Summary: v.Summary(),
		Looks: looks{
			ListenersAt: v.Look.ListenersAt, ListenersAge: seconds(v.Look.ListenersAt, now), ListenersCPU: v.Look.ListenersCost.Seconds(),
			ConnectionsAt: v.Look.ConnectionsAt, ConnectionsAge: seconds(v.Look.ConnectionsAt, now), ConnectionsCPU: v.Look.ConnectionsCost.Seconds(),
			ConnectionsLooked: !v.Look.ConnectionsAt.IsZero(),
		},
	}
	if m.Watched == nil {
		m.Watched = []uint16{}
	}
	return m
}

// seconds returns how long before now t was, 0 for no time at all.
func seconds(t, now time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, now.Sub(t).Seconds())
}
