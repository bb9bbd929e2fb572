//go:build !nochat

package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/letter"
	"github.com/portreeve/portreeve/internal/notify/redact"
)

// A service is one of shoutrrr's. It is safe for concurrent use: one notice at
// a time is under way.
type service struct {
	name     string
	redact   redact.Redactor
	patience time.Duration
	make     func() (types.Service, error)

	turn    chan struct{} // holds a value while nobody sends; guards what follows
	service types.Service // nil until it is first needed, where making it takes the network
	witness *witness      // of its HTTP; nil where there can be none
	pending *call         // that outlived its Send; nil: none
}

var _ notify.Sender = (*service)(nil)

// A call is the library at work.
type call struct {
	key  string
	done chan error // gets its one result
}

// Send implements [notify.Sender].
func (s *service) Send(ctx context.Context, n notify.Notice) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	select {
	case <-s.turn:
	case <-ctx.Done():
		return s.failure("is still busy with another notice", false)
	}
	defer func() { s.turn <- struct{}{} }()
	if s.pending != nil {
		err, ended := s.await(ctx)
		switch {
		case !ended:
			return s.failure("is still busy with the last notice", false)
		case err.key == n.Key: // the same notice: its late answer is the answer
			return s.judge(err.err)
		}
	}
	s.pending = s.begin(n)
	result, ended := s.await(ctx)
	if !ended {
		return s.failure("does not answer in time", true)
	}
	return s.judge(result.err)
}

// A result is what became of a call.
type result struct {
	key string
	err error
}

// await waits for the pending call, as long as there is time.
func (s *service) await(ctx context.Context) (r result, ended bool) {
	select {
	case err := <-s.pending.done:
		r = result{s.pending.key, err}
		s.pending = nil
		return r, true
	case <-ctx.Done():
		return result{}, false
	}
}

// begin has the library tell a notice. Some of its services panic where the
// network fails them.
func (s *service) begin(n notify.Notice) *call {
	c := &call{key: n.Key, done: make(chan error, 1)}
	if s.witness != nil {
		s.witness.forget()
	}
	go func() {
		defer func() {
			if p := recover(); p != nil {
				c.done <- fmt.Errorf("%w: %v", errPanic, p)
			}
		}()
		c.done <- s.tell(letter.Short(n))
	}()
	return c
}

var errPanic = errors.New("the library gave up")

// tell makes the service if need be and sends a text. Only one call at a time
// is under way, and whoever waits for it holds the turn.
func (s *service) tell(text string) error {
	if s.service == nil {
		made, err := s.make()
		if err != nil {
			return fmt.Errorf("log in: %w", err)
		}
		s.service = made
	}
	return s.service.Send(text, &types.Params{})
}

// failure says what is wrong with the service.
func (s *service) failure(what string, doubtful bool) error {
	return &notify.Failure{Err: errors.New(s.name + " " + what), Doubtful: doubtful}
}
