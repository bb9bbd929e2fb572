package notify

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// A Site is what a desk asks about the present. Its methods are safe for
// concurrent use and do not wait.
type Site interface {
	// Check returns what is believed of a check, nil for one that there is not.
	Check(name string) *health.State
	// LastGood returns the last result of a check that passed, nil if none is
	// known.
	LastGood(check string) *health.Result
	// Failing returns the names of some checks that are down, and how many are.
	Failing(limit int) (names []string, all int)
	// Acknowledged reports whether somebody looks after an incident.
	Acknowledged(incident string) bool
	// Page returns the URL of a check's page, empty if there is none.
	Page(check string) string
}

// A Desk tells one route of outages by one channel. It reads the journal,
// decides by the rules of alerting what is to be told, and sends it until it is
// taken: one notice of a check after the other, those of several checks side by
// side.
//
// A try is committed to the journal before it is made, and its outcome after it,
// together with the place in the journal. So nothing is lost when the process
// ends at any moment, and what may have been told already is told again word for
// word, by the same key, before anything newer of its check.
//
// Two desks of one name would tell everything twice.
type Desk struct {
	reader  string
	journal Journal
	site    Site
	sender  Sender
	log     *slog.Logger

	route  atomic.Pointer[Route]
	nudge  chan struct{} // the route is another
	drains chan drainage
	counts counters
	queue  atomic.Int64
	// trouble is why the last try failed; nil when it did not.
	trouble atomic.Pointer[error]

	mu     sync.Mutex
	parked []Parked

	// What follows belongs to the goroutine of Run.
	begun    bool
	swept    time.Time
	ledger   ledger
	files    map[string]*file
	line     line
	wakes    wakes
	channel  backoff
	sending  int
	others   crowd
	results  chan result
	draining []drainage
}

// Counts are how often notices were told, tries failed and notices were given
// up, since the start.
type Counts struct{ Told, Failed, Parked uint64 }

type counters struct{ told, failed, parked atomic.Uint64 }

const (
	slots       = 4                // notices that are sent side by side
	sendTimeout = 2 * time.Minute  // of one try
	drain       = 5 * time.Second  // for tries that are under way when Run ends
	sweepEvery  = time.Hour        // checks that are no more are forgotten
	longest     = 10 * time.Minute // that the desk rests
)

// NewDesk returns the desk of the named reader, such as "ops/email". The name
// must stay the same over restarts: the place in the journal and what was told
// are committed under it.
func NewDesk(reader string, r Route, j Journal, site Site, sender Sender, log *slog.Logger) *Desk {
	d := &Desk{
		reader: reader, journal: j, site: site, sender: sender, log: log.With("channel", reader),
		nudge: make(chan struct{}, 1), drains: make(chan drainage), files: map[string]*file{}, results: make(chan result, slots),
	}
	d.route.Store(&r)
	return d
}

// Counts is safe for concurrent use.
func (d *Desk) Counts() Counts {
	return Counts{Told: d.counts.told.Load(), Failed: d.counts.failed.Load(), Parked: d.counts.parked.Load()}
}

// Queue returns how many notices are due and not yet told. It is safe for
// concurrent use.
func (d *Desk) Queue() int { return int(d.queue.Load()) }

// Err returns why the last try was not taken; nil once one is, and for those that
// were given up. It is safe for concurrent use.
func (d *Desk) Err() error {
	if err := d.trouble.Load(); err != nil {
		return *err
	}
	return nil
}

// SetRoute takes another definition of the route; its name stays. It is safe for
// concurrent use.
func (d *Desk) SetRoute(r Route) {
	d.route.Store(&r)
	select {
	case d.nudge <- struct{}{}:
	default:
	}
}

// Begin finds the desk's place and what it remembers: where it was, or, for a
// desk that is new to the journal, the end. An old journal is history that
// nobody wants told today, but for the outages that go on; in an empty one the
// end is the beginning.
//
// Run does this by itself. Call Begin first where the journal is about to be
// written, so that nothing gets in before a new desk's place is committed.
func (d *Desk) Begin(ctx context.Context) error {
	if d.begun {
		return nil
	}
	at, err := d.journal.Position(ctx, d.reader)
	if err != nil {
		return fmt.Errorf("find place of %s: %w", d.reader, err)
	}
	notes, err := d.journal.Notes(ctx, d.reader)
	if err != nil {
		return fmt.Errorf("read notes of %s: %w", d.reader, err)
	}
	if at == "" {
		return d.beginAnew(ctx)
	}
	d.begun, d.ledger.at, d.ledger.committed = true, at, at
	d.recall(notes)
	return nil
}

// beginAnew is Begin for a desk that is new to the journal.
func (d *Desk) beginAnew(ctx context.Context) error {
	at, err := end(ctx, d.journal)
	if err != nil {
		return fmt.Errorf("find end of journal for %s: %w", d.reader, err)
	}
	d.ledger.at = at
	err = d.survey(ctx)
	if err == nil {
		err = d.ledger.commit(ctx, d.journal, d.reader)
	}
	if err != nil {
		return fmt.Errorf("begin %s: %w", d.reader, err)
	}
	d.begun = true
	return nil
}

// end returns the place behind the newest entry.
func end(ctx context.Context, j Journal) (at event.Cursor, err error) {
	newest, err := j.Recent(ctx, 1)
	for _, e := range newest {
		at = e.Cursor
	}
	return at, err
}
