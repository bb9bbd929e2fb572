package web

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// A History is what has happened to checks, as far back as it is kept. It is
// safe for concurrent use.
type History interface {
	// Changes returns the changes of checks that q asks for, in the order of the
	// journal. For a cursor that it did not give out, the error is
	// [event.ErrCursor].
	Changes(ctx context.Context, q event.Query) ([]event.Recorded, error)
	// Latency returns a check's response times from one time until before
	// another, oldest first.
	Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error)
}

// A Registry keeps what people ask for at run time. It is safe for concurrent
// use; its errors mean that something could not be kept now, or, those with a
// method Full that reports true, that there is too much of it already.
type Registry interface {
	Pauses
	Acknowledgements
	Calendar
}

// Pauses stop asking for a time. By is the name of the token that asks for it.
// What is so already stays so.
type Pauses interface {
	Pause(ctx context.Context, check, by, why string) error
	Resume(ctx context.Context, check, by string) error
}

// Acknowledgements say that somebody looks after an incident, which is named by
// the key of the change that began it.
type Acknowledgements interface {
	Acknowledge(ctx context.Context, a health.Acknowledgement) error
	Unacknowledge(ctx context.Context, incident, by string) error
	// Acknowledged answers at once.
	Acknowledged(incident string) (health.Acknowledgement, bool)
}

// A Calendar holds the times of maintenance.
type Calendar interface {
	// Windows returns those that are configured, which have no ID, and those that
	// were made at run time. It answers at once.
	Windows() []health.Window
	// AddWindow returns the window with its ID.
	AddWindow(ctx context.Context, w health.Window) (health.Window, error)
	EndWindow(ctx context.Context, id, by string) error
}

// An AlertState is how one channel of a route is.
type AlertState struct {
	Channel string // ROUTE/KIND, as ops/email
	Queued  int    // notices that wait to be told
	// Parked are notices that will not be told, for the channel said that it never
	// takes them; the newest last.
	Parked []ParkedAlert
}

// A ParkedAlert is a notice that could not be told.
type ParkedAlert struct {
	Check string
	Kind  string // of notice, as down
	At    time.Time
	Err   string // why: what the channel answered
}
