package registry

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

const (
	windowPrefix = "window/"
	maxWindows   = 1_000
	// maxPatterns bounds the names and patterns of all windows together: each
	// change of what is in maintenance compares every check with them.
	maxPatterns = 5_000
	// endedAfter is how long a window that is over is remembered: a clock that was
	// set forward by mistake must not forget those of today.
	endedAfter = 48 * time.Hour
	// configuredBy is who asks for the configuration's windows.
	configuredBy = "configuration"
)

// takeWindow takes what was kept.
func (r *Registry) takeWindow(id string, value []byte) error {
	var w health.Window
	if err := json.Unmarshal(value, &w); err != nil {
		return err
	}
	if w.ID != id {
		return errOther
	}
	if err := invalid(w.Validate()); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.windows[id] = w
	return nil
}

// AddWindow has trouble expected in a window, and returns it with its ID. One
// without From or Weekly begins now. The error is an [Invalid] when the window is
// wrong or over already.
func (r *Registry) AddWindow(ctx context.Context, w health.Window) (health.Window, error) {
	now := time.Now().UTC().Round(0)
	if w.Weekly.IsZero() && w.From.IsZero() && !w.Until.IsZero() {
		w.From = now
	}
	wrong := w.Validate()
	if len(wrong) == 0 && over(&w, now) {
		wrong = append(wrong, health.FieldError{Field: "until", Reason: w.Until.Format(time.RFC3339) + " is over already"})
	}
	if err := invalid(wrong); err != nil {
		return health.Window{}, err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	if n, patterns := r.ahead(now); n >= maxWindows || patterns+len(w.Checks) > maxPatterns {
		return health.Window{}, fmt.Errorf("%d windows with %d patterns: %w", n, patterns, ErrFull)
	}
	w.ID = strings.ToLower(rand.Text()[:12])
	if err := r.shelf.put(ctx, windowPrefix+w.ID, w); err != nil {
		return health.Window{}, err
	}
	r.mu.Lock()
	r.windows[w.ID] = w
	r.mu.Unlock()
	r.maintain()
	r.hurry()
	return w, nil
}

// EndWindow ends a window that was made at run time, now and for ever. By is
// the name of the token that wants it. The error is [ErrNotFound] when there is
// none of that ID.
func (r *Registry) EndWindow(ctx context.Context, id, by string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	r.mu.RLock()
	w, ok := r.windows[id]
	r.mu.RUnlock()
	if !ok {
		return fmt.Errorf("window %s: %w", id, ErrNotFound)
	}
	if err := r.forgetWindow(ctx, id); err != nil {
		return err
	}
	r.log.Info("maintenance window ended by hand", "window", id, "when", w.String(), "made_by", w.By, "by", by)
	r.maintain()
	r.hurry()
	return nil
}

func (r *Registry) forgetWindow(ctx context.Context, id string) error {
	if err := r.shelf.put(ctx, windowPrefix+id, nil); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.windows, id)
	return nil
}

// Windows returns the configured windows, in their order, and then those made
// at run time that are not over, the earliest first.
func (r *Registry) Windows() []health.Window {
	now := time.Now()
	r.mu.RLock()
	defer r.mu.RUnlock()
	var made []health.Window
	for _, w := range r.windows {
		if !over(&w, now) {
			made = append(made, w)
		}
	}
	slices.SortFunc(made, func(a, b health.Window) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	return append(slices.Clone(r.configured), made...)
}

// ahead returns how many windows that were made at run time are not over, and
// how many patterns they have.
func (r *Registry) ahead(now time.Time) (n, patterns int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, w := range r.windows {
		if !over(&w, now) {
			n++
			patterns += len(w.Checks)
		}
	}
	return n, patterns
}

// over reports whether a window will not be again.
func over(w *health.Window, now time.Time) bool {
	return w.Weekly.IsZero() && !now.Before(w.Until)
}

// maintain tells the watcher which checks are in maintenance now, if that is
// news to it.
func (r *Registry) maintain() {
	now := time.Now()
	present := slices.DeleteFunc(r.Windows(), func(w health.Window) bool { return !w.At(now) })
	if r.told && slices.EqualFunc(present, r.applied, func(a, b health.Window) bool { return reflect.DeepEqual(a, b) }) {
		return
	}
	r.told, r.applied = true, present
	r.watcher.Maintain(func(check string) (by string, in bool) {
		for i := range present {
			if w := &present[i]; w.Covers(check) {
				return cmp.Or(w.By, configuredBy), true
			}
		}
		return "", false
	})
}

// nextEdge returns the next moment at which a window begins or ends, and
// whether there is one.
func (r *Registry) nextEdge(now time.Time) (next time.Time, ok bool) {
	for _, w := range r.Windows() {
		if edge, has := w.Next(now); has && (!ok || edge.Before(next)) {
			next, ok = edge, true
		}
	}
	return next, ok
}
