package web

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// Wrong tokens are told one by one up to so many in so long, whatever the
// number of addresses that they come from.
const (
	wrongLines  = 20
	wrongWindow = time.Minute
)

// A wrongLog bounds what the log says of wrong tokens: whoever commands a
// network of addresses has ten lines for each of them otherwise. The zero
// wrongLog is ready; it is safe for concurrent use.
type wrongLog struct {
	mu   sync.Mutex
	ends time.Time // of the window that told and more are of
	told int
	more int
}

// tell says that a wrong token came from addr. When a window has had its lines,
// the rest is only counted, and told in one at its end.
func (w *wrongLog) tell(log *slog.Logger, addr netip.Addr) {
	now := time.Now()
	w.mu.Lock()
	if !now.Before(w.ends) && w.more == 0 {
		w.ends, w.told = now.Add(wrongWindow), 0
	}
	full := w.told >= wrongLines
	if !full {
		w.told++
	} else if w.more++; w.more == 1 {
		time.AfterFunc(w.ends.Sub(now), func() { w.sum(log) })
	}
	w.mu.Unlock()
	if !full {
		log.Warn("web: wrong token", "caller", addr)
	}
}

// sum tells of those that were only counted, and begins anew.
func (w *wrongLog) sum(log *slog.Logger) {
	w.mu.Lock()
	more := w.more
	w.ends, w.told, w.more = time.Time{}, 0, 0
	w.mu.Unlock()
	log.Warn("web: wrong tokens, and more of them than are told one by one", "more", more)
}
