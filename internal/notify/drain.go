package notify

import (
	"context"
	"time"
)

// A drainage is somebody who waits until nothing is due.
type drainage struct {
	ctx  context.Context // of whoever waits
	done chan struct{}
}

// Drain has the desk read the journal to its end, tell what is due by that, and
// returns nil when nothing is left that could be told now: a notice that was not
// taken is not waited for. When ctx ends first, Drain returns its error, and the
// desk goes on. It is for who is about to end [Desk.Run], after whoever writes the
// journal has ended: what the last entries tell would have to wait for the next
// start, or would be lost with a journal in memory. It waits for ctx when Run does
// not run. It is safe for concurrent use.
func (d *Desk) Drain(ctx context.Context) error {
	w := drainage{ctx, make(chan struct{})}
	select {
	case d.drains <- w:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// catchUp takes what the journal has up to its end, while nobody else reads.
func (d *Desk) catchUp(ctx context.Context) {
	for {
		entries, err := d.journal.Read(ctx, d.ledger.at, batchSize)
		if err != nil || len(entries) == 0 {
			return // the reader finds out what is wrong
		}
		d.take(page{entries: entries, at: entries[len(entries)-1].Cursor})
	}
}

// drained tells those who wait that nothing is left to tell now, if so.
func (d *Desk) drained(now time.Time) {
	if d.sending > 0 || len(d.line.files) > 0 && !now.Before(d.channel.until) {
		return
	}
	for _, w := range d.draining {
		close(w.done)
	}
	d.draining = nil
}
