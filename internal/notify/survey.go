package notify

import (
	"context"
	"fmt"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// survey takes up the outages that go on, for a desk that is new to the journal:
// what is down now is no history. Each is told as if the desk had read of its
// beginning, by the key that is made from that, once it is seen that it goes on.
// What comes behind the desk's place is read once more, and is the same.
func (d *Desk) survey(ctx context.Context) error {
	heads, err := d.journal.Heads(ctx, event.CheckStream(""))
	if err != nil {
		return err
	}
	for _, head := range heads {
		c := head.Change
		if c == nil || c.To != health.Unhealthy {
			continue
		}
		began, err := d.beginning(ctx, head)
		if err != nil {
			return fmt.Errorf("find beginning of the outage of %s: %w", c.Check, err)
		}
		f := &file{dossier: &dossier{Check: c.Check}}
		f.survey(began, head)
		d.files[c.Check] = f
		d.ledger.change(f)
	}
	return nil
}

// beginning returns the entry that began the outage in which its newest entry
// leaves a check: the newest itself where the journal has no other.
func (d *Desk) beginning(ctx context.Context, head event.Entry) (event.Entry, error) {
	if head.Change.Moved() {
		return head, nil
	}
	found, err := d.journal.Changes(ctx, event.Query{Check: head.Change.Check, Outages: true, Newest: true, Limit: 1})
	for _, e := range found {
		if e.Change != nil && e.Change.To == health.Unhealthy {
			return e.Entry, err
		}
	}
	return head, err
}

// survey takes the outage of a check that is down from the entry that began it
// and from the newest.
func (d *dossier) survey(began, head event.Entry) {
	o := &incident{mark: markOf(event.Recorded{Entry: began})}
	if !began.Change.Moved() {
		o.Began, o.Reason, o.Text, o.By = began.Change.Down, "", "", "" // what it says is of something else
	} else if o.Began.IsZero() {
		o.Began = began.Change.Down
	}
	d.Status, d.Overlays, d.Outage = head.Change.To, head.Change.Overlays, o
	d.restless(markOf(event.Recorded{Entry: head}))
}
