package heartbeat

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

var (
	errFull     = errors.New("disk is full")
	errRevision = errors.New("it was changed meanwhile")
)

// A disk is a Store that fails when it is told to.
type disk struct {
	mu       sync.Mutex
	kept     map[string]event.Kept
	revision uint64
	full     bool // nothing can be kept
	mute     bool // what is kept is kept, but the answer is lost
	blind    bool // nothing can be read
	writes   int
}

func newDisk() *disk { return &disk{kept: map[string]event.Kept{}} }

func (d *disk) Keep(_ context.Context, key string, value []byte, revision uint64) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	switch {
	case d.full:
		return 0, errFull
	case d.kept[key].Revision != revision:
		return 0, errRevision
	case value == nil:
		delete(d.kept, key)
	default:
		d.revision++
		d.kept[key] = event.Kept{Key: key, Value: value, Revision: d.revision}
	}
	if d.mute {
		return 0, context.DeadlineExceeded
	}
	return d.kept[key].Revision, nil
}

func (d *disk) Kept(_ context.Context, prefix string) ([]event.Kept, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.blind {
		return nil, errFull
	}
	var found []event.Kept
	for _, key := range slices.Sorted(maps.Keys(d.kept)) {
		if strings.HasPrefix(key, prefix) {
			found = append(found, d.kept[key])
		}
	}
	return found, nil
}

func (d *disk) set(full, mute, blind bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full, d.mute, d.blind = full, mute, blind
}

// put writes what is no book's.
func (d *disk) put(key, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revision++
	d.kept[key] = event.Kept{Key: key, Value: []byte(value), Revision: d.revision}
}

func (d *disk) value(key string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(d.kept[key].Value)
}

// open makes a book over a store, as a restart does.
func open(t testing.TB, s Store) *Book {
	t.Helper()
	b := New(s, slog.New(slog.DiscardHandler))
	if err := b.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// hourly is a check whose sender is heard every hour, six minutes late at most.
func hourly(name string) *health.Spec {
	spec := health.Spec{Name: name, Target: "push://" + name, Period: health.Duration(time.Hour), Grace: health.Duration(6 * time.Minute)}
	spec = spec.WithDefaults(health.DefaultProfile())
	return &spec
}

// A shift is a book at work in virtual time: it is asked at the check's interval.
type shift struct {
	t     *testing.T
	disk  *disk
	book  *Book
	spec  *health.Spec
	began time.Time
	end   func()
	off   bool      // nobody asks
	left  time.Time // when the book was closed last

	canary Canary // of every book; nil: none
}

// on runs a test in virtual time, with a book at work.
func on(t *testing.T, test func(s *shift)) {
	synctest.Test(t, func(t *testing.T) {
		s := &shift{t: t, disk: newDisk(), spec: hourly("job"), began: time.Now(), end: func() {}}
		s.start()
		test(s)
		s.kill()
	})
}

// start opens the book and has it run.
func (s *shift) start() {
	s.book = open(s.t, s.disk)
	s.book.Canary = s.canary
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = s.book.Run(ctx) })
	s.end = func() { cancel(); done.Wait() }
}

// kill ends the book. What it had not kept when it was asked last is lost.
func (s *shift) kill() {
	synctest.Wait()
	kept := maps.Clone(s.disk.kept)
	s.end()
	s.disk.kept, s.book, s.end = kept, nil, func() {}
}

// until lets time go by until it is so late since the beginning.
func (s *shift) until(late time.Duration) {
	for at := s.began.Add(late); time.Now().Before(at); {
		time.Sleep(min(time.Duration(s.spec.Interval), time.Until(at)))
		if s.book != nil && !s.off {
			s.ask()
		}
	}
}

func (s *shift) ask() health.Result {
	r := s.book.Ask(s.spec, time.Now())
	synctest.Wait() // until it is kept
	return r
}

func (s *shift) beat(b health.Beat) health.Beat {
	s.t.Helper()
	heard, err := s.book.Beat(s.t.Context(), s.spec.Name, b)
	if err != nil {
		s.t.Errorf("%+v: %v", b, err)
	}
	return heard
}
