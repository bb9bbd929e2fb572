package watch

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// Ask asks a check's question once, now, without any timetable, and returns the
// answer. It takes the check's timeout at most, from now on, and what the canary
// takes when the target was silent; the canary may be nil. A failure is looked
// at twice, as those of [Checks] are: it is void when this machine slept, its
// clock was set or we looked far too late, and when the canary is silent, too.
// When ctx ends before the answer is in, nobody waits for it any more: the
// result is void, for local_overload. Host is the observer's name. Safe for
// concurrent use.
func Ask(ctx context.Context, check Check, canary Canary, host string) health.Result {
	timeout, heart, began := time.Duration(check.Spec.Timeout), newHeart(), time.Now()
	asking, cancel := context.WithTimeout(ctx, timeout)
	r := check.Probe(asking)
	took := time.Since(began)
	cancel()
	r.Check, r.Observer, r.At, r.Took = check.Spec.Name, host, began, health.Duration(took)
	if r.Verdict == health.Fail && ctx.Err() == nil {
		doubtOnce(ctx, check.Spec, heart, canary, &r)
	}
	if r.Verdict == health.Fail && ctx.Err() != nil {
		void(&r, health.LocalOverload, "nobody waits for the answer any more")
	}
	return r
}

// doubtOnce makes the failure of a question void that was our own fault. The
// heart was made when it was asked, and has not beaten since: it knows of the
// clocks only.
func doubtOnce(ctx context.Context, spec *health.Spec, heart *heart, canary Canary, r *health.Result) {
	reason, text := pulse{}.excuse(heart.now(time.Now()), time.Duration(spec.Timeout), time.Duration(r.Took))
	if reason == "" {
		target, _ := health.ParseTarget(spec.Target) // whoever made the probe has parsed it
		reason, text = excuse(ctx, canary, literal(target), r)
	}
	if reason != "" {
		void(r, reason, text)
	}
}
