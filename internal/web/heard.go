package web

import (
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// beatOfResult returns the newest heartbeat that a result tells of; nil when
// there is none.
func beatOfResult(r *health.Result) *health.Beat {
	if r == nil || r.Answer == nil {
		return nil
	}
	return r.Answer.Beat
}

// tookText says how long the last answer took; of heartbeats, the last run.
func tookText(st *health.State) string {
	if !isPush(st.Spec) {
		return took(time.Duration(st.Last.Took))
	}
	if b := beatOfResult(st.Last); b != nil && b.Took > 0 {
		return "ran " + runWords(time.Duration(b.Took))
	}
	return ""
}

// heardCell says what a sender of heartbeats was heard to say, when all is well.
func heardCell(r *health.Result) cell {
	switch b := beatOfResult(r); {
	case b == nil:
		return cell{Text: "not heard yet", Class: unclear.Class}
	case !b.Started.IsZero():
		return cell{Text: "running"}
	}
	return cell{Text: "heard"}
}

// beatFacts tell of heartbeats: what was heard, and when the next is due.
func (c *composer) beatFacts(st *health.State) []fact {
	if !isPush(st.Spec) {
		return nil
	}
	b := beatOfResult(st.Last)
	if b == nil {
		return []fact{{Name: "last heartbeat", Value: "none yet"}}
	}
	facts := []fact{{Name: "running since", Time: at(b.Started, c.now)}}
	if b.Signal != "" {
		facts = append(facts, fact{Name: "last heartbeat", Time: at(b.At, c.now)}, fact{Name: "it said", Value: beatWords(b)})
	}
	if b.Took > 0 {
		facts = append(facts, fact{Name: "it ran for", Value: runWords(time.Duration(b.Took))})
	}
	if due := dueAfter(st.Spec, b); !due.IsZero() {
		when := map[bool]string{true: "was due", false: "next is due"}[due.Before(c.now)]
		facts = append(facts, fact{Name: when, Time: at(due, c.now)}, fact{Name: "missing from", Time: at(due.Add(time.Duration(st.Spec.Grace)), c.now)})
	}
	return facts
}

// dueAfter returns when the heartbeat after one is due; the zero Time while a run
// goes on, or before the first.
func dueAfter(s *health.Spec, b *health.Beat) time.Time {
	if b.At.IsZero() || !b.Started.IsZero() {
		return time.Time{}
	}
	return b.At.Add(time.Duration(s.Period))
}

// runWords says how long a run took.
func runWords(d time.Duration) string {
	if d < 2*time.Second {
		return took(d)
	}
	return lasted(d)
}

// beatWords says what a heartbeat said.
func beatWords(b *health.Beat) string {
	text := map[health.Signal]string{health.Start: "a run began", health.Finish: "alive", health.Failed: "a run failed"}[b.Signal]
	if b.Signal == health.Finish && b.Took > 0 {
		text = "a run ended well"
	}
	if b.Code != 0 {
		text += fmt.Sprintf(", exit code %d", b.Code)
	}
	if b.Text != "" {
		text += ": " + b.Text.Clip(200)
	}
	return text
}
