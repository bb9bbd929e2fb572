package app

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func question(target string, timeout time.Duration) *health.Spec {
	spec := health.SpecFor(target)
	spec.Origin, spec.Timeout, spec.Interval = health.FromRequest, health.Duration(timeout), health.Duration(timeout+time.Second)
	spec.Thresholds = health.Thresholds{Unhealthy: 1, Healthy: 1}
	return &spec
}

// TestLiveQuestionsAreJudged: a server that is up, one that refuses, and one
// that takes the connection and says nothing, which is its fault and not ours.
func TestLiveQuestionsAreJudged(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	a := newQuietAsker()
	defer a.Close()
	l := newLive(a)
	for _, tt := range []struct {
		target  string
		verdict health.Verdict
		reason  health.Reason
	}{
		{"tcp://" + mute.Addr().String(), health.Pass, ""},
		{"tcp://127.0.0.1:1", health.Fail, health.Refused},
		{"http://" + mute.Addr().String(), health.Fail, health.Timeout},
	} {
		r := l.Ask(t.Context(), question(tt.target, 400*time.Millisecond), nil)
		if r.Verdict != tt.verdict || r.Reason != tt.reason {
			t.Errorf("%s: %s %s %q, want %s %s", tt.target, r.Verdict, r.Reason, r.Text, tt.verdict, tt.reason)
		}
	}
}

// TestListsShareTheTurns: however many ask for lists at once, no more questions
// are asked together than there are turns.
func TestListsShareTheTurns(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var open, most atomic.Int32
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { // holds the question until it gives up
				most.Store(max(most.Load(), open.Add(1)))
				_, _ = c.Read(make([]byte, 1024))
				_, _ = c.Read(make([]byte, 1))
				open.Add(-1)
				c.Close()
			}()
		}
	}()
	a := newQuietAsker()
	defer a.Close()
	a.shares.live = 4
	l := newLive(a)
	var lists sync.WaitGroup
	for range 6 {
		lists.Go(func() {
			specs := make([]*health.Spec, 8)
			for i := range specs {
				specs[i] = question("http://"+ln.Addr().String(), 100*time.Millisecond)
			}
			if tallies, err := l.Rounds(t.Context(), specs, 1, nil); err != nil || tallies[7].Failed != 1 {
				t.Errorf("tallies %v, error %v", tallies, err)
			}
		})
	}
	lists.Wait()
	if n := most.Load(); n > 8 { // the server notices a moment later that a caller has left
		t.Errorf("%d questions were asked at once, want about 4", n)
	}
	if len(l.free) != 0 {
		t.Errorf("%d turns were not given back", len(l.free))
	}
}
