package notify

import (
	"context"
	"time"
)

// Run tells what happens until ctx ends, and returns ctx's error. Tries that are
// under way then have 5 s to end. What fails is logged and tried again. Run it
// when the Site knows the checks: one that it does not know has nobody to tell.
func (d *Desk) Run(ctx context.Context) error {
	for try := 0; ctx.Err() == nil; try++ {
		err := d.Begin(ctx)
		if err == nil {
			d.run(ctx)
			break
		}
		d.log.Warn("cannot begin to notify, trying again", "err", err, "try", try+1)
		sleep(ctx, min(firstDelay<<min(try, 10), maxDelay))
	}
	return ctx.Err()
}

// run is Run behind Begin.
func (d *Desk) run(ctx context.Context) {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	reader := follow(ctx, d.journal, d.ledger.at, d.log)
	defer func() { reader.stop() }()
	d.reviewAll()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		if d.serve(ctx, sending) {
			reader.stop() // the journal does not know our place: the reader finds another
			reader = follow(ctx, d.journal, d.ledger.at, d.log)
		}
		d.drained(time.Now())
		timer.Reset(d.rest(time.Now()))
		select {
		case <-ctx.Done():
		case p := <-reader.pages:
			d.take(p)
		case r := <-d.results:
			d.conclude(r)
		case w := <-d.drains:
			reader.stop() // what it has read and not handed over is read again
			d.catchUp(w.ctx)
			reader = follow(ctx, d.journal, d.ledger.at, d.log)
			d.draining = append(d.draining, w)
		case <-d.nudge:
			d.reviewAll()
		case <-timer.C:
			d.awake(time.Now())
		}
	}
	d.drain(cancel)
}

// drain waits for the tries that are under way, and commits what became of them.
// A sender that does not end in time is left alone: its notice is in doubt.
func (d *Desk) drain(cancel context.CancelFunc) {
	defer time.AfterFunc(drain, cancel).Stop()
	late := time.NewTimer(drain + lastCommit)
	defer late.Stop()
	for waiting := true; waiting && d.sending > 0; {
		select {
		case r := <-d.results:
			d.conclude(r)
		case <-late.C:
			waiting = false
		}
	}
	ctx, stop := context.WithTimeout(context.Background(), lastCommit)
	defer stop()
	if err := d.ledger.last(ctx, d.journal, d.reader); err != nil {
		d.log.Warn("place in the journal not committed: the newest notices will be repeated", "err", err)
	}
}
