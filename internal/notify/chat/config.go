// Package chat is the channel that tells notices in a few words to chat and
// push services: Slack, Discord, Telegram, ntfy, Teams, Gotify and what else
// shoutrrr (https://github.com/nicholas-fedor/shoutrrr) knows, each by a URL
// that holds all that it takes.
//
// The library takes no context, hides statuses in texts, quotes its URLs in
// errors, and now and then panics or sleeps for minutes. All that ends here:
// errors are [notify.Failure] values without secrets, and a Send ends with its
// context. What the library goes on doing then is waited for before the next
// notice, so nothing overtakes anything. Telegram we speak ourselves: the
// library takes a failure without an answer for a success.
//
// The services are reached through the proxy that HTTPS_PROXY names, if any.
// The build tag nochat leaves all of it out.
package chat

import (
	"log/slog"

	"github.com/portreeve/portreeve/internal/notify"
)

// A Config says which service is told.
type Config struct {
	URL string // of shoutrrr; all of it is secret
	// Log takes warnings about chats that are passed over while others get their
	// notice; nil: nobody.
	Log *slog.Logger
}

// A ConfigError says what is wrong with a Config, without its secrets.
type ConfigError struct {
	Field string // of a route's configuration: services
	Err   error
	hint  string
}

// Error says what is wrong.
func (e *ConfigError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *ConfigError) Unwrap() error { return e.Err }

// Key names the field that is wrong, by its key in a route's configuration.
func (e *ConfigError) Key() string { return e.Field }

// Hint says what to write instead.
func (e *ConfigError) Hint() string { return e.hint }

func wrong(err error, hint string) *ConfigError { return &ConfigError{"services", err, hint} }

// New returns a sender for the service that the URL names, or a [*ConfigError].
// It connects to nobody.
func New(c Config) (notify.Sender, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return open(c)
}
