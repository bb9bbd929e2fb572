package watch

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// Pause has a check not asked until [Checks.Resume], at the wish of whoever is
// named. An answer that it is waiting for is not judged; what is believed of it
// stays, an outage included. It is recorded, unless it is paused already. Pause
// reports whether there is such a check. Safe for concurrent use.
//
// Pauses do not outlive the process by themselves: whoever remembers them says
// so again before [Checks.Run], and nothing is recorded twice.
func (c *Checks) Pause(name, by string) bool { return c.pauseOrResume(name, by, true) }

// Resume has a check that was paused asked again, from now on, at the wish of
// whoever is named. It begins at UNKNOWN; an outage that it was paused in is
// recorded as closed. Resume reports whether there is such a check. Safe for
// concurrent use.
func (c *Checks) Resume(name, by string) bool { return c.pauseOrResume(name, by, false) }

func (c *Checks) pauseOrResume(name, by string, pause bool) bool {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	t, ok := c.byName[name]
	if ok {
		var d difference
		c.turnTo(pause, foreign.Text(by), t, &d)
		c.settle(d)
	}
	return ok
}

// turnTo pauses or resumes a target, if that is news.
func (c *Checks) turnTo(pause bool, by foreign.Text, t *target, d *difference) {
	if t.isPaused() == pause {
		return
	}
	children := c.reset(t, func() (closed []health.Change) {
		t.around[paused].holds, t.around[paused].by = pause, by
		if !pause {
			closed = t.restart(time.Now())
		}
		return closed
	})
	d.tell = append(d.tell, children...)
	if pause {
		d.tell = append(d.tell, t)
	} else {
		d.ask = append(d.ask, t)
	}
}

// Maintain takes how to find out whether trouble is expected of a check, and who
// says so. It is asked of every check now, and again after each [Checks.Set];
// whoever knows that the answers have changed calls Maintain again. Where one
// has, that is recorded. Checks go on. In is called by one goroutine at a time,
// with checks locked against being set: it returns at once and calls none of
// their methods. Nil: no trouble is expected. Safe for concurrent use.
func (c *Checks) Maintain(in func(check string) (by string, in bool)) {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	c.maintenance = in
	for _, t := range c.byName {
		c.maintain(t)
	}
}

// maintain finds out whether trouble is expected of a target.
func (c *Checks) maintain(t *target) {
	by, in := "", false
	if c.maintenance != nil {
		by, in = c.maintenance(t.spec.Name)
	}
	t.mu.Lock()
	news := t.around[maintained].holds != in
	t.around[maintained].by = foreign.Text(by)
	t.mu.Unlock()
	if news {
		c.change(t, func() { t.around[maintained].holds = in })
	}
}
