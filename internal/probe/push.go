package probe

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// Heartbeats is who hears those that are not asked. Ask tells what a check of
// theirs is to be told at a moment; it answers at once.
type Heartbeats interface {
	Ask(spec *health.Spec, now time.Time) health.Result
}

// newPush makes the probe of push, which asks nobody but who hears heartbeats.
func newPush(spec *health.Spec, _ health.Target, env Env) (health.Probe, []health.FieldError) {
	if env.Heartbeats == nil {
		return nil, []health.FieldError{{Field: "target", Reason: "a heartbeat can only be heard by serve", Hint: "put the check into the configuration of portreeve serve"}}
	}
	return func(context.Context) health.Result { return env.Heartbeats.Ask(spec, time.Now()) }, nil
}
