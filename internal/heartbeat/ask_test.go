package heartbeat

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestSilence plays scripts: what happens at which time, and what the check is
// told then. The sender is due every hour, six minutes late at most.
func TestSilence(t *testing.T) {
	for _, tt := range []struct{ name, script string }{
		{"who is never heard has its time from when it is first asked for", "0m ask, 66m pass, 67m silent, 48h silent"},
		{"every signal begins it anew", "0m finish, 60m pass, 66m finish, 132m pass, 133m silent"},
		{"silence ends by a signal", "0m finish, 67m silent, 70m finish, 70m pass, 136m pass, 137m silent"},
		{"and by a start", "0m finish, 67m silent, 70m start, 70m pass, 136m pass, 137m unfinished"},
		{"a signal without a word means a finish", "0m alive, 66m pass, 67m silent"},

		{"a run may take its time", "0m start, 66m pass, 67m unfinished, 68m finish, 68m pass, 134m pass, 135m silent"},
		{"one that ends late after one that ended early", "0m start, 1m finish, 60m start, 119m pass, 119m finish, 185m pass, 186m silent"},
		{"who begins again and again and never ends", "0m start, 30m start, 60m start, 66m pass, 67m unfinished, 90m start, 90m unfinished, 91m finish, 91m pass"},
		{"a run that fails", "0m start, 5m fail, 5m failed, 60m start, 60m failed, 61m finish, 61m pass"},
		{"failed for as long as nobody says otherwise", "0m fail, 0m failed, 80h failed, 81h finish, 81h pass"},
		{"a finish with an exit code is a failure", "0m exit3, 0m failed, 1m finish, 1m pass"},

		{"a restart", "0m finish, 40m restart, 66m pass, 67m silent, 68m restart, 69m silent"},
		{"a restart before anything was heard", "0m ask, 40m restart, 66m pass, 67m silent"},
		{"a restart in a run", "0m start, 40m restart, 106m pass, 107m unfinished, 108m restart, 109m unfinished, 110m finish, 110m pass"},
		{"a restart after a failure", "0m fail, 40m restart, 41m failed"},

		{"away while nothing was due", "0m finish, 10m down, 50m up, 66m pass, 67m silent"},
		{"away when it was due", "0m finish, 50m down, 62m up, 67m pass, 128m pass, 129m silent"},
		{"away when it was due early", "0m finish, 30m down, 55m up, 121m pass, 122m silent"},
		{"away when it was overdue", "0m finish, 66m down, 68m up, 134m pass, 135m silent"},
		{"away for long", "0m finish, 10m down, 9h up, 606m pass, 607m silent"},
		{"away after silence", "0m finish, 67m silent, 70m down, 80m up, 80m silent"},
		{"away, and heard afterwards", "0m finish, 50m down, 70m up, 71m finish, 137m pass, 138m silent"},
		{"away, and away again", "0m finish, 59m down, 61m up, 62m restart, 127m pass, 128m silent"},
		{"away for a moment whenever it is due", "0m finish, 60m restart, 120m restart, 126m pass, 127m silent"},
		{"the same of who is well", "0m finish, 59m restart, 60m finish, 119m restart, 120m finish, 186m pass, 187m silent"},
		{"away for long whenever it is due", "0m finish, 55m down, 65m up, 120m down, 130m up, 196m pass, 197m silent"},
		{"away for a moment in a run, and again", "0m start, 30m restart, 60m restart, 96m pass, 97m unfinished"},
		{"away while it ran", "0m start, 10m down, 20m up, 86m pass, 87m unfinished"},
		{"away before anything was heard", "0m ask, 50m down, 62m up, 128m pass, 129m silent"},

		{"paused while nothing was due", "0m finish, 10m pause, 50m resume, 66m pass, 67m silent"},
		{"paused when it was due", "0m finish, 10m pause, 30h resume, 1866m pass, 1867m silent"},
		{"paused, and heard meanwhile", "0m finish, 10m pause, 70m finish, 90m resume, 136m pass, 137m silent"},
		{"paused after silence", "0m finish, 67m silent, 70m pause, 30h resume, 30h silent"},
		{"paused over a restart", "0m finish, 10m pause, 20m restart, 30h resume, 1866m pass, 1867m silent"},

		{"a longer period", "0m finish, 67m silent, 68m longer, 68m pass, 126m pass, 127m silent"},
		{"a shorter period", "0m finish, 40m shorter, 40m silent, 41m finish, 41m pass, 77m pass, 78m silent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on(t, func(s *shift) {
				for _, step := range strings.Split(tt.script, ", ") {
					late, word, _ := strings.Cut(step, " ")
					d, err := time.ParseDuration(late)
					if err != nil {
						t.Fatal(err)
					}
					s.until(d)
					s.play(step, word)
				}
			})
		})
	}
}

