package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

func TestRetryDelay(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 8: 128 * time.Second, 9: retryMost, 1 << 40: retryMost} {
		for range 100 {
			if d := retryDelay(tries); d < want*4/5 || d > want*6/5 {
				t.Errorf("after %d tries %v, want %v, a fifth more or less", tries, d, want)
			}
		}
	}
}

// TestBackoff: tries that were side by side count as one, a success opens the
// channel, and a wait that was asked for is kept all the same.
func TestBackoff(t *testing.T) {
	var b backoff
	for range 4 {
		b.fail(noon, 0)
	}
	if b.tries != 1 || b.until.Sub(noon) > 2*time.Second {
		t.Errorf("after four failures at once: %+v", b)
	}
	b.fail(noon.Add(10*time.Second), 0)
	if b.tries != 2 {
		t.Errorf("after another: %+v", b)
	}
	b.succeed()
	if b.tries != 0 || !b.until.IsZero() {
		t.Errorf("after a success: %+v", b)
	}
	b.fail(noon, time.Minute)
	b.fail(noon, 30*time.Second)
	b.succeed()
	if b.tries != 0 || !b.until.Equal(noon.Add(time.Minute)) {
		t.Errorf("after a success of one that was side by side: %+v", b)
	}
}

// TestFails: what an error means for the next try.
func TestFails(t *testing.T) {
	doubtful := &Failure{Err: errRefused, Doubtful: true, After: time.Minute}
	tests := []struct {
		err  error
		want Failure
	}{
		{nil, Failure{}},
		{errRefused, Failure{Err: errRefused}},
		{doubtful, *doubtful},
		{fmt.Errorf("send: %w", doubtful), *doubtful},
	}
	for _, tt := range tests {
		if got := Fails(tt.err); got != tt.want {
			t.Errorf("%v means %+v, want %+v", tt.err, got, tt.want)
		}
	}
	if err := fmt.Errorf("send: %w", doubtful); !errors.Is(err, errRefused) || err.Error() != "send: connection refused" {
		t.Errorf("it reads %v", err)
	}
}

// TestADossierStaysSmall, whatever strangers write and however much happens.
func TestADossierStaysSmall(t *testing.T) {
	p := newPlay(t, "shop", every)
	long := foreign.Text(strings.Repeat("\x01é€", 1<<16))
	p.perform("0s U>H, 1s off")
	for i := range 200 {
		at := noon.Add(time.Duration(i) * time.Minute)
		for n, c := range []health.Change{
			{From: health.Healthy, To: health.Unhealthy, Reason: health.Refused},
			{From: health.Unhealthy, To: health.Unhealthy, Overlay: health.Paused, Overlays: []health.Overlay{health.Paused}},
			{From: health.Unhealthy, To: health.Unhealthy, Overlay: health.Flapping, Overlays: []health.Overlay{health.Paused, health.Flapping}},
			{From: health.Unhealthy, To: health.Healthy, Outage: health.Duration(time.Second)},
		} {
			c.Check, c.Text, c.By, c.At, c.Began = "shop", long, long, at, at
			e := event.Entry{Stream: "check/shop", Number: uint64(4*i + n + 1), At: at, Change: &c}
			p.d.observe(event.Recorded{Entry: e}, every, true, at)
			if kind, _ := p.d.next(at, every, p.facts); kind != "" && p.d.Try == nil {
				p.d.begin(p.d.compose(kind, "ops/test", every, at))
			}
			if text, err := json.Marshal(p.d); err != nil || len(text) > maxNote/2 {
				t.Fatalf("%d bytes after %d changes, %v", len(text), 4*i+n, err)
			}
		}
	}
	if p.d.Past.Count < 100 || len(p.d.Past.Outages) != maxOutages {
		t.Errorf("%d outages, of which %d are named", p.d.Past.Count, len(p.d.Past.Outages))
	}
}

func TestTextIsCutBetweenRunes(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("a", maxKept), strings.Repeat("é", maxKept), "a" + strings.Repeat("€", maxKept), strings.Repeat("\xff", 2*maxKept)} {
		got := cut(foreign.Text(text))
		if len(got) > maxKept || len(got) < min(len(text), maxKept-3) || !strings.HasPrefix(text, string(got)) {
			t.Errorf("%d bytes are cut to %d", len(text), len(got))
		}
		if r := []rune(got); len(r) > 0 && r[len(r)-1] == '\uFFFD' && text[0] != '\xff' {
			t.Errorf("%.10q is cut within a rune", text)
		}
	}
}
