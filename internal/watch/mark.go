package watch

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// Mark records that something happened to a check that moves nothing: by whom,
// and what there is to say of it. It reports whether there is such a check: one
// that goes is marked before [Checks.Remove]. Safe for concurrent use.
func (c *Checks) Mark(name string, m health.Mark, by, text foreign.Text) bool {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	t, ok := c.byName[name]
	if !ok {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c.record(t, []health.Change{t.note(m, time.Now(), by, text)})
	return true
}

// note returns the change that a mark is.
func (t *target) note(m health.Mark, at time.Time, by, text foreign.Text) health.Change {
	change := t.tracker.Mark(m, at)
	change.By, change.Text = by, text
	return t.mark(change)
}
