package probe

import (
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// A nurse hears heartbeats, and remembers whom it was asked about.
type nurse struct {
	asked []string
	told  health.Result
}

func (n *nurse) Ask(spec *health.Spec, now time.Time) health.Result {
	if time.Since(now) > time.Minute {
		return health.Result{Verdict: health.Indeterminate}
	}
	n.asked = append(n.asked, spec.Name)
	return n.told
}

// TestPush: a check of push asks who hears, and nobody else.
func TestPush(t *testing.T) {
	beat := &health.Beat{Signal: health.Failed, Took: health.Duration(time.Hour)}
	n := &nurse{told: health.Result{Verdict: health.Fail, Reason: health.JobFailed, Text: "failed", Answer: &health.Answer{Beat: beat}}}
	spec := health.Spec{Name: "nightly.backup", Target: "push://nightly.backup", Period: health.Duration(24 * time.Hour)}.WithDefaults(health.DefaultProfile())
	probe, wrong := New(&spec, Env{Heartbeats: n})
	if wrong != nil {
		t.Fatal(wrong)
	}
	if r := probe(t.Context()); r != n.told || r.Took != 0 {
		t.Errorf("told %+v", r)
	}
	if len(n.asked) != 1 || n.asked[0] != spec.Name {
		t.Errorf("asked about %q", n.asked)
	}
}

// TestPushWhereNobodyHears: a command that asks once cannot.
func TestPushWhereNobodyHears(t *testing.T) {
	spec := health.Spec{Name: "backup", Target: "push://backup", Period: health.Duration(time.Hour)}
	probe, wrong := New(&spec, Env{Net: reach.New(reach.Options{})})
	if probe != nil || len(wrong) != 1 || wrong[0].Field != "target" || wrong[0].Reason != "a heartbeat can only be heard by serve" || wrong[0].Hint == "" {
		t.Errorf("%+v", wrong)
	}
}
