package client

import (
	"log/slog"
	"time"
)

// An Option changes how [Register], [Job] or [NewHealth] works. Those that have no
// meaning for one of them change nothing there.
type Option func(*options)

type options struct {
	finder  finder
	rhythm  rhythm
	log     *slog.Logger
	wait    time.Duration
	parting Parting
	closing time.Duration
	keep    string
}

func optionsOf(opts []Option) options {
	o := options{finder: newFinder(), rhythm: usualRhythm(), log: slog.New(slog.DiscardHandler), closing: 5 * time.Second}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// At names the server, which is then neither looked for nor taken from the
// environment. It is copied; with nil the option changes nothing. Its Token may be
// one of the scope register; the owner's token that comes with the registration
// takes its place.
func At(s *Server) Option {
	if s == nil {
		return func(*options) {}
	}
	named := *s
	return func(o *options) { o.finder.named, o.finder.by = &named, "" }
}

// Log gives a logger, which hears when the app is signed up and when it is not any
// more, once each, and what became of requests in the background. Without it
// and with nil, nothing is logged. Tokens never are.
func Log(log *slog.Logger) Option {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return func(o *options) { o.log = log }
}

// Wait lets Register wait, at most d, until the app is signed up or refused, and
// makes it an error if it is not signed up by then. For tests, and for programs
// that are of no use while nobody watches them.
func Wait(d time.Duration) Option {
	return func(o *options) { o.wait = d }
}

// KeepToken keeps the owner's token in a file, made with mode 0600, so that the
// next process of the app is known to be the same even at another address. The
// file's directory must exist. One file serves one app.
func KeepToken(file string) Option {
	return func(o *options) { o.keep = file }
}

// OnClose says what [App.Close] does about the registration. Without it the
// registration is left as it is; see [Leave] for why.
func OnClose(p Parting) Option {
	return func(o *options) { o.parting = p }
}

// CloseTimeout bounds how long [App.Close] takes; without it, five seconds.
func CloseTimeout(d time.Duration) Option {
	return func(o *options) { o.closing = d }
}

// A Parting is what becomes of a registration when its app is closed.
type Parting int

// The partings.
const (
	// Leave leaves the check running, so that an app which does not come back is
	// missed. It is the default, because the outage that follows a deploy is the
	// one that must not be overlooked: a new release that never comes up could not
	// resume what the old one paused. A restart that is over before the unhealthy
	// threshold is reached, with the defaults half a minute, alarms nobody.
	Leave Parting = iota
	// Pause pauses the check until the app signs up again. For apps that are away
	// for longer at times, and whose start somebody watches.
	Pause
	// Stop signs the check off. For apps that go for good, as tools and tests do.
	Stop
)
