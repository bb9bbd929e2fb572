package journal

import (
	"context"
	"math"
	"time"
)

// A Retention says how much a journal keeps. Whatever it says, this stays:
//
//   - the newest entry of every stream, and the newest that is older than Age,
//     so that it is known what held when the time that is kept began;
//   - of every check, the newest entry in the view of states, and the beginning
//     of an outage that is not over;
//   - what some reader has not read yet, until it is twice as old or twice as
//     many are newer: a reader that never comes back does not fill the disk.
type Retention struct {
	Age     time.Duration // of entries and response times; 0: any
	Entries int           // how many of the newest; 0: any number
	Latency int           // how many stretches of response times; 0: any number
}

// A sweep is one pass over a journal's oldest entries.
type sweep struct {
	before string // drops entries of an earlier time, as row.at
	upTo   int64  // and up to this sequence number
	most   int    // and looks at no more than so many
}

// A pruner is an engine whose entries are dropped.
type pruner interface {
	// slowest returns how far all readers have come, and the end without any.
	slowest(ctx context.Context) (int64, error)
	// count returns how many entries there are.
	count(ctx context.Context) (int, error)
	// sweep drops what a sweep says, but nothing that has to stay, and returns
	// how many entries that were.
	sweep(ctx context.Context, s sweep) (int, error)
}

// everything is after the time of every entry.
const everything = "A"

// entries drops the entries of an engine that are too many or too old.
func (keep Retention) entries(ctx context.Context, p pruner, now time.Time) (dropped int, err error) {
	read, err := p.slowest(ctx)
	if err != nil {
		return 0, err
	}
	for _, pass := range []struct {
		upTo  int64
		times int // what is kept
	}{{read, 1}, {math.MaxInt64, 2}} {
		for _, f := range []func(context.Context, pruner, sweep, time.Time, int) (int, error){keep.old, keep.many} {
			n, err := f(ctx, p, sweep{everything, pass.upTo, math.MaxInt}, now, pass.times)
			dropped += n
			if err != nil {
				return dropped, err
			}
		}
	}
	return dropped, nil
}

func (keep Retention) old(ctx context.Context, p pruner, s sweep, now time.Time, times int) (int, error) {
	if keep.Age <= 0 {
		return 0, nil
	}
	s.before = bound(now.Add(-time.Duration(times) * keep.Age))
	return p.sweep(ctx, s)
}

func (keep Retention) many(ctx context.Context, p pruner, s sweep, _ time.Time, times int) (int, error) {
	if keep.Entries <= 0 {
		return 0, nil
	}
	n, err := p.count(ctx)
	if err != nil || n <= times*keep.Entries {
		return 0, err
	}
	s.most = n - times*keep.Entries
	return p.sweep(ctx, s)
}
