package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/term"
)

// FlappyOptions are the words of `flappy`.
type FlappyOptions struct {
	Port    string   // of every host that names none
	Hosts   []string // none, or "-" alone: a list is read
	Seconds float64  // from one round to the next
	Checks  int      // rounds
	Timeout time.Duration
	Mode    string // of health.Modes; empty: accept
	JSON    bool
}

// Bounds of what can be asked for.
const (
	leastSeconds, mostSeconds = 0.1, 3600
	mostRounds                = 10_000
	leastTimeout, mostTimeout = 10 * time.Millisecond, 10 * time.Minute
)

// Flappy is `flappy`: it asks every host of a list several times whether it
// takes connections to a port, all of them at once, and writes one line for
// each to out, in the order of the list. Remarks go to errs. The list is read
// from in when no hosts are given. It returns an Outcome unless all is well.
func Flappy(ctx context.Context, o FlappyOptions, in io.Reader, out, errs io.Writer) error {
	number, err := o.validate()
	if err != nil {
		return err
	}
	hosts, err := o.hosts(ctx, number, in, errs)
	if err != nil {
		return err
	}
	if len(hosts) == 0 {
		return usage(errors.New("there are no hosts to check"), "name them behind the port, or write one per line to standard input")
	}
	return newRounds(o, hosts, out, errs).run(ctx)
}

// validate returns the port; the error is a UsageError.
func (o FlappyOptions) validate() (uint16, error) {
	number, err := ParsePort(o.Port)
	if err != nil {
		return 0, usage(fmt.Errorf("%q is no port", withoutUser(o.Port)), "the port comes first, then hosts: portreeve flappy 8080 db1 db2")
	}
	switch {
	case math.IsNaN(o.Seconds) || o.Seconds < leastSeconds || o.Seconds > mostSeconds:
		return 0, usage(fmt.Errorf("--seconds %v is out of range", o.Seconds), fmt.Sprintf("%v to %v, as in --seconds 5", leastSeconds, mostSeconds))
	case o.Checks < 1 || o.Checks > mostRounds:
		return 0, usage(fmt.Errorf("--checks %d is out of range", o.Checks), fmt.Sprintf("1 to %d, as in --checks 5", mostRounds))
	}
	return number, validateAsking(o.Timeout, o.Mode, "")
}

// validateAsking looks at the words that say how to ask.
func validateAsking(timeout time.Duration, mode, family string) error {
	if timeout < leastTimeout || timeout > mostTimeout {
		return usage(fmt.Errorf("--timeout %v is out of range", timeout), fmt.Sprintf("%v to %v, as in --timeout 2s", leastTimeout, mostTimeout))
	}
	if err := oneOf("mode", mode, health.Modes()); err != nil {
		return err
	}
	return oneOf("family", family, health.Families())
}

// oneOf refuses a word that is none of those a flag takes.
func oneOf(flag, word string, words []string) error {
	if word == "" {
		return nil
	}
	for _, w := range words {
		if w == word {
			return nil
		}
	}
	hint := "one of " + strings.Join(words, ", ")
	if near, ok := port.Nearest(word, words); ok {
		hint = fmt.Sprintf("did you mean %s? It is %s", near, hint)
	}
	return usage(fmt.Errorf("unknown %s %q", flag, word), hint)
}

// hosts returns whom to ask. What is waited for at a terminal is said there.
func (o FlappyOptions) hosts(ctx context.Context, number uint16, in io.Reader, errs io.Writer) ([]flappyHost, error) {
	if len(o.Hosts) > 0 && (len(o.Hosts) > 1 || o.Hosts[0] != "-") {
		return parseHosts(o.Hosts, number)
	}
	if err := term.Await(in, errs, "hosts, one per line; Ctrl-D ends the list"); err != nil {
		return nil, err
	}
	type list struct {
		hosts []flappyHost
		err   error
	}
	read := make(chan list, 1)
	go func() { // a read cannot be interrupted, but left behind
		hosts, err := readHosts(in, number)
		read <- list{hosts, err}
	}()
	select {
	case l := <-read:
		return l.hosts, l.err
	case <-ctx.Done():
		return nil, Interrupted
	}
}

// spec returns how one of the hosts is asked. Its name is its place in the
// list: the same host may be in it twice.
func (o FlappyOptions) spec(place string, h flappyHost) *health.Spec {
	return &health.Spec{
		Name: place, Target: health.Target{Kind: "tcp", Host: h.name, Port: h.port}.String(),
		Interval: health.Duration(o.Seconds * float64(time.Second)), Timeout: health.Duration(o.Timeout),
		Thresholds: health.Thresholds{Unhealthy: 1, Healthy: 1},
		Mode:       health.Mode(o.Mode), Origin: health.FromRequest,
	}
}

// Modes lists what --mode takes.
func Modes() []string { return health.Modes() }

// Families lists what --family takes.
func Families() []string { return health.Families() }
