package heartbeat

import (
	"context"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A cable is a canary: while it is out, nobody elsewhere can be heard.
type cable struct {
	out  atomic.Bool
	took time.Duration // to look
	asks atomic.Int64
}

func (c *cable) Excuse(ctx context.Context, silent netip.Addr) (health.Reason, foreign.Text) {
	c.asks.Add(1)
	select {
	case <-time.After(c.took):
	case <-ctx.Done():
	}
	if silent.IsLoopback() || !c.out.Load() {
		return "", ""
	}
	return health.LocalNetwork, "eth0 has lost its carrier"
}

var (
	elsewhere = netip.MustParseAddr("10.9.0.7")
	here      = netip.MustParseAddr("127.0.0.1")
)

// wired runs a test with a cable.
func wired(t *testing.T, test func(s *shift, c *cable)) {
	on(t, func(s *shift) {
		c := &cable{}
		s.canary = c
		s.book.Canary = c
		test(s, c)
	})
}

// TestOurOwnLinkFails plays scripts, as TestSilence does: a signal is of a sender
// elsewhere, one in capitals of one on this machine.
func TestOurOwnLinkFails(t *testing.T) {
	for _, tt := range []struct{ name, script string }{
		{"while nothing is due", "0m finish, 10m cut, 50m mend, 66m pass, 67m silent"},
		{"when it is due", "0m finish, 58m cut, 62m mend, 66m pass, 127m pass, 129m silent"},
		{"it comes after the return", "0m finish, 58m cut, 62m mend, 63m finish, 129m pass, 130m silent"},
		{"for as long as it takes", "0m finish, 10m cut, 66m pass, 67m deaf, 48h deaf, 48h mend, 2945m pass, 2948m silent"},
		{"a sender on this machine is not excused", "0m FINISH, 58m cut, 66m pass, 67m silent"},
		{"nor one of whom nobody knows where", "0m finish, 1m proxied, 58m cut, 67m pass, 68m silent"},
		{"nor one who was silent before", "0m finish, 67m silent, 70m cut, 70m silent, 80m mend, 81m silent"},
		{"what a job says is believed", "0m fail, 10m cut, 10m failed, 80m failed, 90m mend, 90m failed"},
		{"a run that may end meanwhile", "0m start, 10m cut, 67m deaf, 70m mend, 135m pass, 137m unfinished"},
		{"heard while it seems cut", "0m finish, 58m cut, 62m finish, 67m pass, 127m pass, 129m deaf"},
		{"for a moment whenever it is due", "0m finish, 59m cut, 61m mend, 120m cut, 122m mend, 127m pass, 129m silent"},
		{"and a restart meanwhile", "0m finish, 58m cut, 70m restart, 200m deaf, 200m mend, 265m pass, 268m silent"},
		{"and a restart as it ends", "0m finish, 58m cut, 80m down, 81m mend, 82m up, 147m pass, 149m silent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wired(t, func(s *shift, c *cable) {
				for step := range strings.SplitSeq(tt.script, ", ") {
					late, word, _ := strings.Cut(step, " ")
					d, err := time.ParseDuration(late)
					if err != nil {
						t.Fatal(err)
					}
					s.until(d)
					switch word {
					case "cut", "mend":
						c.out.Store(word == "cut")
					case "finish", "start", "fail":
						s.beat(health.Beat{Signal: health.Signal(word), From: elsewhere})
					case "FINISH":
						s.beat(health.Beat{From: here})
					case "proxied":
						s.beat(health.Beat{})
					case "deaf":
						if r := s.ask(); r.Verdict != health.Indeterminate || r.Reason != health.LocalNetwork || r.Text != "eth0 has lost its carrier" || r.Answer == nil {
							t.Errorf("%s: %s %s (%s)", step, r.Verdict, r.Reason, r.Text)
						}
					default:
						s.play(step, word)
					}
				}
			})
		})
	}
}

// TestTheCanaryIsAskedWhenItMatters: neither about who was just heard, nor about
// who is silent already.
func TestTheCanaryIsAskedWhenItMatters(t *testing.T) {
	wired(t, func(s *shift, c *cable) {
		asked := func(until time.Duration) int64 {
			before := c.asks.Load()
			s.until(until)
			return c.asks.Load() - before
		}
		if n := asked(10 * time.Minute); n != 0 {
			t.Errorf("%d times about nobody", n)
		}
		s.beat(health.Beat{From: elsewhere})
		if n := asked(63 * time.Minute); n != 0 {
			t.Errorf("%d times before a signal may come", n)
		}
		if n := asked(76 * time.Minute); n < 10 {
			t.Errorf("%d times when one is due", n)
		}
		s.until(80 * time.Minute)
		if n := asked(200 * time.Minute); n != 0 {
			t.Errorf("%d times about who is silent", n)
		}
	})
}

// TestASignalWhileTheCanaryLooks: what came is believed, and not what was seen
// before.
func TestASignalWhileTheCanaryLooks(t *testing.T) {
	wired(t, func(s *shift, c *cable) {
		s.beat(health.Beat{From: elsewhere})
		s.until(66 * time.Minute)
		c.took = 900 * time.Millisecond
		time.Sleep(time.Minute)
		done := make(chan health.Result)
		go func() { done <- s.book.Ask(s.spec, time.Now()) }()
		synctest.Wait()
		s.beat(health.Beat{From: elsewhere})
		if r := <-done; r.Verdict != health.Pass {
			t.Errorf("%s %s", r.Verdict, r.Text)
		}
	})
}

// TestACanaryThatNeverAnswers is not waited for.
func TestACanaryThatNeverAnswers(t *testing.T) {
	wired(t, func(s *shift, c *cable) {
		s.beat(health.Beat{From: elsewhere})
		s.until(60 * time.Minute)
		c.took = time.Hour
		s.until(67 * time.Minute)
		began := time.Now()
		if r := s.ask(); r.Reason != health.NoHeartbeat || time.Since(began) > attention {
			t.Errorf("after %v: %s %s", time.Since(began), r.Verdict, r.Text)
		}
	})
}

// TestWhoSentItIsKept, and nobody is shown it who reads what was heard.
func TestWhoSentItIsKept(t *testing.T) {
	on(t, func(s *shift) {
		s.beat(health.Beat{Signal: health.Start, From: netip.MustParseAddr("::ffff:10.9.0.7")})
		s.play("", "restart")
		if b := s.ask().Answer.Beat; b.From != elsewhere {
			t.Errorf("after a restart it is from %v", b.From)
		}
		s.beat(health.Beat{})
		if kept := s.disk.value("beat/job"); strings.Contains(kept, "10.9") {
			t.Errorf("kept though the last is from nobody knows whom: %s", kept)
		}
	})
}