// play does one step of a script.
func (s *shift) play(step, word string) {
	switch word {
	case "ask":
		s.ask()
	case "start", "finish", "fail":
		s.beat(health.Beat{Signal: health.Signal(word)})
	case "alive":
		s.beat(health.Beat{})
	case "exit3":
		s.beat(health.Beat{Code: 3})
	case "pause", "resume":
		s.off = word == "pause"
	case "longer", "shorter":
		spec := *s.spec
		spec.Period = map[string]health.Duration{"longer": 2 * spec.Period, "shorter": spec.Period / 2}[word]
		s.spec = &spec
	case "restart":
		s.play(step, "down")
		s.play(step, "up")
	case "down":
		s.kill()
		s.left = time.Now().Round(0) // a process leaves no more than the wall clock's time
	case "up":
		s.start()
		s.book.Away(s.left, time.Now())
	default:
		s.demand(step, word)
	}
}

// demand compares what the check is told.
func (s *shift) demand(step, word string) {
	want := map[string]health.Reason{"pass": "", "silent": health.NoHeartbeat, "unfinished": health.NoHeartbeat, "failed": health.JobFailed}
	reason, known := want[word]
	r := s.ask()
	if !known || r.Reason != reason || (reason == "") != (r.Verdict == health.Pass) || reason != "" && r.Verdict != health.Fail {
		s.t.Errorf("%s: %s %s (%s)", step, r.Verdict, r.Reason, r.Text)
	}
	if unfinished := strings.Contains(string(r.Text), "not finished"); unfinished != (word == "unfinished") {
		s.t.Errorf("%s: %s", step, r.Text)
	}
}

func TestWhatIsSaidOfSilence(t *testing.T) {
	on(t, func(s *shift) {
		at := func(d time.Duration) string { return s.began.Add(d).UTC().Format(time.RFC3339) }
		tell := func(want string) {
			t.Helper()
			if r := s.ask(); string(r.Text) != want {
				t.Errorf("%s\nwant %s", r.Text, want)
			}
		}
		tell("no heartbeat yet: the first is awaited until " + at(66*time.Minute))
		s.until(67 * time.Minute)
		tell("no heartbeat was ever heard, and one is awaited since " + at(0) + ": the first was due at " + at(60*time.Minute) + ", 6m0s late at most")
		s.beat(health.Beat{Signal: health.Start})
		tell("")
		s.until(180 * time.Minute)
		tell("started at " + at(67*time.Minute) + " and not finished since: the end was due at " + at(127*time.Minute) + ", 6m0s late at most")
		s.beat(health.Beat{Signal: health.Failed, Code: 2, Text: "tar: \x1b[31mno space"})
		tell("failed at " + at(180*time.Minute) + " after 1h53m0s with exit code 2: tar: \x1b[31mno space")
		s.beat(health.Beat{Signal: health.Failed})
		tell("failed at " + at(180*time.Minute) + " after 1h53m0s") // sent again
		s.beat(health.Beat{Took: health.Duration(1234567890)})
		s.until(247 * time.Minute)
		tell("no heartbeat since " + at(180*time.Minute) + " (it ran for 1.235s): the next was due at " + at(240*time.Minute) + ", 6m0s late at most")
		s.beat(health.Beat{Signal: health.Start})
		s.until(314 * time.Minute)
		tell("started at " + at(247*time.Minute) + " and not finished since (the run before took 1.235s): the end was due at " + at(307*time.Minute) + ", 6m0s late at most")
		s.beat(health.Beat{})
		s.until(370 * time.Minute)
		s.play("", "down")
		s.until(376 * time.Minute)
		s.play("", "up")
		s.until(443 * time.Minute)
		tell("no heartbeat since " + at(314*time.Minute) + " (it ran for 1h7m0s): the next was due at " + at(436*time.Minute) + ", 6m0s late at most, counted from " + at(376*time.Minute))
	})
}

