package web

import (
	"context"
	"errors"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// A historyQueue asks a [History] one question at a time, in the order in which
// they come. A question takes a processor for up to a tenth of a second, and one
// of the journal's few connections: a crowd that looks at the past must take
// neither from those who watch and those who tell.
type historyQueue struct {
	history  History
	turn     chan struct{} // holds a value while somebody asks
	patience time.Duration // for one's turn
}

// historyPatience is for one question; a page asks a few before the time to
// write it is over.
const historyPatience = 4 * time.Second

var errCrowd = errors.New("too many look at the past at once")

func newHistoryQueue(h History) *historyQueue {
	return &historyQueue{history: h, turn: make(chan struct{}, 1), patience: historyPatience}
}

// enter waits for one's turn. Without an error, leave must be called once.
func (q *historyQueue) enter(ctx context.Context) error {
	patience := time.NewTimer(q.patience)
	defer patience.Stop()
	select {
	case q.turn <- struct{}{}:
		return nil
	case <-patience.C:
		return errCrowd
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *historyQueue) leave() { <-q.turn }

// Changes implements [History].
func (q *historyQueue) Changes(ctx context.Context, query event.Query) ([]event.Recorded, error) {
	if err := q.enter(ctx); err != nil {
		return nil, err
	}
	defer q.leave()
	return q.history.Changes(ctx, query)
}

// Latency implements [History].
func (q *historyQueue) Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error) {
	if err := q.enter(ctx); err != nil {
		return nil, err
	}
	defer q.leave()
	return q.history.Latency(ctx, check, from, until)
}

// tellBlind logs why the journal could not be read: not that a caller has gone,
// nor, once for each of them, that there is a crowd.
func (s *Server) tellBlind(ctx context.Context, err error, about ...any) {
	if !errors.Is(ctx.Err(), context.Canceled) && !errors.Is(err, errCrowd) {
		s.log.Warn("web: read journal", append(about, "err", err)...)
	}
}
