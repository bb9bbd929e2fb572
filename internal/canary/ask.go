package canary

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// headStart is how long a way has to itself before the next is tried as well.
const headStart = 100 * time.Millisecond

// ask tries to get any answer out of a host: by the first way, soon by the
// others too. It returns the way that brought one, or why none did, when every
// way has ended.
func ask(ctx context.Context, host netip.Addr, ways []way) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		name string
		err  error
	}
	answers := make(chan answer, len(ways))
	next := time.NewTimer(headStart)
	defer next.Stop()
	var failures []error
	winner, begun := "", 0
	take := func(a answer) {
		begun--
		failures = append(failures, a.err)
		if a.err == nil && winner == "" {
			winner = a.name
			cancel()
		}
	}
	for _, w := range ways {
		if winner != "" {
			break
		}
		begun++
		go func() { answers <- answer{w.name, w.ask(ctx, host)} }()
		next.Reset(headStart)
		select {
		case a := <-answers:
			take(a)
		case <-next.C:
		}
	}
	for begun > 0 {
		take(<-answers)
	}
	if winner != "" {
		return winner, nil
	}
	return "", errors.Join(failures...)
}

// prefer returns the ways with the named one first.
func prefer(ways []way, name string) []way {
	for i, w := range ways {
		if w.name == name {
			return append([]way{w}, append(ways[:i:i], ways[i+1:]...)...)
		}
	}
	return ways
}
