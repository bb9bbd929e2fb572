package watch

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func TestARepeatedFailureIsLoggedNowAndThen(t *testing.T) {
	var c complaint
	at := time.Unix(1_700_000_000, 0)
	steps := []struct {
		after   time.Duration
		verdict health.Verdict
		reason  health.Reason
		news    bool
	}{
		{0, health.Fail, health.Refused, true},
		{5 * time.Second, health.Fail, health.Refused, false},
		{5 * time.Second, health.Fail, health.Timeout, true},
		{5 * time.Second, health.Pass, "", false},
		{5 * time.Second, health.Fail, health.Timeout, true},
		{repeatEvery, health.Fail, health.Timeout, true},
		{time.Second, health.Indeterminate, health.LocalFDs, true},
	}
	for i, s := range steps {
		at = at.Add(s.after)
		if got := c.news(&health.Result{Verdict: s.verdict, Reason: s.reason, At: at}); got != s.news {
			t.Errorf("step %d: news %v", i, got)
		}
	}
}

// TestAFloodOfFailuresIsSummedUp: some have a line each, the others one in ten
// seconds, and nothing is lost.
func TestAFloodOfFailuresIsSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets = 3000
		var out bytes.Buffer
		var checks []Check
		for i := range targets {
			checks = append(checks, Check{spec(name(i)), refuses})
		}
		l := &ledger{}
		c := &Checks{Sink: l, Log: slog.New(slog.NewTextHandler(&out, nil))}
		c.Set(checks)
		play(t, c, 25*time.Second)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) > maxLines+1 {
			t.Errorf("%d lines for %d failures", len(lines), targets)
		}
		told := 0
		for _, line := range lines {
			n := 1
			if _, after, ok := strings.Cut(line, "count="); ok {
				if _, err := fmt.Sscan(after, &n); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
			told += n
		}
		if told != targets {
			t.Errorf("%d of %d failures were told", told, targets)
		}
		if !strings.Contains(lines[0], "check did not pass") || !strings.Contains(lines[0], "reason=refused") {
			t.Errorf("first line: %s", lines[0])
		}
		if last := lines[len(lines)-1]; !strings.Contains(last, "more checks did not pass") || !strings.Contains(last, "check=t") {
			t.Errorf("last line: %s", last)
		}
	})
}

// TestWhatIsLeftUntoldIsToldAtTheEnd of Run.
func TestWhatIsLeftUntoldIsToldAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := &Checks{Sink: &ledger{}, Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})), Rounds: 1}
		var checks []Check
		for i := range maxLines + 2 {
			checks = append(checks, Check{spec(name(i)), refuses})
		}
		c.Set(append(checks, Check{spec("good"), passes}))
		play(t, c, time.Minute)
		if !strings.Contains(out.String(), "count=2") || strings.Count(out.String(), "level=DEBUG") != 1 {
			t.Errorf("logged:\n%s", out.String())
		}
	})
}
