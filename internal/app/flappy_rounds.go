package app

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/netip"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
	"github.com/portreeve/portreeve/internal/term"
	"github.com/portreeve/portreeve/internal/watch"
)

// progressEvery is how often progress is shown.
const progressEvery = 200 * time.Millisecond

// A rounds is one run of `flappy`. Results come from many goroutines and are
// counted under mu; one goroutine prints.
type rounds struct {
	options  FlappyOptions
	hosts    []flappyHost
	began    time.Time
	out      *bufio.Writer
	errs     io.Writer
	screen   term.Screen // of out
	progress *term.Progress
	news     chan struct{} // holds one when the next host may have had all its rounds

	summary term.FlappySummary // of what was printed
	reasons []term.Line
	outcome Outcome

	mu      sync.Mutex
	tallies []health.Tally
	next    int // the first host that was not printed
	answers int // of all hosts
	done    int // hosts that had all their rounds
}

func newRounds(o FlappyOptions, hosts []flappyHost, out, errs io.Writer) *rounds {
	return &rounds{
		options: o, hosts: hosts, began: time.Now(),
		out: bufio.NewWriter(out), errs: errs, screen: term.NewScreen(out), progress: term.NewProgress(errs),
		news: make(chan struct{}, 1), tallies: make([]health.Tally, len(hosts)),
	}
}

// run asks and prints until every host had its rounds, or ctx ends: then what
// can be said by then is said.
func (r *rounds) run(ctx context.Context) error {
	defer debug.SetGCPercent(debug.SetGCPercent(frugal))
	asker := newQuietAsker()
	defer asker.Close()
	list, err := r.checks(ctx, asker)
	if err != nil {
		return err
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	asked := make(chan error, 1)
	go func() { asked <- asker.ask(asking, list, r, r.options.Checks, r.spread()) }()
	if err := r.print(asked); err != nil {
		stop()
		<-asked
		return err
	}
	interrupted := ctx.Err() != nil && r.done < len(r.hosts)
	if err := r.finish(interrupted); err != nil {
		return err
	}
	if interrupted {
		return Interrupted
	}
	return r.outcome.err()
}

// frugal has garbage collected when the heap has grown by a quarter: a list of
// hosts takes more memory than time.
const frugal = 25

// checks returns the check of every host that may be asked. What is said of the
// others is known already.
func (r *rounds) checks(ctx context.Context, asker *asker) ([]watch.Check, error) {
	list, world := make([]watch.Check, 0, len(r.hosts)), asker.world(nil)
	permit := reach.Configured()
	for i, h := range r.hosts {
		spec := r.options.spec(strconv.Itoa(i), h)
		check, wrong := newCheck(spec, world)
		if wrong != nil {
			return nil, usage(fmt.Errorf("host %q: %w", h.name, wrong[0]), wrong[0].Hint)
		}
		if addr, err := netip.ParseAddr(h.name); err == nil && permit(netip.AddrPortFrom(addr, h.port)) != nil {
			r.settle(ctx, check, asker.host)
			continue
		}
		list = append(list, check)
	}
	return list, nil
}

// settle counts all rounds of a host that no packet is sent to: its probe says
// so at once, and would each time.
func (r *rounds) settle(ctx context.Context, check watch.Check, observer string) {
	began := time.Now()
	result := check.Probe(ctx)
	result.Observer, result.At, result.Took = observer, began, health.Duration(time.Since(began))
	for range r.options.Checks {
		r.Check(&health.State{Spec: check.Spec, Last: &result})
	}
}

// spread returns how long the first round may take to begin. A machine has only
// so many packets to send at once, but two hosts need not wait for each other.
func (r *rounds) spread() time.Duration {
	every := time.Duration(r.options.Seconds * float64(time.Second))
	return min(every, time.Duration(len(r.hosts))*perHost)
}

// perHost is the share of the first round that each host has to itself.
const perHost = 100 * time.Microsecond

// Check counts a result: rounds is a watch.CheckSink.
func (r *rounds) Check(st *health.State) {
	i, err := strconv.Atoi(st.Spec.Name)
	if st.Last == nil || err != nil {
		return
	}
	result := *st.Last
	result.Check = st.Spec.Target
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers++
	t := &r.tallies[i]
	t.Add(result)
	if !r.complete(i) {
		return
	}
	r.done++
	if i == r.next {
		select {
		case r.news <- struct{}{}:
		default:
		}
	}
}

// Uncheck does nothing: no check ends before its rounds.
func (r *rounds) Uncheck(string) {}

// complete reports whether a host had all its rounds. It needs mu.
func (r *rounds) complete(i int) bool {
	t := &r.tallies[i]
	return t.Passed+t.Failed+t.Unjudged >= r.options.Checks
}
