package metrics

import (
	"runtime"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Self is how the program itself is doing. Its funcs are called at each
// scrape and must be safe for concurrent use and quick; a nil one, for a part
// that does not run, leaves its series out.
type Self struct {
	Version, Revision string // of build_info
	Journal           func() Journal
	Notifications     func() []Notifications
	Schedule          func() Schedule
	Reload            func() Reload
}

// A Journal is how the journal is doing.
type Journal struct {
	Writes  uint64 // entries kept since the start
	Queue   int    // entries that wait to be written
	Dropped uint64 // entries lost since the start
}

// A Notifications counts what became of the notifications of one channel since
// the start. Channel and Result are from small, closed sets: never a recipient.
type Notifications struct {
	Channel, Result string
	Count           uint64
}

func (s sheet) self(self *Self, states []*health.State) {
	s.gauge(s.build, 1, text(foreign.Text(self.Version)), text(foreign.Text(self.Revision)), runtime.Version())
	if self.Journal != nil {
		j := self.Journal()
		s.counter(s.writes, float64(j.Writes))
		s.gauge(s.queued, float64(j.Queue))
		s.counter(s.lost, float64(j.Dropped))
	}
	if self.Notifications != nil {
		s.notified(self.Notifications())
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

// notified adds the notifications, those of one channel and result together.
func (s sheet) notified(list []Notifications) {
	type labels struct{ channel, result string }
	sum := make(map[labels]uint64, len(list))
	for _, n := range list {
		sum[labels{text(foreign.Text(n.Channel)), text(foreign.Text(n.Result))}] += n.Count
	}
	for l, n := range sum {
		s.counter(s.notifications, float64(n), l.channel, l.result)
	}
}
