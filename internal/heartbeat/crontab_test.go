package heartbeat

import (
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A line is what a crontab sends at a time: start, finish or fail, with an exit
// code if it says one.
type line struct {
	at     time.Duration
	signal health.Signal
	code   int
}

// A view is what is seen of the sender at a time.
type view struct {
	at      time.Duration
	reason  health.Reason // "" for a pass
	took    time.Duration // of the last run
	running bool
}

// TestCrontabs plays what crontabs do to a check that is due every hour, six
// minutes late at most.
func TestCrontabs(t *testing.T) {
	const m = time.Minute
	for _, tt := range []struct {
		name  string
		lines []line
		views []view
	}{
		{"a finish alone, each hour: job && curl",
			[]line{{0, health.Finish, 0}, {60 * m, health.Finish, 0}, {125 * m, health.Finish, 0}},
			[]view{{59 * m, "", 0, false}, {191 * m, "", 0, false}, {192 * m, health.NoHeartbeat, 0, false}}},
		{"start and finish of the same run",
			[]line{{0, health.Start, 0}, {20 * m, health.Finish, 0}, {60 * m, health.Start, 0}, {85 * m, health.Finish, 0}},
			[]view{{10 * m, "", 0, true}, {30 * m, "", 20 * m, false}, {70 * m, "", 20 * m, true}, {90 * m, "", 25 * m, false}, {152 * m, health.NoHeartbeat, 25 * m, false}}},
		{"job; curl …?exit_code=$?",
			[]line{{0, health.Finish, 0}, {60 * m, health.Finish, 137}, {120 * m, health.Finish, 0}},
			[]view{{1 * m, "", 0, false}, {61 * m, health.JobFailed, 0, false}, {121 * m, "", 0, false}}},
		{"a run that fails takes its time too",
			[]line{{0, health.Start, 0}, {7 * m, "", 1}},
			[]view{{8 * m, health.JobFailed, 7 * m, false}}},
		{"runs that overlap: the end of one is the end of all that began",
			[]line{{0, health.Start, 0}, {60 * m, health.Start, 0}, {65 * m, health.Finish, 0}, {125 * m, health.Finish, 0}},
			[]view{{64 * m, "", 0, true}, {66 * m, "", 5 * m, false}, {126 * m, "", 0, false}, {192 * m, health.NoHeartbeat, 0, false}}},
		{"runs that overlap, and the second never ends",
			[]line{{0, health.Start, 0}, {60 * m, health.Start, 0}, {65 * m, health.Finish, 0}},
			[]view{{131 * m, "", 5 * m, false}, {132 * m, health.NoHeartbeat, 5 * m, false}}},
		{"a run longer than the period is missed, until it ends",
			[]line{{0, health.Start, 0}, {90 * m, health.Finish, 0}},
			[]view{{66 * m, "", 0, true}, {67 * m, health.NoHeartbeat, 0, true}, {91 * m, "", 90 * m, false}}},
		{"only starts: it never ends",
			[]line{{0, health.Start, 0}, {60 * m, health.Start, 0}, {120 * m, health.Start, 0}},
			[]view{{66 * m, "", 0, true}, {67 * m, health.NoHeartbeat, 0, true}, {121 * m, health.NoHeartbeat, 0, true}}},
		{"an end that curl sends again keeps its run time",
			[]line{{0, health.Start, 0}, {20 * m, health.Finish, 0}, {20*m + 5*time.Second, health.Finish, 0}, {20*m + 31*time.Second, health.Finish, 0}},
			[]view{{21 * m, "", 20 * m, false}}},
		{"another end, long after, has none",
			[]line{{0, health.Start, 0}, {20 * m, health.Finish, 0}, {22 * m, health.Finish, 0}},
			[]view{{23 * m, "", 0, false}}},
		{"a start that curl sends again is one run",
			[]line{{0, health.Start, 0}, {5 * time.Second, health.Start, 0}, {20 * m, health.Finish, 0}},
			[]view{{21 * m, "", 20*m - 5*time.Second, false}, {86 * m, "", 20*m - 5*time.Second, false}, {87 * m, health.NoHeartbeat, 20*m - 5*time.Second, false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on(t, func(s *shift) {
				lines := tt.lines
				for _, v := range tt.views {
					for len(lines) > 0 && lines[0].at <= v.at {
						s.until(lines[0].at)
						s.beat(health.Beat{Signal: lines[0].signal, Code: lines[0].code, At: time.Unix(0, 0)}) // the sender's clock is nobody's business
						lines = lines[1:]
					}
					s.until(v.at)
					r := s.ask()
					if b := r.Answer.Beat; r.Reason != v.reason || time.Duration(b.Took) != v.took || b.Started.IsZero() == v.running {
						t.Errorf("after %v: %s (%s), took %v, started %v; want %+v", v.at, r.Reason, r.Text, b.Took, b.Started, v)
					}
				}
			})
		})
	}
}
