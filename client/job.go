package client

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Job runs f and tells a server of it by heartbeats of the check name, whose URL is
// push://NAME: that it starts, then that it finished, or failed and why, each with
// its run time. A panic and [runtime.Goexit] in f count as failures, and go on.
//
// The error is f's alone: a job must not fail because nobody watches it. The start
// is told while f runs. The end is told after that, also when ctx has ended, and
// tried again while there is no answer: a silent server holds Job up for half a
// minute or so. What could not be told is logged, see [Log]; the server finds out by
// the silence. With a nil server, Job looks for one as [Find] does, or takes that of
// [At].
func Job(ctx context.Context, s *Server, name string, f func(context.Context) error, opts ...Option) error {
	o := optionsOf(opts)
	beat := func(ctx context.Context, b Beat) (err error) {
		if s == nil {
			if s, err = o.finder.find(ctx); err != nil {
				return err
			}
		}
		return s.Beat(ctx, name, b)
	}
	return runJob(ctx, beat, name, o.log, f)
}

// How often, how long apart and for how long in all the end of a job is told.
const (
	jobTries = 4
	jobPause = 2 * time.Second
	jobTime  = 30 * time.Second
)

func runJob(ctx context.Context, beat func(context.Context, Beat) error, name string, log *slog.Logger, f func(context.Context) error) (err error) {
	began := time.Now()
	begun, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	told := make(chan struct{})
	go func() {
		defer close(told)
		if err := beat(begun, Beat{Signal: SignalStart}); err != nil {
			log.Warn("cannot tell that the job started", "check", name, "err", err)
		}
	}()
	end := Beat{Signal: SignalFail, Text: "ended by a panic or runtime.Goexit"} // unless f returns
	defer func() {
		end.Took = time.Since(began)
		<-told
		cancel()
		tellEnd(context.WithoutCancel(ctx), beat, end, name, log)
	}()
	if err = f(ctx); err != nil {
		end.Text = err.Error()
		return err
	}
	end = Beat{Signal: SignalFinish}
	return nil
}

// tellEnd tells how a job ended, more than once if need be.
func tellEnd(ctx context.Context, beat func(context.Context, Beat) error, end Beat, name string, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, jobTime)
	defer cancel()
	var err error
	for try := range jobTries {
		pause(ctx, time.Duration(try)*jobPause)
		if err = beat(ctx, end); err == nil || refused(err, 401, 403, 404, 422) {
			break
		}
	}
	if err != nil {
		log.Warn(fmt.Sprintf("cannot tell that the job ended (%s)", end.Signal), "check", name, "err", err)
	}
}
