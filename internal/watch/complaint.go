package watch

import (
	"log/slog"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// repeatEvery is how often a check that keeps failing for one reason is logged.
const repeatEvery = 10 * time.Minute

// A complaint is what was last logged of a check.
type complaint struct {
	reason health.Reason // empty after a pass
	at     time.Time
}

// news reports whether a result is worth a line: a failure for another reason
// than the last, or for the same one after a while.
func (c *complaint) news(r *health.Result) bool {
	if r.Verdict.Up() {
		*c = complaint{}
		return false
	}
	if r.Reason == c.reason && r.At.Sub(c.at) < repeatEvery {
		return false
	}
	*c = complaint{r.Reason, r.At}
	return true
}

const (
	// A crowd of complaints, maxLines within linesEvery, is told as one.
	maxLines   = 20
	linesEvery = 10 * time.Second
)

// complaints logs failing checks. When many fail together, the first of them
// have a line each, and the others one together. It is safe for concurrent use.
type complaints struct {
	log *slog.Logger

	mu     sync.Mutex
	since  time.Time // when the first line of the crowd was written
	lines  int
	silent int    // that had no line
	last   string // of those
	timer  *time.Timer
}

// add logs a failing check, now or with others.
func (c *complaints) add(spec *health.Spec, r *health.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.since) >= linesEvery {
		c.tell()
		c.since, c.lines = now, 0
	}
	if c.lines++; c.lines <= maxLines {
		c.log.Warn("check did not pass", "check", spec.Name, "target", spec.Target, "verdict", r.Verdict, "reason", r.Reason, "err", r.Text)
		return
	}
	c.silent, c.last = c.silent+1, spec.Name
	if c.timer == nil {
		c.timer = time.AfterFunc(linesEvery-time.Since(c.since), c.flush)
	}
}

// flush tells of those that had no line.
func (c *complaints) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell()
}

// tell is flush with the lock held.
func (c *complaints) tell() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	if c.silent > 0 {
		c.log.Warn("more checks did not pass", "count", c.silent, "check", c.last)
		c.silent = 0
	}
}
