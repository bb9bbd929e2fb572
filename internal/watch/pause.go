package watch

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// Pause has a check not asked until [Checks.Resume], at the wish of whoever is
// named; why is for people, and may be empty. An answer that it is waiting for is
// not judged; what is believed of it stays, an outage included. It is recorded
// with who and why, unless it is paused already. Pause reports whether there is
// such a check. Safe for concurrent use.
//
// Pauses do not outlive the process by themselves: whoever remembers them says
// so again before [Checks.Run], and nothing is recorded twice.
func (c *Checks) Pause(name, by, why string) bool {
	return c.pauseOrResume(name, wish{true, foreign.Text(by), foreign.Text(why)})
}

// Resume has a check that was paused asked again, from now on, at the wish of
// whoever is named. It begins at UNKNOWN; an outage that it was paused in is
// recorded as closed. Resume reports whether there is such a check. Safe for
// concurrent use.
func (c *Checks) Resume(name, by string) bool {
	return c.pauseOrResume(name, wish{by: foreign.Text(by)})
}

// A wish is that a check be paused, or not: whose, and what for.
type wish struct {
	pause   bool
	by, why foreign.Text
}

// configuredTo is what a definition wishes.
func configuredTo(s *health.Spec) wish { return wish{pause: s.Paused, by: configured} }

func (c *Checks) pauseOrResume(name string, w wish) bool {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	t, ok := c.byName[name]
	if ok {
		var d difference
		c.turnTo(w, t, &d)
		c.settle(d)
	}
	return ok
}

// turnTo pauses or resumes a target, if that is news.
func (c *Checks) turnTo(w wish, t *target, d *difference) {
	if t.isPaused() == w.pause {
		return
	}
	children := c.reset(t, func() (closed []health.Change) {
		t.heed(w)
		if !w.pause {
			closed = t.restart(time.Now())
		}
		return closed
	})
	d.tell = append(d.tell, children...)
	if w.pause {
		d.tell = append(d.tell, t)
	} else {
		d.ask = append(d.ask, t)
	}
}

// heed has a pause hold, or not, as somebody wishes.
func (t *target) heed(w wish) {
	c := &t.around[paused]
	c.holds, c.by, c.why = w.pause, w.by, w.why
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
