package client

import (
	"cmp"
	"context"
	"time"
)

// A Measurement is what a check of [Health] found.
type Measurement struct {
	Value any // whatever can be written as JSON; nil: nothing is measured. It is written at once
	// Status is how well that is; empty: Pass.
	Status Status
	// Output says what is wrong, to all who may read the report. A Measurement that
	// passes has none.
	Output string
}

// MeasureOptions say how a check of [Health] is run and shown. The zero value is
// usable.
type MeasureOptions struct {
	Interval time.Duration // between two measurements, from begin to begin; zero: 15 s
	// Timeout is after what time a measurement has failed: its context ends then,
	// and who ignores that is not waited for. Zero: 5 s.
	Timeout time.Duration

	ComponentID   string   // tells apart checks of the same name
	ComponentType string   // component, datastore, system, or a URI; empty: nothing is said
	Unit          string   // of the value, as "ms"
	Affected      []string // the endpoints that do not work while it is not well, as URI templates

	// Optional makes a Fail of this check a warning of the whole: the service works
	// without it.
	Optional bool
	// ShowErrors puts the text of errors into the report. Without it the report says
	// that the check failed, and the log why: errors tell of hosts, users and
	// paths, and the report is read by strangers.
	ShowErrors bool
}

// Check adds a check and begins to run it, at once and then at its interval. A name
// is "component:measurement", as "db:responseTime", or a component's alone.
//
// An error is a Fail. So is a panic, which goes no further. A measurement that has
// not ended by its Timeout is a Fail too, and the next begins only when it has
// ended: so there is never more than one. Until its first measurement a check is a
// Warn; and a measurement is at least a Warn once it is older than three intervals
// and the timeout, as after the machine slept.
//
// Check panics if the name is empty or measure is nil, for that is a mistake in the
// program. After Close it does nothing.
func (h *Health) Check(name string, o MeasureOptions, measure func(ctx context.Context) (Measurement, error)) {
	if name == "" || measure == nil {
		panic("client: a health check needs a name and a function")
	}
	o.Interval, o.Timeout = cmp.Or(max(o.Interval, 0), 15*time.Second), cmp.Or(max(o.Timeout, 0), 5*time.Second)
	c := &subcheck{health: h, name: name, options: o, measure: measure}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		return
	}
	h.checks[name] = append(h.checks[name], c)
	h.running.Go(c.run)
}
