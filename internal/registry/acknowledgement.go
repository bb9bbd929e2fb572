package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

const (
	ackPrefix = "ack/"
	maxAcks   = 10_000
	// closedFor is how long it is remembered who looked after an incident that is
	// over: as long as people look back at it.
	closedFor = 90 * 24 * time.Hour
)

// An acknowledgement is kept with when its incident ended.
type acknowledgement struct {
	health.Acknowledgement
	Closed time.Time `json:"closed,omitzero"`
}

// takeAck takes what was kept.
func (r *Registry) takeAck(incident string, value []byte) error {
	var a acknowledgement
	if err := json.Unmarshal(value, &a); err != nil {
		return err
	}
	if a.Incident != incident {
		return errOther
	}
	if err := invalid(a.Validate()); err != nil {
		return err
	}
	r.remember(a)
	return nil
}

func (r *Registry) remember(a acknowledgement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acks[a.Incident] = a
	if a.Closed.IsZero() && !slices.Contains(r.open[a.Check], a.Incident) {
		r.open[a.Check] = append(r.open[a.Check], a.Incident)
	}
}

// Acknowledge says that somebody looks after an incident, instead of who did
// before. Whether there is such an incident is the caller's affair. The error is
// an [Invalid] when a field is wrong.
func (r *Registry) Acknowledge(ctx context.Context, a health.Acknowledgement) error {
	if err := invalid(a.Validate()); err != nil {
		return err
	}
	if a.At.IsZero() {
		a.At = time.Now().UTC().Round(0)
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	if _, known := r.Acknowledged(a.Incident); !known {
		if n := r.countAcks(); n >= maxAcks {
			return fmt.Errorf("%d acknowledgements: %w", n, ErrFull)
		}
	}
	return r.putAck(ctx, acknowledgement{Acknowledgement: a})
}

func (r *Registry) putAck(ctx context.Context, a acknowledgement) error {
	if err := r.shelf.put(ctx, ackPrefix+a.Incident, a); err != nil {
		return err
	}
	r.remember(a)
	return nil
}

func (r *Registry) countAcks() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.acks)
}

// Unacknowledge takes back that somebody looks after an incident. By is the
// name of the token that does. The error is [ErrNotFound] when nobody did.
func (r *Registry) Unacknowledge(ctx context.Context, incident, by string) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	a, ok := r.Acknowledged(incident)
	if !ok {
		return fmt.Errorf("acknowledgement of %s: %w", incident, ErrNotFound)
	}
	if err := r.forgetAck(ctx, incident); err != nil {
		return err
	}
	r.log.Info("acknowledgement taken back", "check", a.Check, "incident", incident, "made_by", a.By, "by", by)
	return nil
}

func (r *Registry) forgetAck(ctx context.Context, incident string) error {
	if err := r.shelf.put(ctx, ackPrefix+incident, nil); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.acks, incident)
	return nil
}

// Acknowledged returns who looks after an incident, or did, if anybody. It is
// remembered for 90 days after the incident ended.
func (r *Registry) Acknowledged(incident string) (health.Acknowledgement, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	a, ok := r.acks[incident]
	return a.Acknowledgement, ok
}

// See takes a change of a check, as it happens, and the newest of every check
// after Load: an outage that is over needs nobody any more. It returns at once;
// Run keeps what follows.
func (r *Registry) See(c *health.Change) {
	if c.To == health.Unhealthy {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, incident := range r.open[c.Check] {
		if a, ok := r.acks[incident]; ok {
			a.Closed = c.At
			r.acks[incident] = a
		}
	}
	delete(r.open, c.Check)
}
