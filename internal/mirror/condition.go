package mirror

import (
	"errors"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// A condition is what is known of how a mirror does.
type condition struct {
	err    error     // why it is not written; nil while it is
	since  time.Time // when it was last found well, or when it was opened
	told   error     // the class of err that was logged last
	down   bool      // an outage has been logged
	oldest time.Time // of the entries that are not in the mirror; zero when all are
	rows   uint64
	place  event.Cursor // behind the newest entry in the mirror
	known  bool         // place is known
}

// Err returns why the mirror is not written at the moment, an [*Error], and
// nil while it is.
func (m *Mirror) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.condition.err
}

// Lag returns how long the oldest entry that is not in the mirror has waited,
// as far as is known: 0 when none is.
func (m *Mirror) Lag() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.condition.oldest.IsZero() {
		return 0
	}
	return max(0, time.Since(m.condition.oldest))
}

// Rows returns how many rows this process has written.
func (m *Mirror) Rows() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.condition.rows
}

// behind notes the time of the oldest entry that is not in the mirror; zero:
// there is none.
func (m *Mirror) behind(oldest time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.condition.oldest = oldest
}

// wrote counts rows and notes the place behind them.
func (m *Mirror) wrote(rows int, place event.Cursor) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.condition.rows += uint64(rows)
	m.condition.place, m.condition.known = place, true
}

// reached returns the place behind the newest entry in the mirror, if it is
// known.
func (m *Mirror) reached() (place event.Cursor, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.condition.place, m.condition.known
}

// failed notes why the mirror is not written. It logs one line per outage, and
// another when the reason becomes one that does not pass by itself.
func (m *Mirror) failed(err error) {
	problem := m.dsn.problem(err)
	reason := class(problem)
	m.mu.Lock()
	h := &m.condition
	h.err = problem
	say := !h.down || reason != nil && !errors.Is(h.told, reason)
	if say {
		h.down, h.told = true, reason
	}
	m.mu.Unlock()
	if say {
		m.log.Warn("mirror is not written, trying again", "err", problem, "hint", problem.Hint())
	}
}

// well notes that the mirror is written, and logs the end of an outage.
func (m *Mirror) well() {
	m.mu.Lock()
	was := m.condition
	m.condition.err, m.condition.down, m.condition.told, m.condition.since = nil, false, nil, time.Now()
	m.mu.Unlock()
	if was.down {
		m.log.Info("mirror is written again", "mirror", m.String(), "after", time.Since(was.since).Round(time.Millisecond))
	}
}
