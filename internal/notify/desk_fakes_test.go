package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// A book is a journal in memory, by the contract, that fails as a test says.
type book struct {
	mu      sync.Mutex
	entries []event.Recorded
	grown   chan struct{}
	places  map[string]event.Cursor
	notes   map[string]map[string][]byte
	name    string // in its cursors: those of another book are unknown

	reads, advances error
	commits         int
	// before and after are called around each commit, unlocked, and surveyed before
	// the heads are read.
	before, after func() error
	surveyed      func()
}

func newBook(name string) *book {
	return &book{name: name, grown: make(chan struct{}), places: map[string]event.Cursor{}, notes: map[string]map[string][]byte{}}
}

func (b *book) cursor(n int) event.Cursor { return event.Cursor(fmt.Sprintf("%s-%08d", b.name, n)) }

func (b *book) place(c event.Cursor) (n int, err error) {
	if c == "" {
		return 0, nil
	}
	if _, err := fmt.Sscanf(string(c), b.name+"-%d", &n); err != nil || n > len(b.entries) {
		return 0, event.ErrCursor
	}
	return n, nil
}

func (b *book) do(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *book) Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.place(after)
	if err := errors.Join(ctx.Err(), b.reads, err); err != nil {
		return nil, err
	}
	return slices.Clone(b.entries[n:min(n+limit, len(b.entries))]), nil
}

func (b *book) Recent(_ context.Context, limit int) ([]event.Recorded, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.entries[max(0, len(b.entries)-limit):]), b.reads
}

func (b *book) Wait(ctx context.Context, after event.Cursor) error {
	for {
		b.mu.Lock()
		n, err := b.place(after)
		grown, more := b.grown, n < len(b.entries)
		b.mu.Unlock()
		if err != nil || more {
			return err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *book) Position(_ context.Context, reader string) (event.Cursor, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.places[reader], nil
}

func (b *book) Advance(ctx context.Context, reader string, to event.Cursor, notes ...event.Note) error {
	if b.before != nil {
		if err := b.before(); err != nil {
			return err
		}
	}
	if err := b.advance(ctx, reader, to, notes); err != nil {
		return err
	}
	if b.after != nil {
		return b.after()
	}
	return nil
}

func (b *book) advance(ctx context.Context, reader string, to event.Cursor, notes []event.Note) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commits++
	n, err := b.place(to)
	if err := errors.Join(ctx.Err(), b.advances, err); err != nil {
		return err
	}
	b.places[reader] = b.cursor(n)
	if b.notes[reader] == nil {
		b.notes[reader] = map[string][]byte{}
	}
	for _, note := range notes {
		if note.Value == nil {
			delete(b.notes[reader], note.Key)
		} else {
			b.notes[reader][note.Key] = bytes.Clone(note.Value)
		}
	}
	return nil
}

func (b *book) Notes(_ context.Context, reader string) (notes []event.Note, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, value := range b.notes[reader] {
		notes = append(notes, event.Note{Key: key, Value: bytes.Clone(value)})
	}
	slices.SortFunc(notes, func(a, b event.Note) int { return bytes.Compare([]byte(a.Key), []byte(b.Key)) })
	return notes, b.reads
}

// append writes a change.
func (b *book) append(c health.Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	stream := event.CheckStream(c.Check)
	number := uint64(1)
	for _, e := range b.entries {
		if e.Stream == stream {
			number++
		}
	}
	e := event.Entry{Stream: stream, Number: number, At: c.At, Observer: "web-1", Change: &c}
	b.entries = append(b.entries, event.Recorded{Entry: e, Cursor: b.cursor(len(b.entries) + 1)})
	close(b.grown)
	b.grown = make(chan struct{})
}

// burn puts a new journal in the place of one that is lost.
func (b *book) burn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.name, b.entries = "k", nil
	clear(b.notes)
	clear(b.places)
	close(b.grown)
	b.grown = make(chan struct{})
}

// A town is the checks that there are.
type town struct {
	mu     sync.Mutex
	states map[string]*health.State
	acks   map[string]bool
}

func newTown(checks ...string) *town {
	t := &town{states: map[string]*health.State{}, acks: map[string]bool{}}
	for _, name := range checks {
		spec := &health.Spec{Name: name, Title: "The " + name, Target: "tcp://" + name + ":80", Alerts: []string{"ops"}}
		t.states[name] = &health.State{Spec: spec, Status: health.Healthy, Last: &health.Result{Check: name, At: time.Now(), Verdict: health.Pass}}
	}
	return t
}

func (t *town) Check(name string) *health.State {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.states[name]
}

func (t *town) LastGood(check string) *health.Result {
	return &health.Result{Check: check, Verdict: health.Pass, Text: "all \xff is well"}
}

