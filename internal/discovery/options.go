package discovery

import (
	"log/slog"
	"slices"
)

// Options say where to speak and listen. The zero value means every interface
// that is up, can multicast and is not a point-to-point link.
type Options struct {
	// Interfaces are the names of the only interfaces to use. Empty: all.
	Interfaces []string
	// Loopback takes the loopback interface as well, for tests: whoever asks
	// there is on this machine.
	Loopback bool
	// Log hears what becomes of interfaces and names. Nil: nobody does.
	Log *slog.Logger

	network network // where the tests' packets go; nil: the machine's network
}

// uses tells whether an interface is one to speak on.
func (o Options) uses(i iface) bool {
	return (o.Loopback || !i.loopback) && (len(o.Interfaces) == 0 || slices.Contains(o.Interfaces, i.name))
}

// logger returns the log, or one that nobody reads.
func (o Options) logger() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}
