package registry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
)

var (
	errFull     = errors.New("disk is full")
	errRevision = errors.New("it was changed meanwhile")
)

// A disk is a Store that fails when it is told to.
type disk struct {
	mu       sync.Mutex
	kept     map[string]event.Kept
	revision uint64
	full     bool // nothing can be kept
	mute     bool // what is kept is kept, but the answer is lost
	blind    bool // nothing can be read
	writes   int
}

func newDisk() *disk { return &disk{kept: map[string]event.Kept{}} }

func (d *disk) Keep(_ context.Context, key string, value []byte, revision uint64) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	switch {
	case d.full:
		return 0, errFull
	case d.kept[key].Revision != revision:
		return 0, errRevision
	case value == nil:
		delete(d.kept, key)
	default:
		d.revision++
		d.kept[key] = event.Kept{Key: key, Value: value, Revision: d.revision}
	}
	if d.mute {
		return 0, context.DeadlineExceeded
	}
	return d.kept[key].Revision, nil
}

func (d *disk) Kept(_ context.Context, prefix string) ([]event.Kept, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.blind {
		return nil, errFull
	}
	var found []event.Kept
	for _, key := range slices.Sorted(maps.Keys(d.kept)) {
		if strings.HasPrefix(key, prefix) {
			found = append(found, d.kept[key])
		}
	}
	return found, nil
}

func (d *disk) set(full, mute, blind bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full, d.mute, d.blind = full, mute, blind
}

func (d *disk) keys() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.kept))
}

// put writes what is no registry's.
func (d *disk) put(key, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revision++
	d.kept[key] = event.Kept{Key: key, Value: []byte(value), Revision: d.revision}
}

// A ward is a Watcher that knows some checks.
type ward struct {
	mu     sync.Mutex
	checks map[string]bool // paused
	calls  []string
	in     func(string) (string, bool)
	told   int
}

func newWard(checks ...string) *ward {
	w := &ward{checks: map[string]bool{}}
	for _, c := range checks {
		w.checks[c] = false
	}
	return w
}

func (w *ward) turn(name, by, why, what string, paused bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	was, ok := w.checks[name]
	if ok && was != paused {
		w.checks[name] = paused
		call := what + " " + name + " by " + by
		if why != "" {
			call += ": " + why
		}
		w.calls = append(w.calls, call)
	}
	return ok
}

func (w *ward) Pause(name, by, why string) bool { return w.turn(name, by, why, "pause", true) }
func (w *ward) Resume(name, by string) bool     { return w.turn(name, by, "", "resume", false) }

func (w *ward) Maintain(in func(string) (string, bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.in = in
	w.told++
}

func (w *ward) add(check string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checks[check] = false
}

func (w *ward) remove(check string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.checks, check)
}

// maintained returns who has a check in maintenance, "" for nobody, and how
// often the watcher was told.
func (w *ward) maintained(check string) (by string, told int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.in == nil {
		return "", w.told
	}
	by, in := w.in(check)
	if !in {
		by = ""
	}
	return by, w.told
}

func (w *ward) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.calls, ", ")
}

// A house is a registry and what is around it.
type house struct {
	*Registry
	disk *disk
	ward *ward
	log  *bytes.Buffer
}

// open makes a registry over a disk, as a restart does.
func open(t *testing.T, d *disk, w *ward) house {
	t.Helper()
	var log bytes.Buffer
	h := house{New(d, w, slog.New(slog.NewTextHandler(&log, nil))), d, w, &log}
	h.Configure(nil)
	if err := h.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}
