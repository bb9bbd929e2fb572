package watch

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A Check is a definition and the probe that asks its question.
type Check struct {
	Spec  *health.Spec
	Probe health.Probe
}

// Checks asks each check's question on its schedule, judges the answers and
// passes on what is believed. Fill in the exported fields before anything else,
// then call [Checks.Run] once; what is asked is said with [Checks.Set], before
// or meanwhile. Definitions must be valid ([health.Spec.Validate]) and must not
// change afterwards.
//
// One goroutine turns the wheel. Each question is asked, and its answer judged,
// by a goroutine that goes on to the next when it is done. A failure is looked
// at twice before it is believed: whether we were held up while we asked, and,
// when the target was silent, whether the canary hears anything at all.
type Checks struct {
	Host     string // the observer's name
	Sink     CheckSink
	Recorder Recorder // of changes; may be nil
	Canary   Canary   // may be nil: then we are always well
	Log      *slog.Logger
	// InFlight is how many probes may run at once; 0 means 1,024. Targets that are
	// due when as many do wait in line. To ask n targets that are all silent, it
	// takes n·timeout/interval.
	InFlight int
	// Rounds is how often each target is asked before Run returns; 0 means until
	// its context ends. Rounds come exactly one interval after the other, or as
	// soon as the last is over; none is skipped, and who waits in line waits for as
	// long as it takes. The sink is told of each target when it is set and once in
	// each round, and of no faults of our own but by results.
	Rounds int
	// Spread is the time over which the first questions of targets that are set
	// together are spread; 0 means a second and half a millisecond for each. It
	// is never more than the target's interval.
	Spread time.Duration
	// Belated is how long after the start of Run a check that is defined only then
	// still takes up what [Checks.Recall] told of it; 0 means that whoever is not
	// defined by the start is no more. It is for who cannot read yet what apps have
	// signed up for.
	Belated time.Duration
	// Away is told, before anything is asked, of a time by the wall clock in which
	// this process did not run, or the machine was suspended: nobody heard
	// heartbeats then. It returns at once. It may be nil. (That we were held up for
	// less than a second, or slept through a rest that was planned, it is not told.)
	Away func(from, until time.Time)

	once       sync.Once
	started    time.Time // the time at which the timetable's clock was set
	heart      *heart
	alarms     *alarms
	debug      bool // passes are logged
	complaints *complaints
	lag        *histogram
	counts     counters
	wake       chan struct{}  // the wheel must turn earlier than was planned
	work       chan *question // for a goroutine that has nothing to do
	idle       atomic.Int32   // goroutines that have nothing to do
	goroutines sync.WaitGroup

	alive atomic.Int64 // when the newest result that counted began, in nanoseconds since 1970

	setting     sync.Mutex // taken before all others by who says what is asked
	byName      map[string]*target
	heirs       map[string][]*target                    // who names a name as a parent, whether or not that is known
	unasked     []*target                               // set before Run
	recalled    map[string]*health.Change               // of checks not defined so far: the newest before the start
	recovering  map[string]health.Recovery              // and what had come of the ends of outages
	maintenance func(check string) (by string, in bool) // see Maintain
	belated     *time.Timer                             // until it fires, recalled is kept

	mu        sync.Mutex // taken after that of a target
	running   bool
	table     timetable
	targets   []*target // by their id in the timetable
	places    places
	planned   instant // when the wheel is to turn next
	due       []int32 // of the last turn; kept for the next
	known     int
	durations map[string]*histogram
}

const (
	defaultInFlight = 1024
	// The first questions are spread over this, and this for each target.
	spreadLeast = time.Second
	spreadEach  = 500 * time.Microsecond
	// longest is how long the wheel rests at most.
	longest = time.Minute
)

func (c *Checks) init() {
	if c.InFlight <= 0 {
		c.InFlight = defaultInFlight
	}
	c.started = time.Now()
	c.heart, c.alarms = newHeart(), newAlarms(c.Host, c.Sink, c.Recorder)
	c.complaints, c.debug = &complaints{log: c.Log}, c.Log.Enabled(context.Background(), slog.LevelDebug)
	c.lag, c.durations = newHistogram(), map[string]*histogram{}
	c.wake, c.work = make(chan struct{}, 1), make(chan *question)
	c.heirs = map[string][]*target{}
	c.byName, c.recalled, c.recovering = map[string]*target{}, map[string]*health.Change{}, map[string]health.Recovery{}
	c.table.base = c.instant(c.started)
	c.places.limit = c.InFlight
}

// instant returns the moment of a time.
func (c *Checks) instant(at time.Time) instant {
	return instant(c.started.UnixNano()).add(at.Sub(c.started))
}

// time returns the time of a moment, 0 for none, as the wall clock will show it
// by what it shows now.
func (c *Checks) time(at instant, now time.Time) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return now.Add(at.sub(c.instant(now)))
}

// Run asks until ctx ends or all rounds are asked, and returns nil when the last
// answer is in. Answers that come after ctx has ended are not judged.
func (c *Checks) Run(ctx context.Context) error {
	c.once.Do(c.init)
	defer c.complaints.flush()
	defer c.goroutines.Wait()
	defer c.close()
	c.open()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-c.wake:
		}
		next, more := c.turn(ctx)
		if !more {
			return nil
		}
		timer.Reset(next)
	}
}

// open asks the targets that were set before.
func (c *Checks) open() {
	c.setting.Lock()
	defer c.setting.Unlock()
	c.mu.Lock()
	c.running = true
	c.mu.Unlock()
	if c.Rounds == 0 {
		c.takeOver()
		c.await()
	}
	c.invite(c.unasked)
	c.unasked = nil
}

// isRunning reports whether targets are asked.
func (c *Checks) isRunning() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running
}

// close ends all questions and asks none any more.
func (c *Checks) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = false
	if c.belated != nil {
		c.belated.Stop()
	}
	close(c.work)
	for _, t := range c.targets {
		if t != nil && t.question != nil && !t.question.queued {
			t.question.cancel()
		}
	}
}

// turn turns the wheel to now and asks those that are due. It returns how long
// the wheel rests, and whether there is anything left to ask.
func (c *Checks) turn(ctx context.Context) (rest time.Duration, more bool) {
	now := time.Now()
	if away := c.heart.beat(now); away >= jump && c.Away != nil {
		c.Away(now.Add(-away).Round(0), now.Round(0))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.instant(now)
	c.due = c.table.advance(at, c.due[:0])
	for _, id := range c.due {
		c.fire(ctx, c.targets[id], at)
	}
	now = time.Now()
	at = c.instant(now)
	next, ok := c.table.next()
	if latest := at.add(c.pause()); !ok || next > latest {
		next = latest
	}
	c.planned, rest = next, max(0, next.sub(at))
	c.heart.plan(now.Add(rest))
	return rest, c.Rounds == 0 || c.table.live > 0
}

// pause returns how long the wheel may rest.
func (c *Checks) pause() time.Duration {
	if c.places.all() > 0 {
		return beat
	}
	return longest
}

// hurry turns the wheel at a moment that it was not told of if that is earlier
// than planned, and at once when the last round is over. A moment of 0 is none.
func (c *Checks) hurry(at instant) {
	over := c.Rounds > 0 && c.table.live == 0
	if !over && (at == 0 || at >= c.planned) {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}
