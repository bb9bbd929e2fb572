package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/portreeve/portreeve/internal/discovery"
)

// The environment variables that name a server, as a URL, and a token for it.
const (
	serverVariable = "PORTREEVE_SERVER"
	tokenVariable  = "PORTREEVE_TOKEN"
)

// localServer is where portreeve listens when nobody says otherwise.
const localServer = "http://127.0.0.1:9860"

// ServiceType is by what servers are announced on the network (RFC 6763, section
// 7).
const ServiceType = "_portreeve._tcp"

// findTime is how long Find looks at most.
const findTime = 10 * time.Second

// Find returns a server to sign up with:
//
//  1. the one that the environment variable PORTREEVE_SERVER names, a URL, with the
//     token of PORTREEVE_TOKEN; it is not asked whether it is there;
//  2. else the one on this machine at http://127.0.0.1:9860, if it answers;
//  3. else the first one found by multicast DNS that answers. One with TLS, whose
//     certificate is for the host's name that it announces, is preferred to plain
//     HTTP.
//
// One that would take a registration is preferred to one that asks for a token
// first. What is announced is hearsay, so a server that was found is never shown
// PORTREEVE_TOKEN; where the network is not to be trusted, name the server.
//
// Find looks until ctx ends, at most ten seconds. The error is then
// [ErrNoServer], perhaps wrapped. Multicast DNS works on Linux only: elsewhere Find
// does not wait for who does not answer at once, and that error is also
// [errors.ErrUnsupported].
func Find(ctx context.Context) (*Server, error) {
	return newFinder().find(ctx)
}

// A finder knows where servers may be.
type finder struct {
	named  *Server // the only one, if there is one
	by     string  // the variable that named it; empty: the program did
	local  string  // a URL; empty: none
	browse func(ctx context.Context, serviceType string, tell func(discovery.Found)) error
}

func newFinder() finder {
	f := finder{local: localServer, browse: discovery.Browse}
	if at := os.Getenv(serverVariable); at != "" {
		f.named, f.by = &Server{URL: at, Token: os.Getenv(tokenVariable)}, serverVariable
	}
	return f
}

// mistake returns what is wrong with the server that is named.
func (f finder) mistake() error {
	if f.named == nil {
		return nil
	}
	_, err := parseServerURL(f.named.URL)
	if err != nil && f.by != "" {
		return fmt.Errorf("%s: %w", f.by, err)
	}
	return err
}

func (f finder) find(ctx context.Context) (*Server, error) {
	if f.named != nil {
		if err := f.mistake(); err != nil {
			return nil, err
		}
		return f.named, nil
	}
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	found := newAnnounced()
	var broken error
	browsed := make(chan struct{})
	go func() {
		defer close(browsed)
		broken = f.browse(ctx, ServiceType, found.tell)
	}()
	s, err := f.choose(ctx, found, browsed)
	cancel()
	<-browsed
	if s == nil && broken != nil {
		err = fmt.Errorf("%w: %w", err, broken)
	}
	return s, err
}

// choose asks those that were found, as they come, until one would take a
// registration, or nobody comes any more: browsed is closed then.
func (f finder) choose(ctx context.Context, found *announced, browsed <-chan struct{}) (*Server, error) {
	var second *Server // one that answers and wants to see a token
	for last := false; ctx.Err() == nil; {
		for _, c := range f.candidates(found) {
			switch willing, err := c.server.willing(ctx); {
			case willing:
				return &c.server, nil
			case refused(err, http.StatusUnauthorized, http.StatusForbidden) && second == nil:
				second = &c.server
			}
		}
		if last {
			break
		}
		select {
		case <-found.news:
			pause(ctx, gatherTime)
		case <-browsed:
			last = true // once more: somebody may have come since
		case <-ctx.Done():
		}
	}
	if second != nil {
		return second, nil
	}
	return nil, ErrNoServer
}

// candidates returns where servers may be, the best first.
func (f finder) candidates(found *announced) []candidate {
	switch {
	case f.named != nil:
		return []candidate{{server: *f.named}}
	case f.local != "":
		return append([]candidate{{server: Server{URL: f.local}}}, found.candidates()...)
	}
	return found.candidates()
}

// willing reports whether a server would take a registration: asked for one of
// nothing, it says that the fields are wrong. The error is why it would not.
func (s *Server) willing(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	_, err := s.Register(ctx, Check{})
	var e *Error
	if !errors.As(err, &e) {
		return false, err
	}
	return e.Status == http.StatusUnprocessableEntity && len(e.Fields) > 0 || e.Status == http.StatusTooManyRequests, err
}

// How long a candidate has to answer, and how long those who are slower to
// announce themselves are waited for.
const (
	probeTime  = 2 * time.Second
	gatherTime = 300 * time.Millisecond
)
