package heartbeat

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Store keeps values under keys, with revisions. Keep replaces the value
// that has the revision given, 0 for a key that does not exist, and returns the
// new one; a nil value forgets the key. After an error of Keep nobody knows
// whether the value is kept.
type Store interface {
	Keep(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)
	Kept(ctx context.Context, prefix string) ([]event.Kept, error)
}

// maxNames is how many senders a book has room for.
const maxNames = 20_000

// A Canary tells whether the silence of an address is our own fault: the reason,
// and the evidence; "" when it is not, as it never is for this machine's own
// addresses. It takes about a second at most, and is safe for concurrent use.
type Canary interface {
	Excuse(ctx context.Context, silent netip.Addr) (health.Reason, foreign.Text)
}

// A Book holds what was last heard of each sender. It is safe for concurrent
// use. Call [Book.Load] before the first question, then [Book.Away], and
// [Book.Run] once.
type Book struct {
	// Canary is asked before a silence is believed; nil: we always hear. Set it
	// before the first question.
	Canary Canary

	store Store
	log   *slog.Logger
	wake  chan struct{} // there is something to keep

	keeping sync.Mutex // held while something is read or kept; taken before mu

	mu       sync.Mutex // guards what follows
	pages    map[string]*page
	absences absences
	loaded   bool
}

// New returns a book in which nothing is written yet.
func New(store Store, log *slog.Logger) *Book {
	return &Book{store: store, log: log, wake: make(chan struct{}, 1), pages: map[string]*page{}}
}

// page returns the page of a name, a new one when nothing was heard of it yet;
// nil when there is no room for one.
func (b *Book) page(name string, now time.Time) *page {
	p := b.pages[name]
	switch {
	case p == nil && len(b.pages) >= maxNames:
		return nil
	case p == nil:
		p = &page{}
		b.pages[name] = p
		p.begin(now, b.absences.count())
	case p.gone:
		p.gone = false
		p.begin(now, b.absences.count())
	}
	return p
}

// hurry has Run keep what is to be kept.
func (b *Book) hurry() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Away says that nobody could be heard from one moment to another: portreeve did
// not run, or was cut off. Who was to be heard then may have been missed, so it
// is waited for anew from the end on. Until before from means that the clock was
// set back meanwhile, and nobody knows how long it took. From may be a time of
// the wall clock alone, as it is after a restart.
func (b *Book) Away(from, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.absences.add(absence{from, until})
}