func (t *town) Failing(limit int) ([]string, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for name, st := range t.states {
		if st.Status == health.Unhealthy {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names[:min(limit, len(names))], len(names)
}

func (t *town) Acknowledged(incident string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.acks[incident]
}

func (t *town) Page(check string) string { return "https://watch.example.org/checks/" + check }

// A letterbox takes notices as a test says.
type letterbox struct {
	mu      sync.Mutex
	answer  func(n Notice) error // nil: all are taken
	takes   time.Duration
	entered func(n Notice)
	tries   []sent
	taken   []sent // the answer may not say so
	busy    map[string]bool
	clashes []string // two of one check side by side
}

type sent struct {
	at time.Time
	Notice
}

func (l *letterbox) Send(ctx context.Context, n Notice) error {
	if l.entered != nil {
		l.entered(n)
	}
	l.enter(n)
	defer l.leave(n)
	if l.takes > 0 {
		select {
		case <-time.After(l.takes):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	l.mu.Lock()
	answer := l.answer
	l.mu.Unlock()
	var err error
	if answer != nil {
		err = answer(n)
	}
	if failure := Fails(err); err == nil || failure.Doubtful {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.taken = append(l.taken, sent{time.Now(), n})
	}
	return err
}

func (l *letterbox) enter(n Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries = append(l.tries, sent{time.Now(), n})
	if l.busy[n.Check] {
		l.clashes = append(l.clashes, n.Key)
	}
	if l.busy == nil {
		l.busy = map[string]bool{}
	}
	l.busy[n.Check] = true
}

func (l *letterbox) leave(n Notice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy[n.Check] = false
}

func (l *letterbox) answers(f func(Notice) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = f
}

func (l *letterbox) refuses(err error) { l.answers(func(Notice) error { return err }) }

// all returns what was taken.
func (l *letterbox) all() []sent {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.taken)
}

// attempts returns how many tries were made.
func (l *letterbox) attempts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.tries)
}

// words returns what was taken of a check, in short.
func (l *letterbox) words(check string) (all []string) {
	for _, s := range l.all() {
		if s.Check == check {
			all = append(all, string(s.Kind))
		}
	}
	return all
}

var errRefused = errors.New("connection refused")

var quiet = slog.New(slog.DiscardHandler)

// An office is a desk with everything around it.
type office struct {
	t    *testing.T
	book *book
	town *town
	box  *letterbox
	log  *slog.Logger
	desk *Desk

	route Route
}

func newOffice(t *testing.T, r Route, checks ...string) *office {
	r.Name = "ops"
	return &office{t: t, book: newBook("j"), town: newTown(checks...), box: &letterbox{}, log: quiet, route: r}
}

// open runs a desk, as after a start, and returns how to stop it.
func (o *office) open() (stop func()) {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	o.desk = NewDesk("ops/test", o.route, o.book, o.town, o.box, o.log)
	if err := o.desk.Begin(ctx); err != nil {
		o.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- o.desk.Run(ctx) }()
	synctest.Wait()
	return func() {
		o.t.Helper()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			o.t.Errorf("run: %v, want context.Canceled", err)
		}
	}
}

// falls and rises write an outage's beginning and its end.
func (o *office) falls(check string) {
	now := time.Now()
	o.town.turn(check, health.Unhealthy)
	o.book.append(health.Change{Check: check, From: health.Healthy, To: health.Unhealthy, At: now, Began: now, Reason: health.Refused, Text: "connection refused", Down: now})
}

func (o *office) rises(check string) {
	now := time.Now()
	var down time.Time
	for _, e := range o.book.entries {
		if c := e.Change; c.Check == check && c.To == health.Unhealthy && c.Moved() {
			down = c.Began
		}
	}
	o.town.turn(check, health.Healthy)
	o.book.append(health.Change{Check: check, From: health.Unhealthy, To: health.Healthy, At: now, Began: now, Outage: health.Duration(now.Sub(down))})
}

// marks writes something that moves nothing.
func (o *office) marks(check string, m health.Mark) {
	st, now := o.town.Check(check), time.Now()
	o.book.append(health.Change{
		Check: check, From: st.Status, To: st.Status, At: now, Began: now, Mark: m, By: "192.0.2.7", Text: "for the 2nd time", Down: st.Down, Since: st.Since,
	})
}

func (t *town) turn(check string, to health.Status) {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := *t.states[check]
	st.Status, st.Passes, st.Down, st.Since = to, 0, time.Time{}, time.Now()
	if to == health.Unhealthy {
		st.Down = time.Now()
	}
	if to.Up() {
		st.Passes = 1
	}
	st.Last = &health.Result{Check: check, At: time.Now()}
	t.states[check] = &st
}
