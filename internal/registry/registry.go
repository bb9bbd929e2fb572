package registry

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A Watcher asks the checks. Pause and Resume report whether there is such a
// check; of what is so already they make nothing. By is who wants it, why is for
// people. Maintain has it ask of every
// check, now and whenever it learns of one, whether it is in maintenance, and who
// says so. The function answers at once and is safe for concurrent use.
type Watcher interface {
	Pause(name, by, why string) bool
	Resume(name, by string) bool
	Maintain(in func(check string) (by string, in bool))
}

// A Registry holds what people ask for at run time. It is safe for concurrent
// use. Call [Registry.Configure], [Registry.Admit] if apps may sign up, and then
// [Registry.Load] before the first question, and [Registry.Run] once.
type Registry struct {
	watcher Watcher
	log     *slog.Logger
	wake    chan struct{} // the windows have changed
	gate    gate

	// changing is held while something is kept and takes effect: for as long as the
	// store takes, which is bounded, and never while somebody asks the network. Watcher
	// and roster are called with it; they tell sinks and recorders, who may call
	// See and whatever answers from memory, and nothing that changes. It is taken
	// before all others, and mu after all others: nobody is called with mu.
	changing sync.Mutex
	shelf    *shelf
	loaded   bool
	told     bool            // the watcher knows of maintenance
	applied  []health.Window // what it was told
	entered  map[string]bool // the roster has the registration of this name asked
	clashes  map[string]bool // it waits, for the configuration has its name

	mu         sync.RWMutex // guards what is answered from
	pauses     map[string]Pause
	configured []health.Window
	windows    map[string]health.Window // by ID
	acks       map[string]acknowledgement
	open       map[string][]string // incidents that have one and are not over, by check
	admits     Roster              // nil: nobody can sign up
	terms      registration.Terms
	roll       *roll
}

// New returns a registry that knows nothing yet.
func New(store Store, watcher Watcher, log *slog.Logger) *Registry {
	return &Registry{
		watcher: watcher, log: log, wake: make(chan struct{}, 1), shelf: newShelf(store),
		pauses: map[string]Pause{}, windows: map[string]health.Window{}, acks: map[string]acknowledgement{}, open: map[string][]string{},
		entered: map[string]bool{}, clashes: map[string]bool{}, roll: newRoll(),
	}
}

// Load reads what was asked for before, and has the watcher follow it. What
// cannot be read as what it should be is logged and left alone. Checks that the
// watcher does not know yet are paused when it does. After an error nothing is
// known, and Run tries again.
func (r *Registry) Load(ctx context.Context) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	if err := r.read(ctx); err != nil {
		return fmt.Errorf("read what was asked for: %w", err)
	}
	r.loaded = true
	r.apply()
	return nil
}

// read takes everything from the shelf.
func (r *Registry) read(ctx context.Context) error {
	for _, kind := range []struct {
		prefix string
		take   func(name string, value []byte) error
	}{{pausePrefix, r.takePause}, {windowPrefix, r.takeWindow}, {ackPrefix, r.takeAck}, {checkPrefix, r.takeRegistration}} {
		kept, err := r.shelf.read(ctx, kind.prefix)
		if err != nil {
			return err
		}
		for _, k := range kept {
			if err := kind.take(k.Key[len(kind.prefix):], k.Value); err != nil {
				r.log.Error("what was asked for is damaged and left alone", "key", k.Key, "err", err)
			}
		}
	}
	return nil
}

// Configure takes the configuration's windows instead of those before, and has
// the watcher follow what was asked for: call it after the watcher has learnt of
// other checks.
func (r *Registry) Configure(windows []health.Window) {
	r.changing.Lock()
	defer r.changing.Unlock()
	r.mu.Lock()
	r.configured = append([]health.Window(nil), windows...)
	r.mu.Unlock()
	if r.loaded { // else half of what is asked for would seem to be over
		r.apply()
		r.hurry()
	}
}

// apply has the watcher follow all that is asked for.
func (r *Registry) apply() {
	r.attend()
	for _, p := range r.Pauses() {
		if r.void(p) {
			r.lift(p)
		} else {
			r.watcher.Pause(p.Check, p.By, p.Why)
		}
	}
	r.maintain()
}

// hurry has Run look at the windows anew.
func (r *Registry) hurry() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
