package web

import (
	"context"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A Registrar keeps what apps sign up for. It is safe for concurrent use. Its
// errors are [registration.Refusal], or mean that something could not be kept,
// and so has not happened.
type Registrar interface {
	SignUps
	Rests
	Roll
}

// SignUps begin, change and end registrations.
type SignUps interface {
	Register(ctx context.Context, from registration.Caller, r registration.Request) (registration.Receipt, error)
	Change(ctx context.Context, from registration.Caller, name string, r registration.Request) (registration.Receipt, error)
	Remove(ctx context.Context, from registration.Caller, name string) error
}

// Rests stop asking an app for a time, because who signed it up wants it.
type Rests interface {
	PauseOwn(ctx context.Context, from registration.Caller, name, why string) error
	ResumeOwn(ctx context.Context, from registration.Caller, name string) error
}

// A Roll tells who has signed up. It answers at once.
type Roll interface {
	Registration(name string) (registration.Registration, bool)
	// MayChange returns why a caller may not, as a [registration.Refusal].
	MayChange(from registration.Caller, name string) error
	// Owner returns the registration that an owner's token is of.
	Owner(secret string) (name string, ok bool)
}

// Heartbeats hear that somebody is alive. They are safe for concurrent use. A
// beat counts even where the error is that it could not be kept yet.
type Heartbeats interface {
	// Beat returns what is known of the name's sender now.
	Beat(ctx context.Context, name string, b health.Beat) (health.Beat, error)
}
