package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

const (
	pausePrefix = "pause/"
	maxPauses   = 20_000
)

// A Pause says that a check is not to be asked.
type Pause struct {
	Check string    `json:"check"`
	By    string    `json:"by"` // the name of the token
	Why   string    `json:"why,omitempty"`
	At    time.Time `json:"at"`
	// Registered is set when the check is one that an app signed up: a configured
	// one of the same name is not meant.
	Registered bool `json:"registered,omitempty"`
}

var errOther = errors.New("it is about something else than its key")

// takePause takes what was kept.
func (r *Registry) takePause(check string, value []byte) error {
	var p Pause
	if err := json.Unmarshal(value, &p); err != nil {
		return err
	}
	if p.Check != check {
		return errOther
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pauses[check] = p
	return nil
}

// Pause has a check not asked until [Registry.Resume], over restarts and while
// its definition is away. By is the name of the token that wants it, why is for
// people. A check that is paused so already stays as it is. The error is
// [ErrNotFound] when the watcher knows no such check.
func (r *Registry) Pause(ctx context.Context, check, by, why string) error {
	if err := invalid(health.ValidateNote("why", why)); err != nil {
		return err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	return r.pause(ctx, check, byToken(by), why)
}

// PauseAfterOutage has a check not asked, as Pause does, because its outage has
// lasted longer than it lets it: nobody has asked for that.
func (r *Registry) PauseAfterOutage(ctx context.Context, check, why string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	return r.pause(ctx, check, string(health.AfterOutage), why)
}

// byToken is who pauses a check, for people. A token may be called like the option
// that pauses without anybody's asking, and is not that.
func byToken(name string) string {
	if name == string(health.AfterOutage) {
		return "token " + name
	}
	return name
}

// pause is Pause for who holds r.changing, of a note that is as it may be.
func (r *Registry) pause(ctx context.Context, check, by, why string) error {
	if p, ok := r.Paused(check); ok {
		if !r.watcher.Pause(check, p.By, p.Why) {
			return fmt.Errorf("check %s: %w", check, ErrNotFound)
		}
		return nil
	}
	if n := r.countPauses(); n >= maxPauses {
		return fmt.Errorf("%d checks are paused: %w", n, ErrFull)
	}
	p := Pause{check, by, why, time.Now().UTC().Round(0), r.asks(check)}
	if err := r.shelf.put(ctx, pausePrefix+check, p); err != nil {
		return err
	}
	if !r.watcher.Pause(check, by, why) {
		// Should it not be forgotten, it waits for a check of that name: no harm.
		err := fmt.Errorf("check %s: %w", check, ErrNotFound)
		return errors.Join(err, r.shelf.put(ctx, pausePrefix+check, nil))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pauses[check] = p
	return nil
}

// Resume has a check asked again, whoever paused it. The error is [ErrNotFound]
// when the watcher knows no such check, and nobody has paused it.
func (r *Registry) Resume(ctx context.Context, check, by string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	return r.resume(ctx, check, by)
}

// resume is Resume for who holds r.changing.
func (r *Registry) resume(ctx context.Context, check, by string) error {
	_, paused := r.Paused(check)
	if err := r.shelf.put(ctx, pausePrefix+check, nil); err != nil {
		return err
	}
	r.mu.Lock()
	delete(r.pauses, check)
	r.mu.Unlock()
	if !r.watcher.Resume(check, by) && !paused {
		return fmt.Errorf("check %s: %w", check, ErrNotFound)
	}
	return nil
}

// Paused returns who paused a check at run time, if anybody.
func (r *Registry) Paused(check string) (Pause, bool) {
	r.mu.RLock()
	p, ok := r.pauses[check]
	r.mu.RUnlock()
	return p, ok && !r.void(p)
}

// hold has a check stay paused that is asked from now on.
func (r *Registry) hold(check string) {
	if p, ok := r.Paused(check); ok {
		r.watcher.Pause(check, p.By, p.Why)
	}
}

// void reports whether a pause is of another check than the one that is asked now:
// of a registered one while the configuration has its name or nobody can sign up,
// or of a configured one whose name an app's check has got back.
func (r *Registry) void(p Pause) bool { return p.Registered != r.asks(p.Check) }

// lift has a configured check asked though a registered one of its name is
// paused.
func (r *Registry) lift(p Pause) {
	roster := r.roster()
	if roster == nil {
		return
	}
	if s := roster.State(p.Check); s != nil && s.Spec != nil && !s.Spec.Paused && roster.Configured(p.Check) {
		r.watcher.Resume(p.Check, configuredBy)
	}
}

func (r *Registry) countPauses() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.pauses)
}

// Pauses returns all checks that were paused at run time, by name, also those
// that the watcher does not know now.
func (r *Registry) Pauses() []Pause {
	r.mu.RLock()
	defer r.mu.RUnlock()
	pauses := make([]Pause, 0, len(r.pauses))
	for _, p := range r.pauses {
		pauses = append(pauses, p)
	}
	slices.SortFunc(pauses, func(a, b Pause) int { return cmp.Compare(a.Check, b.Check) })
	return pauses
}
