package watch

// Add says that there is one check more, or that one is another than it was,
// without naming all others as [Checks.Set] does. What comes of it is what Set
// makes of it: one that is known and has not changed goes on. One that is new is
// asked at once. The next Set drops it unless it names it. What it costs depends
// on how many are its parents and its children, and not on how many there are.
// Safe for concurrent use.
func (c *Checks) Add(check Check) {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	var before []string
	if t, known := c.byName[check.Spec.Name]; known {
		before = t.spec.Parents
	}
	var d difference
	c.define(check, &d)
	t := c.byName[check.Spec.Name]
	c.join(t, before)
	c.settle(d)
	c.maintain(t)
	if len(t.parents) > 0 {
		c.review([]*target{t})
	}
	c.review(t.children)
}

// Remove says that a check is no more: it is forgotten, and so is the answer
// that it may be waiting for. An outage or restlessness is recorded as closed.
// It reports whether there was such a check. Safe for concurrent use.
func (c *Checks) Remove(name string) bool {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	t, ok := c.byName[name]
	if !ok {
		return false
	}
	d := difference{tell: c.drop(t)}
	c.part(t)
	c.settle(d)
	return true
}
