package metrics

import (
	"runtime"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Self is how the program itself is doing. Its funcs are called at each
// scrape and must be safe for concurrent use and quick; a nil one, for a part
// that does not run, leaves its series out.
type Self struct {
	Version, Revision string // of build_info
	Journal           func() Journal
	Mirror            func() Mirror
	Channels          func() []Channel
	Schedule          func() Schedule
	Reload            func() Reload
}

// A Journal is how the journal is doing.
type Journal struct {
	Writes  uint64 // entries kept since the start
	Queue   int    // entries that wait to be written
	Dropped uint64 // entries lost since the start
	Unsaved int    // entries in memory alone, since the file cannot be written
	Well    bool   // the file can be written
	Moved   uint64 // damaged files that were moved aside since the start
}

// A Mirror is how the mirror of the journal is doing.
type Mirror struct {
	Well bool // the last try to write it went well
	Rows uint64
	Lag  time.Duration // of the oldest entry that it does not have
}

// A Channel is how people are told by one channel. Its name is one of the
// configuration's, as ops/email: never a recipient.
type Channel struct {
	Name                 string
	Sent, Failed, Parked uint64 // since the start
	Queue                int    // notices that wait to be told
}

func (s sheet) self(self *Self, states []*health.State) {
	s.gauge(s.build, 1, text(foreign.Text(self.Version)), text(foreign.Text(self.Revision)), runtime.Version())
	if self.Journal != nil {
		j := self.Journal()
		s.counter(s.writes, float64(j.Writes))
		s.gauge(s.queued, float64(j.Queue))
		s.counter(s.lost, float64(j.Dropped))
		s.gauge(s.unsaved, float64(j.Unsaved))
		s.gauge(s.writable, truth(j.Well))
		s.counter(s.moved, float64(j.Moved))
	}
	if self.Mirror != nil {
		m := self.Mirror()
		s.gauge(s.mirrorUp, truth(m.Well))
		s.counter(s.mirrorRows, float64(m.Rows))
		s.gauge(s.mirrorLag, m.Lag.Seconds())
	}
	if self.Channels != nil {
		for _, c := range self.Channels() {
			s.channel(&c)
		}
	}
	if self.Schedule != nil {
		s.selfProblems(states)
		sc := self.Schedule()
		s.schedule(&sc)
	}
	if self.Reload != nil {
		s.reload(self.Reload())
	}
}

// channel adds what became of the notices of one channel.
func (s sheet) channel(c *Channel) {
	name := text(foreign.Text(c.Name))
	s.counter(s.notifications, float64(c.Sent), name, "sent")
	s.counter(s.notifications, float64(c.Failed), name, "failed")
	s.counter(s.notifications, float64(c.Parked), name, "parked")
	s.gauge(s.notificationQueue, float64(c.Queue), name)
}

// truth is the value of a gauge that is a yes or a no.
func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
