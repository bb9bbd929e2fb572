package client

import (
	"context"
	"net/http"
)

// attend sees to it that the app is signed up with the session's server. It
// returns what the session is then, also with an error.
func (a *App) attend(s session) (session, error) {
	if !s.signed || s.secret == "" && a.check.push() {
		return a.signUp(s) // heartbeats need a token, whoever sends them
	}
	info, err := a.info(s.shown())
	if s.secret != "" && refused(err, http.StatusUnauthorized, http.StatusForbidden) {
		s.secret = "" // it ended
		if a.check.push() {
			return a.signUp(s)
		}
		info, err = a.info(s.base) // who signed up by its address is still known by that
	}
	switch {
	case err == nil && (s.owner == "" || s.owner == info.Owner):
		s.owner = info.Owner
		return s, a.pauseIfDue(s)
	case err == nil || refused(err, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound):
		s.signed, s.owner = false, ""
		return a.signUp(s)
	}
	return s, err
}

// signUp registers the app, first as the owner that it was.
func (a *App) signUp(s session) (session, error) {
	receipt, err := a.register(s.shown())
	if s.secret != "" && refused(err, http.StatusUnauthorized, http.StatusForbidden) {
		s.secret = ""
		receipt, err = a.register(s.base)
	}
	if err != nil {
		return s, err
	}
	s.signed, s.receipt = true, receipt
	if receipt.Token != "" {
		s.secret = receipt.Token
	}
	a.mu.Lock()
	a.due = a.paused != nil // for signing up resumed it
	a.mu.Unlock()
	return s, a.pauseIfDue(s)
}

// pauseIfDue tells the server that the app wants to be paused, where it does not
// know.
func (a *App) pauseIfDue(s session) error {
	a.mu.Lock()
	why, due := a.paused, a.due
	a.mu.Unlock()
	if !due || why == nil {
		return nil
	}
	ctx, cancel := a.request()
	defer cancel()
	server := s.shown()
	if err := server.Pause(ctx, a.check.Name, *why); err != nil {
		return err
	}
	a.mu.Lock()
	a.due = a.due && a.paused != why // unless it wants something else meanwhile
	a.mu.Unlock()
	return nil
}

// request returns the context of one request of the upkeep. Where anybody may have
// announced itself, nobody is waited for for long.
func (a *App) request() (context.Context, context.CancelFunc) {
	if a.options.finder.named == nil {
		return context.WithTimeout(a.hard, patience/2)
	}
	return context.WithTimeout(a.hard, patience)
}

func (a *App) info(server Server) (*Info, error) {
	ctx, cancel := a.request()
	defer cancel()
	return server.Info(ctx, a.check.Name)
}

func (a *App) register(server Server) (*Receipt, error) {
	ctx, cancel := a.request()
	defer cancel()
	return server.Register(ctx, a.check)
}
