package discovery

import (
	"math/rand/v2"
	"time"
)

// How a name is probed for and announced (RFC 6762, 8).
const (
	probes        = 3
	probeInterval = 250 * time.Millisecond
	lostPause     = time.Second // after another probed for the name as well, and wins

	announcements    = 2
	announceInterval = time.Second

	sendPause = time.Second // before another try where nothing could be sent
)

// A standing is how far a claim has come on a link: first it probes, and when
// nobody objects it is held, and announced.
type standing struct {
	claim *claim
	held  bool
	sent  int       // probes, or announcements once it is held
	due   time.Time // of the next; zero: there is none
}

// probe starts over, after a pause and a random wait, so that machines that are
// switched on at once do not speak at once.
func (s *standing) probe(now time.Time, pause time.Duration) {
	s.held, s.sent = false, 0
	s.due = now.Add(pause + rand.N(probeInterval))
}

// announce announces from the first time on.
func (s *standing) announce(now time.Time) { s.sent, s.due = 0, now }

// probed notes that a probe was sent, or could not be. Only sent ones count.
func (s *standing) probed(now time.Time, ok bool) {
	if !ok {
		s.sent, s.due = 0, now.Add(sendPause)
		return
	}
	s.sent++
	s.due = now.Add(probeInterval)
}

// announced notes that an announcement was sent, or could not be.
func (s *standing) announced(now time.Time, ok bool) {
	if !ok {
		s.due = now.Add(sendPause)
		return
	}
	s.sent++
	s.due = now.Add(announceInterval)
	if s.sent == announcements {
		s.due = time.Time{}
	}
}
