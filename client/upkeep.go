package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// run looks after the registration until the context ends.
func (a *App) run() {
	defer close(a.done)
	var listening sync.WaitGroup
	defer listening.Wait()
	if a.options.finder.named == nil {
		listening.Go(a.listen)
	}
	var failures int
	var silent time.Time // since when
	for a.ctx.Err() == nil {
		err := a.round(failures, failures > 0 && time.Since(silent) > a.options.rhythm.settle)
		switch {
		case err == nil:
			failures = 0
		case failures == 0:
			silent = time.Now()
			fallthrough
		default:
			failures++
		}
		a.judge(err, failures)
		a.rest(failures, err)
	}
}

// listen takes up what is announced on the network. A network that cannot be
// listened to now may be one later, but for one that never can.
func (a *App) listen() {
	for a.ctx.Err() == nil {
		err := a.options.finder.browse(a.ctx, ServiceType, a.found.tell)
		if err != nil {
			a.options.log.Warn("cannot look for portreeve on the network", "check", a.check.Name, "err", err)
		}
		if errors.Is(err, errors.ErrUnsupported) {
			return
		}
		pause(a.ctx, a.options.rhythm.most)
	}
}

// round asks one place after the other until the app is signed up at one, or one
// decides that it is not to be. Elsewhere says that its own server is not waited
// for any more.
func (a *App) round(failures int, elsewhere bool) error {
	var worst error
	a.mu.Lock()
	before := a.session
	a.mu.Unlock()
	for _, c := range a.choices(before, failures, elsewhere) {
		if a.ctx.Err() != nil {
			break
		}
		after, err := a.attend(before.with(c))
		// Signed up anew and then an error: the pause that was due.
		fresh := after.signed && after.receipt != before.receipt
		if err == nil || fresh || after.base.URL == before.base.URL {
			a.mu.Lock()
			a.session = after
			a.mu.Unlock()
		}
		if err == nil {
			a.remember(before, after)
			return nil
		}
		if worst = weightier(worst, err); decided(err) || fresh {
			break
		}
	}
	var e *Error
	switch named := a.options.finder.named != nil; {
	case worst == nil:
		return ErrNoServer
	case named || errors.As(worst, &e):
		return worst
	}
	return fmt.Errorf("%w: %w", ErrNoServer, worst)
}

// judge keeps and tells what came of a round, each trouble once.
func (a *App) judge(err error, failures int) {
	a.mu.Lock()
	before, s := a.err, a.session
	a.err = err
	a.mu.Unlock()
	if named := a.options.finder.named != nil; err == nil || decided(err) && retryAfterOf(err) == 0 || named && unwilling(err) {
		a.settle.Do(func() { close(a.settled) })
	}
	log := a.options.log.With("check", a.check.Name)
	switch {
	case a.ctx.Err() != nil:
	case err == nil && (before != nil || a.told != s.base.URL):
		a.told = s.base.URL
		log.Info("registered with portreeve", "server", s.base.URL)
		for _, note := range s.receipt.notes() {
			log.Info("portreeve did otherwise than asked", "note", note)
		}
	case err == nil:
	case errors.Is(err, ErrNoServer) && failures != patientTries: // the network takes a while to answer
	case errors.Is(err, ErrNoServer) || before == nil || before.Error() != err.Error():
		log.Warn("not registered with portreeve, trying again", "err", err)
	}
}

// patientTries is after how many failures it is told that there is no server: some
// three seconds.
const patientTries = 4

// rest waits until it is time for another round, or there is news; a little in any
// case, for news may be made up.
func (a *App) rest(failures int, err error) {
	d := a.options.rhythm.after(failures, err)
	least := max(min(d, a.options.rhythm.first), retryAfterOf(err))
	if errors.Is(err, ErrNoServer) {
		least = min(least, gatherTime)
	}
	pause(a.ctx, least)
	ctx, cancel := context.WithTimeout(a.ctx, d-least)
	defer cancel()
	select {
	case <-ctx.Done():
	case <-a.kick:
	case <-a.found.news:
	}
}
