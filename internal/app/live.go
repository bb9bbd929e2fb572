package app

import (
	"context"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/watch"
	"github.com/portreeve/portreeve/internal/web"
)

// A live answers callers of the web server who ask something now. What it asks
// at once is bounded apart from the checks on the schedule, which it must not
// delay.
type live struct {
	*asker
	free chan struct{} // holds one per question that is being asked
}

var _ web.Asker = (*live)(nil)

func newLive(a *asker) *live { return &live{a, make(chan struct{}, a.shares.live)} }

// turnWait is how long a caller waits for its turn.
const turnWait = 250 * time.Millisecond

// liveSpread is how long the first round of a list of questions may take.
const liveSpread = 200 * time.Millisecond

// Ask asks a question once. Who waits in vain for its turn is told so: that is
// no answer about the target.
func (l *live) Ask(ctx context.Context, spec *health.Spec, allow []netip.Prefix) health.Result {
	check, wrong := newCheck(spec, l.world(allow))
	if wrong != nil {
		return l.void(spec, health.LocalPolicy, wrong[0].Error())
	}
	turn, cancel := context.WithTimeout(ctx, turnWait)
	defer cancel()
	select {
	case l.free <- struct{}{}:
		defer func() { <-l.free }()
	case <-turn.Done():
		return l.void(spec, health.LocalOverload, "too many questions are being asked at once")
	}
	return watch.Ask(ctx, check, l.canary, l.host)
}

// void is the result of a question that nobody asked.
func (l *live) void(spec *health.Spec, reason health.Reason, text string) health.Result {
	return health.Result{
		Check: spec.Name, Observer: l.host, At: time.Now(), Verdict: health.Indeterminate, Reason: reason, Text: foreign.Text(text),
	}
}

// Rounds asks each question a number of times, an interval apart, and sums up.
// When ctx ends before, its error comes with what is known until then.
func (l *live) Rounds(ctx context.Context, specs []*health.Spec, rounds int, allow []netip.Prefix) ([]health.Tally, error) {
	checks, world := make([]watch.Check, len(specs)), l.world(allow)
	for i, spec := range specs {
		numbered := *spec
		numbered.Name = strconv.Itoa(i)
		check, wrong := newCheck(&numbered, world)
		if wrong != nil {
			return nil, specError{spec.Name, wrong[0]}
		}
		checks[i] = check
	}
	turns, err := l.take(ctx, min(len(specs), max(1, cap(l.free)/2)))
	if err != nil {
		return nil, err
	}
	defer l.giveBack(turns)
	t := newTallies(len(specs))
	if err := l.rounds(ctx, checks, t, rounds, liveSpread, turns); err != nil {
		return nil, err
	}
	return t.all, ctx.Err()
}

// take takes as many turns as are free, most at most. It waits for the first.
func (l *live) take(ctx context.Context, most int) (turns int, err error) {
	select {
	case l.free <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	for turns = 1; turns < most; turns++ {
		select {
		case l.free <- struct{}{}:
		default:
			return turns, nil
		}
	}
	return turns, nil
}

func (l *live) giveBack(turns int) {
	for range turns {
		<-l.free
	}
}

// Tallies count the results of numbered checks.
type tallies struct {
	mu  sync.Mutex
	all []health.Tally
}

func newTallies(n int) *tallies { return &tallies{all: make([]health.Tally, n)} }

// Check counts the last result of a state that has one.
func (t *tallies) Check(st *health.State) {
	if st.Last == nil {
		return
	}
	i, err := strconv.Atoi(st.Spec.Name)
	if err != nil {
		i = 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all[i].Add(*st.Last)
}

// Uncheck has nothing to count.
func (t *tallies) Uncheck(string) {}
