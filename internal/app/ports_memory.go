package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/watch"
)

// A portMemory keeps what listens in the journal, for the next start to tell
// what changed while nobody watched. It records the events of ports as well: it
// has to know how many there were when it is handed something to remember.
type portMemory struct {
	journal journal.Journal
	next    watch.Recorder
	stream  string
	newest  atomic.Uint64 // number of the stream's newest entry, once all are written

	revision uint64 // of what is kept; of Remember's caller alone
}

var (
	_ watch.PortMemory = (*portMemory)(nil)
	_ watch.Recorder   = (*portMemory)(nil)
)

// A kept memory is what is in the journal.
type keptMemory struct {
	Number uint64       `json:"number"` // of the newest event of the ports that it has in it
	After  event.Cursor `json:"after"`  // all later ones are behind this place
	Ports  *port.Memory `json:"ports"`
}

// openPortMemory returns the memory of a host's ports.
func openPortMemory(ctx context.Context, j journal.Journal, next watch.Recorder, host string) (*portMemory, error) {
	m := &portMemory{journal: j, next: next, stream: event.PortStream(host)}
	head, _, err := j.Head(ctx, m.stream)
	m.newest.Store(head.Number)
	return m, err
}

// key is where it is kept.
func (m *portMemory) key() string { return "memory/" + m.stream }

// Record implements [watch.Recorder].
func (m *portMemory) Record(e event.Entry) {
	m.newest.Add(1)
	m.next.Record(e)
}

// Remembered implements [watch.PortMemory].
func (m *portMemory) Remembered(ctx context.Context) (*port.Memory, []port.Event, error) {
	kept, err := m.journal.Kept(ctx, m.key())
	if err != nil {
		return nil, nil, err
	}
	for _, k := range kept {
		if k.Key != m.key() {
			continue
		}
		m.revision = k.Revision
		var memory keptMemory
		if err := json.Unmarshal(k.Value, &memory); err != nil {
			return nil, nil, fmt.Errorf("read what listened: %w", err)
		}
		events, err := m.since(ctx, memory)
		if errors.Is(err, event.ErrCursor) { // it is another journal's
			return nil, nil, nil
		}
		return memory.Ports, events, err
	}
	return nil, nil, nil
}

// since returns the events that were recorded after a memory was made.
func (m *portMemory) since(ctx context.Context, memory keptMemory) (events []port.Event, err error) {
	for at := memory.After; ; {
		entries, err := m.journal.Read(ctx, at, journal.MaxRead)
		if err != nil || len(entries) == 0 {
			return events, err
		}
		for _, e := range entries {
			if e.Stream == m.stream && e.Number > memory.Number && e.Port != nil {
				events = append(events, *e.Port)
			}
			at = e.Cursor
		}
	}
}

// writtenEvery is how often is looked whether what happened is written.
const writtenEvery = 50 * time.Millisecond

// Remember implements [watch.PortMemory]. It waits until all that was recorded
// before is in the journal.
func (m *portMemory) Remember(ctx context.Context, ports *port.Memory) error {
	memory := keptMemory{Number: m.newest.Load(), Ports: ports}
	newest, err := m.journal.Recent(ctx, 1)
	if err != nil {
		return err
	}
	for _, e := range newest {
		memory.After = e.Cursor
	}
	if err := m.written(ctx, memory.Number); err != nil {
		return err
	}
	value, err := json.Marshal(memory)
	if err != nil {
		return err
	}
	revision, err := m.journal.Keep(ctx, m.key(), value, m.revision)
	if err == nil {
		m.revision = revision
	}
	return err
}

// written waits until the stream has come to a number.
func (m *portMemory) written(ctx context.Context, number uint64) error {
	for {
		head, _, err := m.journal.Head(ctx, m.stream)
		if err != nil || head.Number >= number {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(writtenEvery):
		}
	}
}
