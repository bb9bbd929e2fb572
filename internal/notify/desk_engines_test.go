package notify_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/notify"
)

// TestDeskOnEveryEngine: the whole way from a real journal to a sender, over
// restarts, with what it remembers in between.
func TestDeskOnEveryEngine(t *testing.T) {
	engines(t, func(t *testing.T, j journal.Journal) {
		sent := &senderOf{}
		stop := startDesk(t, j, sent)
		changes := []health.Change{
			{From: health.Unknown, To: health.Healthy},
			{From: health.Healthy, To: health.Unhealthy, Reason: health.Refused, Text: "connection\x00refused"},
			{From: health.Unhealthy, To: health.Healthy, Outage: health.Duration(time.Minute)},
			{From: health.Healthy, To: health.Unhealthy},
			{From: health.Unhealthy, To: health.Unhealthy, Overlay: health.Paused, Overlays: []health.Overlay{health.Paused}, By: "alice"},
			{From: health.Unhealthy, To: health.Unknown},
		}
		want := []notify.Kind{notify.Down, notify.Up, notify.Down, notify.PausedKind, notify.Closed}
		for i, c := range changes {
			c.Check, c.At, c.Began = "a", epoch.Add(time.Duration(i)*time.Minute), epoch.Add(time.Duration(i)*time.Minute)
			e := event.Entry{Stream: event.CheckStream("a"), Number: uint64(i + 1), At: c.At, Observer: "web-1", Change: &c}
			if outcomes, err := j.Append(t.Context(), []event.Entry{e}); err != nil || outcomes[0] != event.Stored {
				t.Fatal(outcomes, err)
			}
			eventually(t, "it is told", func() bool { return len(sent.kinds()) >= i })
			stop()
			stop = startDesk(t, j, sent)
		}
		stop()
		if got := sent.kinds(); !slices.Equal(got, want) {
			t.Errorf("told %v, want %v", got, want)
		}
	})
}

// A senderOf notes what it is to send.
type senderOf struct {
	mu      sync.Mutex
	notices []notify.Notice
}

func (s *senderOf) Send(_ context.Context, n notify.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notices = append(s.notices, n)
	return nil
}

func (s *senderOf) kinds() (all []notify.Kind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.notices {
		all = append(all, n.Kind)
	}
	return all
}

// A place is where every check is well and tells the route "ops".
type place struct{}

func (place) Check(name string) *health.State {
	return &health.State{Spec: &health.Spec{Name: name, Alerts: []string{"ops"}}}
}
func (place) LastGood(string) *health.Result { return nil }
func (place) Failing(int) ([]string, int)    { return nil, 0 }
func (place) Acknowledged(string) bool       { return false }
func (place) Page(string) string             { return "" }

func startDesk(t *testing.T, j journal.Journal, s notify.Sender) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	d := notify.NewDesk("ops/test", notify.Route{Name: "ops", Recovery: true}, j, place{}, s, silent)
	if err := d.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v, want context.Canceled", err)
		}
	}
}
