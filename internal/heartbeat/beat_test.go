package heartbeat

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// TestWhatIsHeard: the answer to a signal.
func TestWhatIsHeard(t *testing.T) {
	const m = health.Duration(time.Minute)
	for _, tt := range []struct {
		name    string
		started time.Duration // before; 0: not at all
		beat    health.Beat
		want    health.Beat // without its time
	}{
		{"a bare one", 0, health.Beat{}, health.Beat{Signal: health.Finish}},
		{"a start", 0, health.Beat{Signal: health.Start, Text: "a"}, health.Beat{Signal: health.Start, Text: "a"}},
		{"a start knows no end", 0, health.Beat{Signal: health.Start, Took: m, Code: 1}, health.Beat{Signal: health.Start}},
		{"a finish after a start", 3 * time.Minute, health.Beat{Signal: health.Finish}, health.Beat{Signal: health.Finish, Took: 3 * m}},
		{"the sender knows better", 3 * time.Minute, health.Beat{Signal: health.Finish, Took: m}, health.Beat{Signal: health.Finish, Took: m}},
		{"a failure after a start", 3 * time.Minute, health.Beat{Signal: health.Failed, Text: "b"}, health.Beat{Signal: health.Failed, Took: 3 * m, Text: "b"}},
		{"no time at all", 0, health.Beat{Took: -1}, health.Beat{Signal: health.Finish}},
		{"an exit code", 0, health.Beat{Signal: health.Finish, Code: 137}, health.Beat{Signal: health.Failed, Code: 137}},
		{"an exit code below zero", 0, health.Beat{Code: -1}, health.Beat{Signal: health.Failed, Code: -1}},
		{"a failure without one", 0, health.Beat{Signal: health.Failed}, health.Beat{Signal: health.Failed}},
		{"another's clock", 0, health.Beat{At: time.Unix(1, 0), Started: time.Unix(1, 0)}, health.Beat{Signal: health.Finish}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on(t, func(s *shift) {
				if tt.started > 0 {
					s.beat(health.Beat{Signal: health.Start})
					s.until(tt.started)
				}
				now := time.Now()
				got := s.beat(tt.beat)
				if !got.At.Equal(now) || got.Signal == health.Start && !got.Started.Equal(now) || got.Signal != health.Start && !got.Started.IsZero() {
					t.Errorf("at %v, started %v", got.At, got.Started)
				}
				if got.At, got.Started = (time.Time{}), (time.Time{}); got != tt.want {
					t.Errorf("%+v, want %+v", got, tt.want)
				}
			})
		})
	}
}

func TestTheEndOfALongTextIsKept(t *testing.T) {
	for _, long := range []string{strings.Repeat("größe ", 5000) + "out of space", strings.Repeat("\x80", 9000) + "out of space"} {
		on(t, func(s *shift) {
			heard := s.beat(health.Beat{Signal: health.Failed, Text: foreign.Text(long)})
			if len(heard.Text) > maxText+len("…") || !strings.HasSuffix(string(heard.Text), "out of space") || !strings.HasPrefix(string(heard.Text), "…") {
				t.Errorf("%d bytes are kept: %q", len(heard.Text), heard.Text)
			}
			if utf8.ValidString(long) && !utf8.ValidString(string(heard.Text)) {
				t.Errorf("a character is cut: %q", heard.Text)
			}
			if r := s.ask(); len(r.Text) > 2*maxShown || !strings.HasSuffix(string(r.Text), "out of space") {
				t.Errorf("told in %d bytes: %q", len(r.Text), r.Text)
			}
		})
	}
}

func TestThereIsRoomForSoMany(t *testing.T) {
	b := open(t, newDisk())
	for i := range maxNames {
		if r := b.Ask(hourly(fmt.Sprintf("job-%d", i)), time.Now()); r.Verdict != health.Pass {
			t.Fatalf("number %d: %s %s", i, r.Verdict, r.Text)
		}
	}
	_, err := b.Beat(t.Context(), "one-more", health.Beat{})
	var full interface{ Full() bool }
	if !errors.Is(err, ErrFull) || !errors.As(err, &full) || !full.Full() {
		t.Errorf("a signal too many: %v", err)
	}
	if r := b.Ask(hourly("one-more"), time.Now()); r.Verdict != health.Indeterminate || !r.Reason.Local() {
		t.Errorf("a check too many: %s %s %s", r.Verdict, r.Reason, r.Text)
	}
	if _, err := b.Beat(t.Context(), "job-7", health.Beat{}); err != nil {
		t.Errorf("one that has room: %v", err)
	}
	if err := b.Forget(t.Context(), "job-7"); err != nil {
		t.Error(err)
	}
	if _, err := b.Beat(t.Context(), "one-more", health.Beat{}); err != nil {
		t.Errorf("in the room of another: %v", err)
	}
}

// TestManyAtOnce is for the race detector, and counts what is kept in the end.
func TestManyAtOnce(t *testing.T) {
	d := newDisk()
	b := open(t, d)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			name := fmt.Sprintf("job-%d", i%4)
			for n := range 100 {
				if _, err := b.Beat(t.Context(), name, health.Beat{Code: n % 3}); err != nil {
					t.Error(err)
				}
				b.Ask(hourly(name), time.Now())
				if n%50 == 0 {
					b.Away(time.Now(), time.Now())
				}
			}
		})
	}
	all.Wait()
	again := open(t, d)
	for i := range 4 {
		spec := hourly(fmt.Sprintf("job-%d", i))
		if was, is := b.Ask(spec, time.Now()), again.Ask(spec, time.Now()); was.Reason != is.Reason || !was.Answer.Beat.At.Equal(is.Answer.Beat.At) {
			t.Errorf("%s was %+v, and after a restart is %+v", spec.Name, was.Answer.Beat, is.Answer.Beat)
		}
	}
}
