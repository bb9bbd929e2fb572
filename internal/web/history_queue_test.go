package web

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// A slowHistory takes a second for each question, and counts who asks at once.
type slowHistory struct{ asking, most, asked atomic.Int32 }

func (h *slowHistory) ask() {
	h.most.Store(max(h.most.Load(), h.asking.Add(1)))
	time.Sleep(time.Second)
	h.asking.Add(-1)
	h.asked.Add(1)
}

func (h *slowHistory) Changes(context.Context, event.Query) ([]event.Recorded, error) {
	h.ask()
	return nil, nil
}

func (h *slowHistory) Latency(context.Context, string, time.Time, time.Time) ([]history.Latency, error) {
	h.ask()
	return nil, nil
}

// TestACrowdAsksOneByOne: a hundred who look at a check's past at once have one
// processor and one connection among them, and who would wait too long is told
// so.
func TestACrowdAsksOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slowHistory{}
		q := newHistoryQueue(h)
		begun := time.Now()
		errs := make(chan error, 100)
		for i := range 100 {
			go func() {
				var err error
				if i%2 == 0 {
					_, err = q.Changes(t.Context(), event.Query{})
				} else {
					_, err = q.Latency(t.Context(), "api", time.Time{}, time.Time{})
				}
				errs <- err
			}()
		}
		crowd := 0
		for range 100 {
			if err := <-errs; errors.Is(err, errCrowd) {
				crowd++
			} else if err != nil {
				t.Error(err)
			}
		}
		took := time.Since(begun)
		if n := int(h.asked.Load()); h.most.Load() != 1 || n+crowd != 100 || n < 4 || n > 5 || took > historyPatience+time.Second {
			t.Errorf("%d were answered, %d at once, and %d refused, within %v", n, h.most.Load(), crowd, took)
		}
	})
}

// TestWhoHasGoneLeavesTheQueue and keeps nobody from his turn.
func TestWhoHasGoneLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &slowHistory{}
		q := newHistoryQueue(h)
		go q.Changes(t.Context(), event.Query{})
		synctest.Wait()
		gone, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := q.Changes(gone, event.Query{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who has gone: %v", err)
		}
		if _, err := q.Changes(t.Context(), event.Query{}); err != nil {
			t.Errorf("the next: %v", err)
		}
		if n := h.asked.Load(); n != 2 {
			t.Errorf("%d questions were asked, want 2", n)
		}
	})
}