// TestEvidence: what is shown of a run, which is another thing than the question.
func TestEvidence(t *testing.T) {
	on(t, func(s *shift) {
		if r := s.ask(); r.Answer != nil || r.Took != 0 {
			t.Errorf("evidence of nothing: %+v", r)
		}
		s.beat(health.Beat{Signal: health.Start, Text: "begins"})
		s.until(5 * time.Minute)
		r := s.ask()
		if b := r.Answer.Beat; b.Signal != health.Start || !b.At.Equal(s.began) || !b.Started.Equal(s.began) || b.Took != 0 {
			t.Errorf("in the first run: %+v", b)
		}
		s.beat(health.Beat{Signal: health.Finish, Text: "well"})
		first := s.ask().Answer
		if b := first.Beat; b.Signal != health.Finish || b.Took != health.Duration(5*time.Minute) || b.Text != "well" || !b.Started.IsZero() || !b.At.Equal(s.began.Add(5*time.Minute)) {
			t.Errorf("after it: %+v", b)
		}
		s.until(10 * time.Minute)
		s.beat(health.Beat{Signal: health.Start})
		if b := s.ask().Answer.Beat; b.Signal != health.Finish || b.Text != "well" || !b.Started.Equal(s.began.Add(10*time.Minute)) {
			t.Errorf("in the second run: %+v", b)
		}
		if !first.Beat.Started.IsZero() {
			t.Error("an answer that was given is changed")
		}
		if r := s.ask(); r.Took != 0 {
			t.Errorf("the question took %v", r.Took)
		}
	})
}

func TestAClockThatWasSetBack(t *testing.T) {
	for _, tt := range []struct {
		name    string
		ago     time.Duration // when the last signal was kept, by the clock as it is now
		silent  bool
		pending time.Duration // how long it may stay silent from now on
	}{
		{"kept in the past", 30 * time.Minute, false, 36 * time.Minute},
		{"kept in the future", -24 * 365 * time.Hour, false, 66 * time.Minute},
		{"kept in the future, and silent", -24 * 365 * time.Hour, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on(t, func(s *shift) {
				s.kill()
				at := time.Now().Add(-tt.ago).UTC().Format(time.RFC3339Nano)
				silent := ""
				if tt.silent {
					silent = `,"silent":"1h6m0s"`
				}
				s.disk.put("beat/job", fmt.Sprintf(`{"known":%q,"from":%[1]q,"beat":{"signal":"finish","at":%[1]q}%s}`, at, silent))
				s.start()
				s.until(max(tt.pending, 0))
				if r := s.ask(); (r.Verdict == health.Fail) != tt.silent {
					t.Errorf("at the end of its time: %s %s", r.Verdict, r.Text)
				}
				s.until(tt.pending + time.Minute)
				if r := s.ask(); r.Reason != health.NoHeartbeat {
					t.Errorf("after its time: %s %s", r.Verdict, r.Text)
				}
			})
		})
	}
}

// TestAClockThatIsBehindAtEveryStart: a machine that forgets the time is no
// reason to believe for ever that a job runs.
func TestAClockThatIsBehindAtEveryStart(t *testing.T) {
	on(t, func(s *shift) {
		s.kill()
		s.disk.put("beat/job", `{"known":"2999-01-01T00:00:00Z","from":"2999-01-01T00:00:00Z","beat":{"signal":"finish","at":"2999-01-01T00:00:00Z"}}`)
		for late := 20 * time.Minute; late <= 60*time.Minute; late += 20 * time.Minute {
			s.start()
			s.until(late)
			s.play("", "pass")
			s.kill()
		}
		s.start()
		s.until(67 * time.Minute)
		s.play("restarted thrice", "silent")
	})
}

// TestAnAbsenceByAClockThatWasSetBack: nobody knows how long it took.
func TestAnAbsenceByAClockThatWasSetBack(t *testing.T) {
	on(t, func(s *shift) {
		s.beat(health.Beat{})
		s.until(10 * time.Minute)
		s.kill()
		s.start()
		s.book.Away(time.Now().Add(3*time.Hour).Round(0), time.Now())
		s.until(76 * time.Minute)
		s.play("its whole time again", "pass")
		s.until(77 * time.Minute)
		s.play("and no more", "silent")
	})
}

// TestAWallClockThatJumps shows a running book wall clocks that go another way
// than time does.
func TestAWallClockThatJumps(t *testing.T) {
	on(t, func(s *shift) {
		s.beat(health.Beat{})
		s.until(10 * time.Minute)
		for _, by := range []time.Duration{-24 * time.Hour, 0, -time.Hour} { // of a time without the monotonic clock
			s.book.Ask(s.spec, time.Now().Add(by).Round(0))
		}
		s.until(200 * time.Minute)
		s.play("set back and forth", "silent")
	})
}
