package notify

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// A result is what became of a try.
type result struct {
	file *file
	err  error
	late bool // the time for it was over
}

// room returns how many notices may be sent side by side: one while the channel
// takes none.
func (d *Desk) room() int {
	if d.channel.tries > 0 {
		return 1
	}
	return slots
}

// serve commits what is to be remembered and sends what is due, as much as there
// is room for. It reports whether the journal does not know our place. What
// cannot be committed keeps nobody from being told.
func (d *Desk) serve(ctx, sending context.Context) (lost bool) {
	now := time.Now()
	var chosen []*file
	d.abide()
	for len(d.line.files) > 0 && d.sending+len(chosen) < d.room() && !now.Before(d.channel.until) {
		if f := d.line.pop(); d.prepare(f, now) {
			chosen = append(chosen, f)
			d.spend(now)
		}
	}
	lost = d.commit(ctx, now)
	if ctx.Err() != nil {
		return false // the next run makes the tries
	}
	for _, f := range chosen {
		d.sending++
		go d.send(sending, f, f.Try.Notice)
	}
	return lost
}

// abide spares the channel until there is something left of the route's allowance.
func (d *Desk) abide() {
	if a := d.route.Load().Allowance; a != nil {
		d.channel.rest(a.next())
	}
}

// spend takes it that a notice is about to be sent.
func (d *Desk) spend(now time.Time) {
	if a := d.route.Load().Allowance; a != nil {
		a.spend(now)
		d.abide()
	}
}

// prepare makes the notice that a file waits for, by what is so now. It reports
// whether there is still something to tell.
func (d *Desk) prepare(f *file, now time.Time) bool {
	r := *d.route.Load()
	facts := d.facts(f.Check, f.dossier)
	kind, wake := f.next(now, r, facts)
	defer d.count(f, true)
	f.inLine = false
	if kind == "" {
		if f.empty() {
			d.forget(f)
		} else {
			d.wakes.set(f, wake)
		}
		return false
	}
	if f.Try == nil {
		n := f.compose(kind, d.reader, r, now)
		d.describe(&n, now)
		f.begin(d.fixed(n))
		d.ledger.change(f)
	}
	f.busy = true
	return true
}

// maxNotice bounds, in bytes, what the answer of a target may add to a notice.
const maxNotice = maxNote / 4

// fixed returns a notice as it will be read from the journal, so that a try after
// a restart tells the very same. The last good answer is left out if it cannot
// be kept: all the rest has been in the journal before.
func (d *Desk) fixed(n Notice) Notice {
	var same Notice
	text, err := json.Marshal(n)
	if err == nil {
		err = json.Unmarshal(text, &same)
	}
	switch {
	case (err != nil || len(text) > maxNotice) && n.LastGood != nil:
		n.LastGood = nil
		return d.fixed(n)
	case err != nil:
		d.log.Error("a notice cannot be kept as it is", "key", safe(n.Key), "err", err)
		return n
	}
	return same
}

// send makes one try.
func (d *Desk) send(ctx context.Context, f *file, n Notice) {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err := d.sender.Send(ctx, n)
	d.results <- result{f, err, ctx.Err() != nil}
}

// conclude takes what became of a try.
func (d *Desk) conclude(r result) {
	now, f := time.Now(), r.file
	n := f.Try.Notice
	failure := Fails(r.err)
	if _, said := errors.AsType[*Failure](r.err); !said {
		failure.Doubtful = r.late // nobody says that it was not taken
	}
	d.sending--
	f.busy, f.behind = false, true // until it is reviewed
	switch {
	case r.err == nil:
		d.counts.told.Add(1)
		d.channel.succeed()
		d.trouble.Store(nil)
		f.tries, f.retry = 0, time.Time{}
		f.done(now)
	case failure.Permanent:
		d.park(n, failure.Err, now)
		d.spare(failure.After, now)
		f.tries, f.retry = 0, time.Time{}
		f.done(now)
	default:
		d.fail(f, failure, now)
	}
	d.ledger.change(f)
	d.review(f, now)
}

// fail takes it that a notice is to be sent again.
func (d *Desk) fail(f *file, failure Failure, now time.Time) {
	d.counts.failed.Add(1)
	d.trouble.Store(&failure.Err)
	d.channel.fail(now, failure.After)
	f.tries++
	f.retry = now.Add(retryDelay(f.tries))
	n := f.Try.Notice
	d.log.Warn("notice not taken, trying again", "key", safe(n.Key), "err", failure.Err, "try", f.tries, "doubtful", failure.Doubtful)
	if failure.Doubtful {
		f.doubt()
	}
	f.dossier.fail()
}

// spare leaves the channel alone for as long as the receiver asks.
func (d *Desk) spare(after time.Duration, now time.Time) {
	if after > 0 {
		d.channel.fail(now, after)
	}
}
