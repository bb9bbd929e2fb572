package watch

import (
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// recall takes up an alert about ourselves that was on when the process before
// this one ended: it is not told again. Whom it blinded is known only when each
// check has been asked once; until then it does not end.
func (a *alarms) recall(head health.Change, alive time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, al := range a.all {
		if al.spec.Name != head.Check {
			continue
		}
		al.tracker.Recall(head, alive)
		if head.To != health.Unhealthy && head.To != health.Degrading {
			return
		}
		al.on, al.left, al.since = true, true, head.Began
		verdict := health.Fail
		if head.To == health.Degrading {
			verdict = health.Warn
		}
		al.last = &health.Result{
			Check: head.Check, Observer: a.host, At: head.Began, Verdict: verdict, Reason: al.reason, Text: head.Text,
		}
		a.sink.Check(al.state())
	}
}

// await takes how many checks will be asked that have not been.
func (a *alarms) await(checks int, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unheard = checks
	a.settle(now)
}

// hear takes it that one of them has been asked, or will not be.
func (a *alarms) hear(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unheard--
	a.settle(at)
}

// settle ends the alerts from before the start that no check is blind for, once
// all have been asked.
func (a *alarms) settle(at time.Time) {
	if a.unheard > 0 {
		return
	}
	for _, al := range a.all {
		if al.left {
			al.left = false
			a.endIfOver(al, at)
		}
	}
}
