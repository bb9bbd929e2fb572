package watch

import "time"

// Hurry has a check asked now, whenever it is due; once more after the question
// that it may be being asked, whose answer may be of before. One that is paused,
// or waits in line already, is not asked sooner. Its slots stay. It reports
// whether there is such a check. Safe for concurrent use.
func (c *Checks) Hurry(name string) bool {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	t, ok := c.byName[name]
	if !ok {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running && !t.around[paused].holds {
		c.hurry(c.table.hasten(t.id, c.instant(time.Now())))
	}
	return true
}
