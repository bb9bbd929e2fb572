package app

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A slowPauser takes its time, as a journal on a slow disk does.
type slowPauser struct {
	takes time.Duration

	mu     sync.Mutex
	paused []string
}

func (s *slowPauser) PauseAfterOutage(_ context.Context, check, why string) error {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = append(s.paused, check+" "+string(health.AfterOutage)+": "+why)
	return nil
}

// TestPatience: a check is paused once its outage has lasted longer than it lets
// it, and not if it recovers, ends or is paused before its turn comes.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowPauser{takes: time.Minute}
		p := newPatience(slog.New(slog.DiscardHandler))
		p.pauser = s
		ctx, stop := context.WithCancel(t.Context())
		go p.Run(ctx)
		state := func(name string, status health.Status, down time.Duration, overlays ...health.Overlay) {
			st := &health.State{Spec: &health.Spec{Name: name, PauseAfter: health.Duration(24 * time.Hour)}, Status: status, Overlays: overlays}
			if down > 0 {
				st.Down = time.Now().Add(-down)
			}
			p.Check(st)
		}
		state("young", health.Unhealthy, 23*time.Hour)
		state("first", health.Unhealthy, 25*time.Hour)
		synctest.Wait() // its turn is now, for a minute
		for _, name := range []string{"recovers", "goes", "pauses", "stays"} {
			state(name, health.Unhealthy, 24*time.Hour)
		}
		state("recovers", health.Healthy, 0)
		state("pauses", health.Unhealthy, 24*time.Hour, health.Paused)
		p.Uncheck("goes")
		p.Check(&health.State{Spec: &health.Spec{Name: "for ever"}, Status: health.Unhealthy, Down: time.Now().Add(-1000 * time.Hour)})
		time.Sleep(10 * time.Minute)
		stop()
		synctest.Wait()
		const words = " pause_after: down for longer than 24h"
		if want := []string{"first" + words, "stays" + words}; !slices.Equal(s.paused, want) {
			t.Errorf("paused %q, want %q", s.paused, want)
		}
	})
}
