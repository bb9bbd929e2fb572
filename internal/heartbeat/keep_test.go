package heartbeat

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestASignalThatCannotBeKept takes effect, says so, and is kept later.
func TestASignalThatCannotBeKept(t *testing.T) {
	on(t, func(s *shift) {
		s.beat(health.Beat{Signal: health.Failed})
		s.disk.set(true, false, false)
		heard, err := s.book.Beat(t.Context(), "job", health.Beat{Text: "well"})
		if err == nil || !strings.Contains(err.Error(), "keep heartbeat job: disk is full") || heard.Text != "well" {
			t.Errorf("heard %+v: %v", heard, err)
		}
		s.play("it took effect", "pass")
		s.until(time.Minute)
		if writes := s.disk.writes; writes > 2*60/5+10 {
			t.Errorf("tried %d times in a minute", writes)
		}
		s.disk.set(false, false, false)
		s.until(time.Minute + again + time.Second)
		if kept := s.disk.value("beat/job"); !strings.Contains(kept, `"text":"well"`) {
			t.Errorf("kept is %s", kept)
		}
		s.play("", "restart")
		s.play("after a restart", "pass")
	})
}

// TestAnAnswerThatIsLost: the store keeps a signal and does not get to say so.
func TestAnAnswerThatIsLost(t *testing.T) {
	on(t, func(s *shift) {
		s.beat(health.Beat{})
		s.disk.set(false, true, false)
		for range 3 {
			_, _ = s.book.Beat(t.Context(), "job", health.Beat{})
		}
		s.disk.set(false, false, false)
		s.beat(health.Beat{Text: "last"})
		if kept := s.disk.value("beat/job"); !strings.Contains(kept, "last") {
			t.Errorf("kept is %s", kept)
		}
	})
}

// TestAnotherWroteTheKey: what this book knows is newer.
func TestAnotherWroteTheKey(t *testing.T) {
	on(t, func(s *shift) {
		s.beat(health.Beat{})
		s.disk.put("beat/job", "nonsense")
		s.beat(health.Beat{Text: "ours"})
		if kept := s.disk.value("beat/job"); !strings.Contains(kept, "ours") {
			t.Errorf("kept is %s", kept)
		}
	})
}

// TestAJournalThatCannotBeReadAtFirst: nobody is silent, and nobody is alive,
// before it is known what was heard.
func TestAJournalThatCannotBeReadAtFirst(t *testing.T) {
	on(t, func(s *shift) {
		s.until(67 * time.Minute)
		s.play("", "silent")
		s.kill()
		s.disk.set(false, false, true)
		s.book = New(s.disk, slog.New(slog.DiscardHandler))
		if err := s.book.Load(t.Context()); err == nil {
			t.Error("read from a disk that cannot be")
		}
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(context.Background())
		go func() { done <- s.book.Run(ctx) }()
		s.until(68 * time.Minute)
		if r := s.ask(); r.Verdict != health.Indeterminate || !r.Reason.Local() || r.Text == "" {
			t.Errorf("before it is read: %s %s %s", r.Verdict, r.Reason, r.Text)
		}
		if _, err := s.book.Beat(t.Context(), "other", health.Beat{}); err == nil {
			t.Error("kept, though nobody knows its revision")
		}
		if r := s.book.Ask(hourly("other"), time.Now()); r.Verdict != health.Pass {
			t.Errorf("heard, and yet %s %s", r.Verdict, r.Text)
		}
		s.disk.set(false, false, false)
		s.until(69 * time.Minute)
		s.play("after it is read", "silent")
		synctest.Wait()
		if kept := s.disk.value("beat/other"); !strings.Contains(kept, "finish") {
			t.Errorf("kept is %q", kept)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestWhatIsDamagedIsLeftAlone(t *testing.T) {
	d := newDisk()
	d.put("beat/bad", `{"from":`)
	d.put("beat/good", `{"known":"2026-01-01T00:00:00Z","from":"2026-01-01T00:00:00Z","beat":{"signal":"fail","at":"2026-01-01T00:00:00Z"}}`)
	var log bytes.Buffer
	b := New(d, slog.New(slog.NewTextHandler(&log, nil)))
	if err := b.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "beat/bad") || strings.Contains(log.String(), "beat/good") {
		t.Errorf("the log says %s", log.String())
	}
	if r := b.Ask(hourly("good"), time.Now()); r.Reason != health.JobFailed {
		t.Errorf("the good one: %s %s", r.Verdict, r.Text)
	}
	if _, err := b.Beat(t.Context(), "bad", health.Beat{}); err != nil {
		t.Errorf("the damaged one, heard again: %v", err)
	}
}

func TestForget(t *testing.T) {
	on(t, func(s *shift) {
		if err := s.book.Forget(t.Context(), "nobody"); err != nil {
			t.Error(err)
		}
		s.beat(health.Beat{Signal: health.Failed})
		s.disk.set(true, false, false)
		if err := s.book.Forget(t.Context(), "job"); err == nil {
			t.Error("forgotten on a disk that is full")
		}
		s.disk.set(false, false, false)
		s.off = true
		s.until(again + time.Second)
		if kept := s.disk.value("beat/job"); kept != "" {
			t.Errorf("kept is %s", kept)
		}
		if r := s.ask(); r.Verdict != health.Pass || r.Answer != nil {
			t.Errorf("of the name's next: %s %s", r.Verdict, r.Text)
		}
		s.beat(health.Beat{Text: "anew"})
		if kept := s.disk.value("beat/job"); !strings.Contains(kept, "anew") {
			t.Errorf("kept is %s", kept)
		}
	})
}

// TestHeardWhileForgotten: the name is signed up again before the store is well.
func TestHeardWhileForgotten(t *testing.T) {
	on(t, func(s *shift) {
		s.beat(health.Beat{Signal: health.Failed, Text: "old"})
		s.disk.set(true, false, false)
		_ = s.book.Forget(t.Context(), "job")
		s.disk.set(false, false, false)
		if r := s.ask(); r.Verdict != health.Pass || r.Answer != nil {
			t.Errorf("%s %s %+v", r.Verdict, r.Text, r.Answer)
		}
		s.until(again + time.Second)
		if kept := s.disk.value("beat/job"); kept == "" || strings.Contains(kept, "old") {
			t.Errorf("kept is %q", kept)
		}
	})
}

// TestWhatNobodyAsksForIsForgotten in the end, and nothing else.
func TestWhatNobodyAsksForIsForgotten(t *testing.T) {
	on(t, func(s *shift) {
		s.beat(health.Beat{})
		if _, err := s.book.Beat(t.Context(), "orphan", health.Beat{}); err != nil {
			t.Error(err)
		}
		s.off = true
		s.until(idle - tidying)
		synctest.Wait()
		if s.disk.value("beat/orphan") == "" {
			t.Error("forgotten too soon")
		}
		s.ask()
		s.until(idle + 2*tidying)
		synctest.Wait()
		if kept := s.disk.value("beat/orphan"); kept != "" {
			t.Errorf("still kept: %s", kept)
		}
		if s.disk.value("beat/job") == "" {
			t.Error("forgotten, though somebody asked for it")
		}
	})
}
