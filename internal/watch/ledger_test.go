package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// A ledger keeps what checks tell; safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	states  []*health.State
	gone    []string
	changes []event.Entry
}

func (l *ledger) Uncheck(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = append(l.gone, name)
}

func (l *ledger) Check(st *health.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states = append(l.states, st)
}

func (l *ledger) Record(e event.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, e)
}

// of returns what was told of a check, in order.
func (l *ledger) of(name string) []*health.State {
	l.mu.Lock()
	defer l.mu.Unlock()
	var states []*health.State
	for _, st := range l.states {
		if st.Spec.Name == name {
			states = append(states, st)
		}
	}
	return states
}

// last returns what was told of a check in the end; it was told something.
func (l *ledger) last(t *testing.T, name string) *health.State {
	t.Helper()
	states := l.of(name)
	if len(states) == 0 {
		t.Fatalf("nothing was told of %s", name)
	}
	return states[len(states)-1]
}

// statuses words what was told of a check, a letter each, without repeats.
func (l *ledger) statuses(name string) string {
	var words []string
	for _, st := range l.of(name) {
		word := string(st.Status)
		for _, o := range st.Overlays {
			word += "+" + string(o)
		}
		words = append(words, word)
	}
	return strings.Join(slices.Compact(words), " ")
}

// moves words the changes of the checks whose names begin with a prefix: those
// of the status, with a + and a - those of overlays, and with a • marks.
func (l *ledger) moves(prefix string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var moves []string
	for _, e := range l.changes {
		if strings.HasPrefix(e.Change.Check, prefix) {
			moves = append(moves, e.Change.Check+" "+worded(e.Change))
		}
	}
	return moves
}

func worded(c *health.Change) string {
	switch {
	case c.Mark != "":
		return "•" + string(c.Mark)
	case c.Overlay == "":
		return fmt.Sprintf("%s>%s", c.From, c.To)
	case c.Ended:
		return "-" + string(c.Overlay)
	}
	return "+" + string(c.Overlay)
}

// recorded returns the changes so far.
func (l *ledger) recorded() []event.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.changes)
}

// forget forgets them.
func (l *ledger) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = nil
}

// told words the changes of one check with what holds after each.
func (l *ledger) told(check string) string { return l.all()[check] }

// all words the changes of each check.
func (l *ledger) all() map[string]string {
	all := map[string]string{}
	for _, e := range l.recorded() {
		c := e.Change
		word := worded(c)
		if len(c.Overlays) > 0 {
			word += fmt.Sprint(c.Overlays)
		}
		if c.By != "" {
			word += " by " + string(c.By)
		}
		if before := all[c.Check]; before != "" {
			word = before + ", " + word
		}
		all[c.Check] = word
	}
	return all
}

// askedAt returns when each question of a check began, since start.
func (l *ledger) askedAt(name string, start time.Time) []time.Duration {
	var at []time.Duration
	var last *health.Result
	for _, st := range l.of(name) {
		if st.Last != nil && st.Last != last {
			last = st.Last
			at = append(at, st.Last.At.Sub(start))
		}
	}
	return at
}

// spec returns a definition of a check that is asked every ten seconds.
func spec(name string, change ...func(*health.Spec)) *health.Spec {
	s := health.Spec{Name: name, Target: "tcp://192.0.2.1:80", Interval: health.Duration(10 * time.Second), Timeout: health.Duration(2 * time.Second)}
	for _, f := range change {
		f(&s)
	}
	s = s.WithDefaults(health.DefaultProfile())
	return &s
}

// says is a probe that answers at once.
func says(v health.Verdict, reason health.Reason) health.Probe {
	return func(context.Context) health.Result {
		return health.Result{Verdict: v, Reason: reason, Text: "as it says"}
	}
}

var (
	passes  = says(health.Pass, "")
	refuses = says(health.Fail, health.Refused)
)

// silent is a probe of a black hole.
func silent(ctx context.Context) health.Result {
	<-ctx.Done()
	return health.Result{Verdict: health.Fail, Reason: health.Timeout, Text: "no answer"}
}

// recites is a probe that gives one answer after the other, a letter each as in
// health's own tests, and the last for ever.
func recites(letters string) health.Probe {
	var n atomic.Int64
	return func(ctx context.Context) health.Result {
		i := min(int(n.Add(1)), len(letters)) - 1
		switch letters[i] {
		case '+':
			return passes(ctx)
		case 'w':
			return health.Result{Verdict: health.Warn, Reason: health.TLSExpiring}
		case '?':
			return health.Result{Verdict: health.Indeterminate, Reason: health.LocalFDs, Text: "too many open files"}
		}
		return refuses(ctx)
	}
}

// play runs checks for a while, and returns when they began.
func play(t *testing.T, c *Checks, d time.Duration) (start time.Time) {
	t.Helper()
	start = time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := c.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
	return start
}

// watching returns checks that tell a ledger.
func watching(checks ...Check) (*Checks, *ledger) {
	l := &ledger{}
	c := &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet}
	c.Set(checks)
	return c, l
}

// name returns the name of one of many.
func name(i int) string { return fmt.Sprintf("t%04d", i) }
