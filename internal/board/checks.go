package board

import (
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// Checks are told one by one, thousands a second, and read a few times a
// second at most: the table takes a result in constant time and is put in
// order only when somebody looks. What is counted is counted on the way in.
type checkTable struct {
	states   []*health.State
	places   map[string]int // in states, by name
	unsorted bool           // states have come since the last look
	sum      Summary
	newest   time.Time // when the newest result began
	// good has the last result that passed, of checks whose last one did not.
	good map[string]*health.Result

	targets map[string]health.Target // parsed, by what a Spec says; readers have it, so it is replaced, never changed
	parse   bool                     // a target has come since the last look
}

// put takes a check's state and returns the one before, nil if there was none.
func (t *checkTable) put(st *health.State) (before *health.State) {
	t.sum.count(st, 1)
	if st.Last != nil && st.Last.At.After(t.newest) {
		t.newest = st.Last.At
	}
	i, known := t.places[st.Spec.Name]
	if known {
		before, t.states[i] = t.states[i], st
		t.sum.count(before, -1)
		t.remember(before, st)
	} else {
		t.places[st.Spec.Name] = len(t.states)
		t.states = append(t.states, st)
		t.unsorted = true
	}
	t.parse = t.parse || !known || before.Spec.Target != st.Spec.Target
	return before
}

// remember keeps the last result that passed while others follow.
func (t *checkTable) remember(before, st *health.State) {
	switch {
	case passed(st):
		if len(t.good) > 0 {
			delete(t.good, st.Spec.Name)
		}
	case passed(before):
		if t.good == nil {
			t.good = map[string]*health.Result{}
		}
		t.good[st.Spec.Name] = before.Last
	}
}

func passed(st *health.State) bool { return st.Last != nil && st.Last.Verdict.Up() }

// drop forgets a check and reports whether it was known.
func (t *checkTable) drop(name string) bool {
	i, ok := t.places[name]
	if !ok {
		return false
	}
	t.sum.count(t.states[i], -1)
	last := len(t.states) - 1
	t.states[i] = t.states[last]
	t.places[t.states[i].Spec.Name] = i
	t.states[last] = nil
	t.states = t.states[:last]
	delete(t.places, name)
	delete(t.good, name)
	t.unsorted = true
	return true
}

// show puts the checks into v as they are now, for readers to keep.
func (t *checkTable) show(v *View) {
	if t.unsorted {
		slices.SortFunc(t.states, func(a, b *health.State) int { return strings.Compare(a.Spec.Name, b.Spec.Name) })
		for i, st := range t.states {
			t.places[st.Spec.Name] = i
		}
		t.unsorted = false
	}
	if t.parse {
		t.targets = parseTargets(t.states, t.targets)
		t.parse = false
	}
	sum := t.sum
	v.Checks, v.checks, v.targets, v.Look.ChecksAt = slices.Clone(t.states), &sum, t.targets, t.newest
}

// parseTargets reads the targets that are not known yet, and forgets those
// that nothing asks any more. What is no target is the zero Target.
func parseTargets(states []*health.State, known map[string]health.Target) map[string]health.Target {
	targets := make(map[string]health.Target, len(states))
	for _, st := range states {
		text := st.Spec.Target
		target, ok := known[text]
		if !ok {
			target, _ = health.ParseTarget(text)
		}
		targets[text] = target
	}
	return targets
}

// Target returns what a check of v asks; the zero Target when that cannot be
// read.
func (v *View) Target(st *health.State) health.Target {
	if t, ok := v.targets[st.Spec.Target]; ok {
		return t
	}
	t, _ := health.ParseTarget(st.Spec.Target)
	return t
}

// FindCheck returns the check of that name, or nil.
func (v *View) FindCheck(name string) *health.State {
	i, ok := slices.BinarySearchFunc(v.Checks, name, func(st *health.State, name string) int { return strings.Compare(st.Spec.Name, name) })
	if !ok {
		return nil
	}
	return v.Checks[i]
}

// Check takes what is believed of a check now. The state is the board's. One
// more result that passes as the one before makes no new generation: its times
// are in the next View all the same.
func (b *Board) Check(st *health.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.checks.put(st)
	b.behind.Store(true)
	if before == nil || !alike(before, st) {
		b.advance(*b.view.Load())
	}
}

// LastGood returns the last result of a check that passed, nil if none is known.
func (b *Board) LastGood(name string) *health.Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, ok := b.checks.places[name]
	if ok && passed(b.checks.states[i]) {
		return b.checks.states[i].Last
	}
	return b.checks.good[name]
}

// Uncheck forgets a check.
func (b *Board) Uncheck(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.checks.drop(name) {
		b.behind.Store(true)
		b.advance(*b.view.Load())
	}
}

// alike reports whether a reader would see no difference but what goes on as
// time does: when and how fast a target answered, and how often in a row it
// passed. That it failed once more is news.
func alike(a, b *health.State) bool {
	switch {
	case a.Spec != b.Spec, a.Status != b.Status, a.Fails != b.Fails, !slices.Equal(a.Overlays, b.Overlays):
		return false
	case a.Last == nil || b.Last == nil:
		return a.Last == b.Last
	case b.Last.Verdict == health.Indeterminate && !a.Last.At.Equal(b.Last.At):
		return false // one more void result
	}
	return a.Last.Verdict == b.Last.Verdict && a.Last.Reason == b.Last.Reason && a.Last.Text == b.Last.Text
}

// catchUp puts the checks into the View.
func (b *Board) catchUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.behind.Load() {
		next := *b.view.Load()
		b.checks.show(&next)
		b.view.Store(&next)
		b.behind.Store(false) // last: until then others wait for mu, and read no old View
	}
}
