package client

import (
	"context"
	"net/http"
)

// Close ends the upkeep and does what [OnClose] says, within [CloseTimeout]. It
// returns once nothing of the App runs any more; a second Close does nothing. An
// error means that the check may still run. Deferred in a function that panics,
// Close leaves the check as it is and lets the panic go on: a crash is never signed
// off. Close of a nil App does nothing.
func (a *App) Close() error {
	if a == nil {
		return nil
	}
	if v := recover(); v != nil {
		a.end(Leave)
		panic(v)
	}
	return a.end(a.options.parting)
}

// Stop signs the check off and closes the App, within [CloseTimeout].
func (a *App) Stop() error { return a.end(Stop) }

// end parts once, and returns what came of it.
func (a *App) end(p Parting) error {
	a.part.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), a.options.closing)
		defer cancel()
		a.leave(ctx, p)
		a.parted = a.bid(ctx, p)
	})
	return a.parted
}

// leave ends the upkeep. A request under way may sign the app up yet: who wants to
// sign it off waits for that.
func (a *App) leave(ctx context.Context, p Parting) {
	a.cancel()
	if p != Leave {
		select {
		case <-a.done:
		case <-ctx.Done():
		}
	}
	a.abort()
	<-a.done
}

// bid tells the server of the parting.
func (a *App) bid(ctx context.Context, p Parting) error {
	a.mu.Lock()
	s := a.session
	a.mu.Unlock()
	if !s.signed || p == Leave {
		return nil
	}
	shown := s.shown()
	err := a.tell(ctx, &shown, p)
	if s.secret != "" && refused(err, http.StatusUnauthorized, http.StatusForbidden) {
		err = a.tell(ctx, &s.base, p) // the token has ended
	}
	if p == Stop && refused(err, http.StatusNotFound) {
		return nil // as it is to be
	}
	return err
}

func (a *App) tell(ctx context.Context, s *Server, p Parting) error {
	if p == Pause {
		return s.Pause(ctx, a.check.Name, "its app was closed")
	}
	return s.Stop(ctx, a.check.Name)
}
