package watch

import (
	"context"
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// doubt makes a failure void that was our own fault: when we were held up, and
// when the target was silent and the canary is, too. Whoever says that it failed
// has been heard. Heartbeats that were not heard while we were held up may have
// come; what the canary hears says nothing about them.
func (c *Checks) doubt(ctx context.Context, q *question, r *health.Result) {
	if r.Reason == health.JobFailed {
		return
	}
	if reason, text := q.pulse.excuse(c.heart.now(time.Now()), q.timeout(), time.Duration(r.Took)); reason != "" {
		c.counts.void.Add(1)
		void(r, reason, text)
		return
	}
	if reason, text := excuse(ctx, c.Canary, q.addr, r); reason != "" {
		c.counts.excused.Add(1)
		void(r, reason, text)
	}
}

// void has a failure say nothing about its target.
func void(r *health.Result, reason health.Reason, text foreign.Text) {
	r.Verdict, r.Reason, r.Text = health.Indeterminate, reason, text
}

// excuse returns why a silence proves nothing by what the canary hears, "" when
// it does, and for a failure that is no silence. The address is the one that the
// target names, if it does; the one that was silent is better known.
func excuse(ctx context.Context, canary Canary, addr netip.Addr, r *health.Result) (health.Reason, foreign.Text) {
	if canary == nil || !r.Reason.Silent() {
		return "", ""
	}
	if r.Answer != nil && r.Answer.Address.IsValid() {
		addr = r.Answer.Address.Addr()
	}
	if addr.IsLoopback() {
		return "", ""
	}
	return canary.Excuse(ctx, addr)
}

// literal returns the address that a target names; invalid when it does not.
func literal(t health.Target) netip.Addr {
	addr, _ := t.Addr()
	return addr.Addr()
}
