package web

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// Bounds of what pages ask the journal for the beginnings of outages: so many
// entries at once, and not again so soon; then so many checks one by one, and
// one that was not found not again so soon.
const (
	openingBatch = 1000
	batchAgain   = 10 * time.Second
	openingMost  = 50 // for a list of outages
	openingFew   = 8  // for a page that shows a few of them
	openingAgain = 2 * time.Second
)

// openings knows the changes that began the outages which are not over: an
// incident's key and its first cause. What a check's state says of its outage
// does not hold the key, and the journal is asked once for each. It is safe for
// concurrent use.
type openings struct {
	history History // nil: nothing is known
	log     *slog.Logger

	mu    sync.Mutex
	known map[string]event.Recorded // by check
	tried map[string]time.Time      // checks that were not found, by when
	batch time.Time                 // when many were last asked for at once
}

func newOpenings(h History, log *slog.Logger) *openings {
	return &openings{history: h, log: log, known: map[string]event.Recorded{}, tried: map[string]time.Time{}}
}

// isOpen reports whether an outage of the check is under way.
func isOpen(st *health.State) bool { return !st.Down.IsZero() && st.Status == health.Unhealthy }

// opens reports whether a change is the one that began the outage that is under
// way.
func opens(c *health.Change, st *health.State) bool {
	return c.To == health.Unhealthy && c.From != health.Unhealthy && c.Moved() && (c.Began.Equal(st.Down) || c.Down.Equal(st.Down))
}

// keyOf returns the key of a check's open incident; empty when none is known.
func (o *openings) keyOf(ctx context.Context, st *health.State) string {
	r, ok := o.find(ctx, []*health.State{st}, 1)[st.Spec.Name]
	if !ok {
		return ""
	}
	return r.Key()
}

// find returns, by check, the changes that began the outages of those states
// that are open; it asks for so many one by one. Some may be missing: what the
// journal has not written yet, or what is to be asked for the next time.
func (o *openings) find(ctx context.Context, states []*health.State, most int) map[string]event.Recorded {
	found := map[string]event.Recorded{}
	if o.history == nil {
		return found
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	missing := o.recall(states, found)
	if len(missing) > 1 && time.Since(o.batch) > batchAgain {
		o.batch = time.Now()
		o.learn(ctx, event.Query{Outages: true, Newest: true, Limit: openingBatch}, missing)
		missing = o.recall(missing, found)
	}
	for _, st := range missing[:min(len(missing), most)] {
		o.tried[st.Spec.Name] = time.Now()
		o.learn(ctx, event.Query{Check: st.Spec.Name, Outages: true, Newest: true, Limit: 1}, []*health.State{st})
	}
	o.recall(missing, found)
	return found
}

// recall adds what is known of states to found, and returns the open ones of
// which nothing is, and the journal is worth asking.
func (o *openings) recall(states []*health.State, found map[string]event.Recorded) (missing []*health.State) {
	for _, st := range states {
		r, ok := o.known[st.Spec.Name]
		switch {
		case !isOpen(st):
		case ok && opens(r.Change, st):
			found[st.Spec.Name] = r
		case time.Since(o.tried[st.Spec.Name]) > openingAgain:
			missing = append(missing, st)
		}
	}
	return missing
}

// learn asks the journal for what began the outages of states.
func (o *openings) learn(ctx context.Context, q event.Query, states []*health.State) {
	changes, err := o.history.Changes(ctx, q)
	if err != nil {
		if ctx.Err() == nil {
			o.log.Warn("web: read journal", "err", err)
		}
		return
	}
	byCheck := make(map[string]*health.State, len(states))
	for _, st := range states {
		byCheck[st.Spec.Name] = st
	}
	for _, r := range changes {
		if st := byCheck[r.Change.Check]; st != nil && opens(r.Change, st) {
			o.known[r.Change.Check] = r
			delete(o.tried, r.Change.Check)
		}
	}
}

// forget drops what is known of checks that have no outage any more.
func (o *openings) forget(v *board.View) {
	o.mu.Lock()
	defer o.mu.Unlock()
	over := func(check string) bool {
		st := v.FindCheck(check)
		return st == nil || !isOpen(st)
	}
	for check := range o.known {
		if over(check) {
			delete(o.known, check)
		}
	}
	for check := range o.tried {
		if over(check) {
			delete(o.tried, check)
		}
	}
}

// checkOfKey returns the check whose stream an entry's key names; empty when it
// is no check's.
func checkOfKey(key string) string {
	rest, ok := strings.CutPrefix(key, event.CheckStream(""))
	check, _, numbered := strings.Cut(rest, "/")
	if !ok || !numbered {
		return ""
	}
	return check
}
