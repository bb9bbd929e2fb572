package probe

import (
	"context"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A question is asked over the addresses of a family.
type question func(ctx context.Context, family health.Family) health.Result

// overFamilies makes a probe of a question whose answer is more than a
// handshake. For both families the whole question is asked twice, the first
// time with half of the time, and the worse answer counts. Otherwise it is asked
// once, over the family that accepts connections; that the other no longer does
// is noticed.
func overFamilies(family health.Family, ask question) health.Probe {
	if family != health.FamilyBoth {
		return func(ctx context.Context) health.Result { return ask(ctx, family) }
	}
	return func(ctx context.Context) health.Result {
		half, cancel := within(ctx, 1, 2)
		four := ask(half, health.FamilyIPv4)
		cancel()
		six := ask(ctx, health.FamilyIPv6)
		if badness(six.Verdict) > badness(four.Verdict) {
			return named(health.FamilyIPv6, six)
		}
		return named(health.FamilyIPv4, four)
	}
}

// within returns a context that ends in a part of the time that ctx has left.
func within(ctx context.Context, part, of time.Duration) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)*part/of)
}

// badness orders verdicts: a family that is known to fail outweighs one that
// nobody can tell of.
func badness(v health.Verdict) int {
	return slices.Index([]health.Verdict{health.Pass, health.Warn, health.Indeterminate, health.Fail}, v)
}

// named says of which family a result is, if it has anything to say.
func named(f health.Family, r health.Result) health.Result {
	if r.Text != "" {
		r.Text = foreign.Text(f) + ": " + r.Text
	}
	return r
}
