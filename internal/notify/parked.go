package notify

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
)

// maxParked is how many notices are kept that will never be taken.
const maxParked = 100

// A Parked is a notice that the receiver will never take. It is kept to be
// looked at, and keeps nothing else from being told.
type Parked struct {
	Notice Notice       `json:"notice"`
	Err    foreign.Text `json:"err"` // what the receiver says
	At     time.Time    `json:"at"`  // when it was given up
	Number uint64       `json:"number"`
}

// note returns the note that keeps it.
func (p *Parked) note() (key string, value []byte) {
	value, err := json.Marshal(p)
	if err != nil { // no notice has what JSON has not
		value = []byte("null")
	}
	return fmt.Sprintf("%s%020d", parkedNote, p.Number), value
}

// Parked returns the notices that were given up, the oldest first, at most 100.
// It is safe for concurrent use.
func (d *Desk) Parked() []Parked {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.parked)
}

// park gives a notice up.
func (d *Desk) park(n Notice, err error, now time.Time) {
	d.counts.parked.Add(1)
	d.log.Error("notice given up: it will never be taken", "key", safe(n.Key), "err", err)
	d.mu.Lock()
	defer d.mu.Unlock()
	p := Parked{Notice: n, Err: cut(foreign.Text(fmt.Sprint(err))), At: now.UTC(), Number: 1}
	if len(d.parked) > 0 {
		p.Number = d.parked[len(d.parked)-1].Number + 1
	}
	d.ledger.note(p.note())
	d.parked = append(d.parked, p)
	d.trim()
}

// trim drops the oldest of too many. d.mu is held.
func (d *Desk) trim() {
	for len(d.parked) > maxParked {
		p := d.parked[0]
		d.log.Warn("a notice that was given up is forgotten: there are too many", "key", safe(p.Notice.Key), "given_up", p.At)
		key, _ := p.note()
		d.ledger.note(key, nil)
		d.parked = slices.Delete(d.parked, 0, 1)
	}
}

// recallOne takes up one that was given up earlier.
func (d *Desk) recallOne(note event.Note) error {
	var p Parked
	if err := json.Unmarshal(note.Value, &p); err != nil {
		return err
	}
	if key, _ := p.note(); key != note.Key || p.Notice.Key == "" {
		return errors.New("it is of another notice")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.parked = append(d.parked, p)
	return nil
}

// recallParked puts what was taken up in order.
func (d *Desk) recallParked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.SortFunc(d.parked, func(a, b Parked) int { return cmp.Compare(a.Number, b.Number) })
	d.trim()
}
