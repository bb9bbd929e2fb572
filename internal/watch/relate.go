package watch

import "slices"

// relate finds the parents and children of all targets.
func (c *Checks) relate() {
	clear(c.heirs)
	for _, t := range c.byName {
		for _, name := range t.spec.Parents {
			c.heirs[name] = append(c.heirs[name], t)
		}
	}
	for _, t := range c.byName {
		c.adopt(t)
	}
}

// join is relate for one target that is new, or has named others as its parents
// before.
func (c *Checks) join(t *target, before []string) {
	for _, name := range before {
		if !slices.Contains(t.spec.Parents, name) {
			c.disinherit(name, t)
		}
	}
	for _, name := range t.spec.Parents {
		if !slices.Contains(before, name) {
			c.heirs[name] = append(c.heirs[name], t)
			c.adoptNamed(name)
		}
	}
	c.adopt(t)
	for _, child := range c.heirs[t.spec.Name] {
		c.adopt(child)
	}
}

// part is relate for one target that is no more.
func (c *Checks) part(t *target) {
	for _, name := range t.spec.Parents {
		c.disinherit(name, t)
	}
	for _, child := range c.heirs[t.spec.Name] {
		c.adopt(child)
	}
}

// disinherit takes it that a target does not name a parent any more.
func (c *Checks) disinherit(name string, t *target) {
	// A copy: the parent gives its children to others who take no lock.
	left := slices.DeleteFunc(slices.Clone(c.heirs[name]), func(heir *target) bool { return heir == t })
	if c.heirs[name] = left; len(left) == 0 {
		delete(c.heirs, name)
	}
	c.adoptNamed(name)
}

func (c *Checks) adoptNamed(name string) {
	if t, ok := c.byName[name]; ok {
		c.adopt(t)
	}
}

// adopt has a target know its parents and children by who names whom.
func (c *Checks) adopt(t *target) {
	var parents []*target
	for _, name := range t.spec.Parents {
		if p, ok := c.byName[name]; ok {
			parents = append(parents, p)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parents = parents
	if t.children = c.heirs[t.spec.Name]; len(t.children) == 0 {
		t.standing.Store(nil)
	}
	t.stand() // whoever is new knows nothing yet; all others are told
}
