package board

import (
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// Checks are told one by one, thousands a second, and read a few times a
// second at most: the table takes a result in constant time and is put in
// order only when somebody looks.
type checkTable struct {
	states   []*health.State
	places   map[string]int // in states, by name
	unsorted bool           // states have come since the last look
}

// put takes a check's state and returns the one before, nil if there was none.
func (t *checkTable) put(st *health.State) (before *health.State) {
	if i, ok := t.places[st.Spec.Name]; ok {
		before, t.states[i] = t.states[i], st
		return before
	}
	t.places[st.Spec.Name] = len(t.states)
	t.states = append(t.states, st)
	t.unsorted = true
	return nil
}

// drop forgets a check and reports whether it was known.
func (t *checkTable) drop(name string) bool {
	i, ok := t.places[name]
	if !ok {
		return false
	}
	last := len(t.states) - 1
	t.states[i] = t.states[last]
	t.places[t.states[i].Spec.Name] = i
	t.states[last] = nil
	t.states = t.states[:last]
	delete(t.places, name)
	t.unsorted = true
	return true
}

// sorted returns the states by name, for readers to keep.
func (t *checkTable) sorted() []*health.State {
	if t.unsorted {
		slices.SortFunc(t.states, func(a, b *health.State) int { return strings.Compare(a.Spec.Name, b.Spec.Name) })
		for i, st := range t.states {
			t.places[st.Spec.Name] = i
		}
		t.unsorted = false
	}
	return slices.Clone(t.states)
}

// Check takes what is believed of a check now. The state is the board's. A
// result that says what the one before said, but for the times, makes no new
// generation: it is in the next View all the same.
func (b *Board) Check(st *health.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.checks.put(st)
	b.behind.Store(true)
	if before == nil || !alike(before, st) {
		b.advance(*b.view.Load())
	}
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

// alike reports whether a reader would see no difference but times.
func alike(a, b *health.State) bool {
	if a.Spec != b.Spec || a.Status != b.Status || !slices.Equal(a.Overlays, b.Overlays) || (a.Last == nil) != (b.Last == nil) {
		return false
	}
	return a.Last == nil || a.Last.Verdict == b.Last.Verdict && a.Last.Reason == b.Last.Reason && a.Last.Text == b.Last.Text
}

// catchUp puts the checks into the View.
func (b *Board) catchUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.behind.Swap(false) {
		next := *b.view.Load()
		next.Checks = b.checks.sorted()
		b.view.Store(&next)
	}
}
