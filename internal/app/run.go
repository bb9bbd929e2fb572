package app

import (
	"context"
	"log/slog"

	"golang.org/x/sync/errgroup"
)

// Run watches this machine's ports and the checks of c, keeps what happens in
// the journal and shows it on the page, until ctx ends or a part of it cannot
// go on.
func Run(ctx context.Context, c Config, log *slog.Logger) error {
	h, err := build(ctx, c, log)
	if err != nil {
		return err
	}
	defer h.close()
	thrift()
	h.observers = append(h.observers, settle)
	defer log.Info("stopped")
	return h.live(ctx)
}

// live runs the house: what observes stops first, then what has been observed
// is written down, people are told what is due by that, and only then those who
// read it stop.
func (h *house) live(ctx context.Context) error {
	reading, stopReading := context.WithCancel(context.WithoutCancel(ctx))
	var readers errgroup.Group
	for _, run := range h.readers {
		readers.Go(func() error { return run(reading) })
	}
	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	var writer errgroup.Group
	writer.Go(func() error { return h.writer.Run(writing) })

	observers, observing := errgroup.WithContext(ctx)
	for _, run := range h.observers {
		observers.Go(func() error { return run(observing) })
	}
	err := observers.Wait()
	stopWriting()
	err = firstOf(err, writer.Wait())
	h.desks.drain(context.WithoutCancel(ctx))
	stopReading()
	return firstOf(err, readers.Wait())
}

// firstOf returns the first error that is one.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
