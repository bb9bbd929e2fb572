package watch

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// A PortMemory remembers what listened, from one life of this process to the
// next.
type PortMemory interface {
	// Remembered returns what was remembered last, nil for nothing, and the events
	// that were recorded since, in order, those that the memory has in it already
	// or not: everything that was handed to the [Recorder] later than the memory was
	// handed to Remember.
	Remembered(ctx context.Context) (*port.Memory, []port.Event, error)
	// Remember replaces it. It may take its time, and must: what was recorded
	// before the call has to be kept first, or a kill in between would lose it for
	// ever. A nil memory forgets.
	Remember(ctx context.Context, m *port.Memory) error
}

const (
	// rememberEvery is the least time between two memories.
	rememberEvery = 5 * time.Second
	// rememberLast is how long the last one may take when we end.
	rememberLast = 5 * time.Second
)

// recall compares the rows of the first look with what is remembered, and
// returns what happened while nobody watched.
func (p *Ports) recall(ctx context.Context, s *port.Snapshot, rows []port.Listener) []port.Event {
	if p.Memory == nil {
		return nil
	}
	m, told, err := p.Memory.Remembered(ctx)
	if err != nil {
		p.Log.Warn("what listened before the start is forgotten", "err", err)
	}
	if err != nil || m == nil {
		return nil
	}
	before, ok := m.With(told).Recall(s)
	if !ok {
		return nil
	}
	port.Remember(before, rows)
	own := slices.DeleteFunc(slices.Clone(rows), func(l port.Listener) bool { return l.Foreign })
	events := port.Diff(before, own)
	for i := range events {
		events[i].Unwatched = true
	}
	return events
}

// A keeper hands what there is to remember to the memory, off the path of looks,
// and not more often than it must. It is safe for concurrent use.
type keeper struct {
	mu  sync.Mutex
	new *seen // nil: nothing is

	// Its goroutine's own.
	kept    *port.Memory
	any     bool // something was kept, if only that there is nothing
	failing bool
}

// A seen is a snapshot in which something moved, and its rows.
type seen struct {
	snapshot *port.Snapshot
	rows     []port.Listener
}

// put takes what was seen.
func (k *keeper) put(s *seen) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.new = s
}

// take returns what was seen since the last time, nil for nothing.
func (k *keeper) take() *seen {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.new
	k.new = nil
	return s
}

// giveBack has what could not be remembered tried again, unless there is newer.
func (k *keeper) giveBack(s *seen) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.new == nil {
		k.new = s
	}
}

// run remembers until ctx ends, and then what is left.
func (k *keeper) run(ctx context.Context, memory PortMemory, log *slog.Logger) {
	ticker := time.NewTicker(rememberEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), rememberLast)
			defer cancel()
			k.keep(last, memory, log)
			return
		case <-ticker.C:
			k.keep(ctx, memory, log)
		}
	}
}

// keep remembers what is new. Most of what moves is counts, which nobody needs
// to remember.
func (k *keeper) keep(ctx context.Context, memory PortMemory, log *slog.Logger) {
	s := k.take()
	if s == nil {
		return
	}
	m := port.NewMemory(s.snapshot, s.rows)
	if k.any && (m == nil && k.kept == nil || m.Same(k.kept)) {
		return
	}
	err := memory.Remember(ctx, m)
	if err != nil {
		k.giveBack(s)
	} else {
		k.kept, k.any = m, true
	}
	switch {
	case err == nil && m == nil:
		log.Warn("too many ports to remember: what changes while portreeve does not run will not be told", "limit", port.MaxRemembered)
	case err != nil && !k.failing:
		log.Warn("cannot remember what listens", "err", err)
	}
	k.failing = err != nil
}
