package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// aliveKey is where the journal keeps a life, written this often.
const (
	aliveKey   = "alive"
	aliveEvery = 3 * time.Second
)

// A life is what a process that checks leaves to the next, besides its changes:
// when it last observed, and which outages were about to end.
type life struct {
	At         time.Time         `json:"at"`
	Recoveries []health.Recovery `json:"recoveries,omitempty"`
}

// lifeOf reads a life: JSON, or the bare time, as it was written at first.
func lifeOf(value []byte) (l life, err error) {
	if !bytes.HasPrefix(value, []byte("{")) {
		l.At, err = time.Parse(time.RFC3339Nano, string(value))
		return l, err
	}
	if err := json.Unmarshal(value, &l); err != nil {
		return life{}, err
	}
	return l, nil
}

// lastLife returns what the process before this one left.
func lastLife(ctx context.Context, j journal.Journal) (l life, revision uint64, err error) {
	kept, err := j.Kept(ctx, aliveKey)
	if err != nil {
		return l, 0, err
	}
	for _, k := range kept {
		if k.Key == aliveKey {
			l, err := lifeOf(k.Value)
			return l, k.Revision, err
		}
	}
	return l, 0, nil
}

// heartbeat writes down now and then that checks are observed, and once more
// at the end.
func (h *house) heartbeat(ctx context.Context) error {
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		h.beat(context.WithoutCancel(ctx))
		h.acquaintances.keep(context.WithoutCancel(ctx))
	}
	return nil
}

// beat writes what the next process has to know. A journal that cannot be
// written has told so itself.
func (h *house) beat(ctx context.Context) {
	recoveries := h.checks.Recoveries() // first: none is to be younger than what was observed
	at := h.checks.Alive()
	if at.IsZero() {
		return
	}
	value, err := json.Marshal(life{at.UTC(), recoveries})
	if err != nil {
		h.log.Error("cannot write that checks are observed", "err", err)
		return
	}
	revision, err := h.journal.Keep(ctx, aliveKey, value, h.alive)
	if errors.Is(err, journal.ErrRevision) {
		_, revision, err = lastLife(ctx, h.journal)
	}
	if err != nil {
		h.log.Debug("cannot write that checks are observed", "err", err)
		return
	}
	h.alive = revision
}
