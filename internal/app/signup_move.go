package app

import (
	"context"
	"fmt"
	"io"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/term"
)

// Pause is `pause`: nobody asks the check any more until it is resumed, or signs
// up again.
func Pause(ctx context.Context, o SignupOptions, why string, out, errs io.Writer) error {
	return o.move(ctx, "paused", out, errs, func(ctx context.Context, s *signup) error {
		return s.server.Pause(ctx, s.name, why)
	})
}

// Resume is `resume`: the check is asked again.
func Resume(ctx context.Context, o SignupOptions, out, errs io.Writer) error {
	return o.move(ctx, "resumed", out, errs, func(ctx context.Context, s *signup) error {
		return s.server.Resume(ctx, s.name)
	})
}

// Stop is `stop`: the check is no more, and the token of its owner is forgotten.
func Stop(ctx context.Context, o SignupOptions, out, errs io.Writer) error {
	return o.move(ctx, "stopped", out, errs, func(ctx context.Context, s *signup) error {
		if err := s.server.Stop(ctx, s.name); err != nil {
			return err
		}
		if err := s.owners.forget(s.server.URL, s.name); err != nil {
			return term.Remark(errs, []term.Line{{Text: "its token is of no use any more, and could not be taken out of what is kept here: " + err.Error(), Tone: term.Caution}})
		}
		return nil
	})
}

// move does one thing with a check, and tells that it is done.
func (o SignupOptions) move(ctx context.Context, done string, out, errs io.Writer, do func(context.Context, *signup) error) error {
	s, err := o.open(ctx, false, errs)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if err := do(within, s); err != nil {
		return s.refused(err)
	}
	if o.JSON {
		return term.WriteDocument(out, map[string]string{"server": s.server.URL, "name": o.Name, "outcome": done})
	}
	return term.WriteCard(out, term.Card{Head: foreign.Text(fmt.Sprintf("%s is %s at %s", o.Name, done, s.server.URL))})
}
