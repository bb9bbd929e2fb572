package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// Bounds of a Writer.
const (
	maxQueued = 32_768           // entries: three changes of each of ten thousand checks
	maxBytes  = 32 << 20         // of their JSON
	maxBatch  = 200              // entries per append
	drainTime = 10 * time.Second // for what is left when Run's context ends
)

// An Appender is what a Writer needs of a journal.
type Appender interface {
	Append(ctx context.Context, entries []event.Entry) ([]event.Outcome, error)
	Head(ctx context.Context, stream string) (event.Entry, bool, error)
}

// A Writer stands between those who notice things and the journal, so that
// they never wait for storage. Put takes entries without numbers into a
// bounded queue; Run, the one goroutine that owns the numbers of the streams,
// writes them in order and tries again for as long as it takes.
//
// An append whose answer got lost is repeated with the same numbers, so
// nothing is stored twice. When somebody else has written a stream meanwhile,
// its entries are numbered anew behind those.
type Writer struct {
	journal Appender
	log     *slog.Logger
	queue   *queue
	heads   map[string]uint64 // newest number given out per stream; Run's own

	written, dropped atomic.Uint64
	told             uint64 // drops that were logged; Run's own
	trouble          atomic.Pointer[error]
}

// NewWriter returns a writer to a journal. It needs Run to do anything but
// queue.
func NewWriter(journal Appender, log *slog.Logger) *Writer {
	return &Writer{journal: journal, log: log, queue: newQueue(maxQueued, maxBytes), heads: map[string]uint64{}}
}

// Put queues an entry and returns at once. It reports whether the entry was
// taken: not when the queue is full, when Run has ended, or when no journal
// would take the entry. The number is the writer's to give; what Change and
// Port point to must not be modified afterwards. Safe for concurrent use.
func (w *Writer) Put(e event.Entry) bool {
	r, err := encodeOne(e)
	if err != nil {
		w.log.Error("event cannot be journalled", "err", err)
	}
	if err != nil || !w.queue.put(e, len(r.body)) {
		w.dropped.Add(1)
		return false
	}
	return true
}

// Len returns how many entries are queued, those being written included.
func (w *Writer) Len() int { return w.queue.len() }

// Written returns how many entries have been stored by this writer.
func (w *Writer) Written() uint64 { return w.written.Load() }

// Dropped returns how many entries were lost: refused by Put, or left when Run
// gave up.
func (w *Writer) Dropped() uint64 { return w.dropped.Load() }

// Err returns why the journal could not be written at the last try, and nil
// while it can.
func (w *Writer) Err() error {
	if err := w.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// Run writes until ctx ends and then what is left in the queue, for at most
// ten seconds. It returns an error if entries were lost at the end. It must be
// called once; the journal must stay open until it returns.
func (w *Writer) Run(ctx context.Context) error {
	storing, cancel := outlive(ctx, drainTime)
	defer cancel()
	for {
		batch := w.queue.oldest(maxBatch)
		if len(batch) > 0 {
			if err := w.write(ctx, storing, batch); err != nil {
				return w.giveUp(err)
			}
			w.queue.remove(len(batch))
			w.written.Add(uint64(len(batch)))
			w.reportDrops()
			continue
		}
		if ctx.Err() != nil && w.queue.closeEmpty() {
			return nil
		}
		select {
		case <-w.queue.news:
		case <-ctx.Done():
		}
	}
}

// write stores a batch. It gives up only when storing ends.
func (w *Writer) write(ctx, storing context.Context, batch []event.Entry) error {
	for try := 1; ; try++ {
		var err error
		if batch, err = w.attempt(storing, batch); len(batch) == 0 {
			w.trouble.Store(nil)
			return nil
		}
		w.trouble.Store(&err)
		w.log.Warn("journal cannot be written, trying again", "err", err, "try", try, "queued", w.Len())
		w.reportDrops()
		if !pause(ctx, storing, delay(try)) {
			return err
		}
	}
}

// errOvertaken says that a stream has grown by another's hand.
var errOvertaken = errors.New("another writer has written to the same stream")

// attempt tries once to store a batch and returns what is left of it and why.
// What has a number keeps it, unless the number is known to be taken.
func (w *Writer) attempt(ctx context.Context, batch []event.Entry) ([]event.Entry, error) {
	if err := w.number(ctx, batch); err != nil {
		return batch, err
	}
	outcomes, err := w.journal.Append(ctx, batch)
	if err != nil {
		return batch, err
	}
	var left []event.Entry
	for i, e := range batch {
		if outcomes[i] == event.Conflict {
			delete(w.heads, e.Stream)
			e.Number = 0
			left = append(left, e)
		}
	}
	if len(left) > 0 {
		return left, fmt.Errorf("%w: %s", errOvertaken, left[0].Stream)
	}
	return nil, nil
}

// number gives numbers to the entries of a batch that have none.
func (w *Writer) number(ctx context.Context, batch []event.Entry) error {
	for i := range batch {
		e := &batch[i]
		if e.Number != 0 {
			continue
		}
		if _, known := w.heads[e.Stream]; !known {
			head, _, err := w.journal.Head(ctx, e.Stream)
			if err != nil {
				return err
			}
			w.heads[e.Stream] = head.Number
		}
		w.heads[e.Stream]++
		e.Number = w.heads[e.Stream]
	}
	return nil
}

// giveUp closes the queue and counts what is left in it as lost.
func (w *Writer) giveUp(err error) error {
	n := w.queue.close()
	w.dropped.Add(uint64(n))
	return fmt.Errorf("%d events may be missing from the journal: %w", n, err)
}

// reportDrops logs events lost since it last did.
func (w *Writer) reportDrops() {
	if n := w.dropped.Load(); n > w.told {
		w.log.Error("journal has lost events", "lost", n-w.told, "lost_in_all", n)
		w.told = n
	}
}
