package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/discovery"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/term"
)

// SignupOptions are the words of every command that talks to a server about a
// check that signed up there.
type SignupOptions struct {
	Name   string // of the check
	Server string // URL; empty: where the name was registered from here, else found on the network
	Token  string // empty: the owner's, as it was kept here
	// Shown tells that the token stands on the command line, for all to see.
	Shown     bool
	JSON      bool
	LookupEnv func(name string) (string, bool)
}

const (
	findTime    = 6 * time.Second  // to find a server
	requestTime = 10 * time.Second // for a request with its answer
)

// A signup is a talk with a server about one check.
type signup struct {
	server *client.Server
	owners owners
	name   string
	kept   bool // the token that is shown is the one that was kept here
	known  bool // the server is the one where the name was registered from here

	signing bool // the name is being signed up, and need not be known
}

// open finds the server, and the token to show there. It looks first where the
// name was registered from here, unless it is to be found anew.
func (o SignupOptions) open(ctx context.Context, anew bool, errs io.Writer) (*signup, error) {
	if err := health.CheckName(o.Name); err != nil {
		return nil, usage(fmt.Errorf("%q is no name of a check: it %w", o.Name, err), "write a-z, 0-9, dot, dash and underscore, as in shop-api")
	}
	s := &signup{owners: owners{ownersFile(o.LookupEnv)}, name: o.Name}
	if o.Token != "" && o.Server == "" {
		return nil, usage(errors.New("a token needs a server: whoever answers first on the network would get it"), "name the server: --server http://HOST:9860")
	}
	var err error
	if s.server, s.known, err = o.find(ctx, s.owners, anew, errs); err != nil {
		return nil, err
	}
	if s.server.Token = o.Token; o.Token == "" {
		s.server.Token, err = s.owners.token(s.server.URL, o.Name)
		s.kept = s.server.Token != ""
	} else if o.Shown {
		err = term.Remark(errs, []term.Line{{Text: "a token on the command line can be read by every user of this machine", Hint: "set PORTREEVE_TOKEN instead", Tone: term.Caution}})
	}
	return s, err
}

// find returns the server that is named, known or found, and whether it was known.
func (o SignupOptions) find(ctx context.Context, kept owners, anew bool, errs io.Writer) (s *client.Server, known bool, err error) {
	if o.Server != "" {
		at, err := serverURL(o.Server)
		return &client.Server{URL: at}, false, err
	}
	if !anew {
		servers, err := kept.servers(o.Name)
		switch {
		case err != nil:
			return nil, false, err
		case len(servers) > 1:
			return nil, false, usage(fmt.Errorf("%s is registered at %s", o.Name, strings.Join(servers, " and at ")), "say which one: --server "+servers[0])
		case len(servers) == 1:
			return &client.Server{URL: servers[0]}, true, nil
		}
	}
	s, err = discover(ctx, errs)
	return s, false, err
}

// discover looks for a server on the local network.
func discover(ctx context.Context, errs io.Writer) (*client.Server, error) {
	p := term.NewProgress(errs)
	p.Show("looking for a portreeve on the local network …")
	defer p.Clear()
	within, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	listened := make(chan []string, 1)
	go func() {
		servers, _ := browser(discovery.Browse).heard(within) // where nobody can be heard, nobody is found either
		listened <- servers
	}()
	s, err := client.Find(within)
	switch {
	case err == nil:
		at, err := serverURL(s.URL)
		return &client.Server{URL: at, HTTP: s.HTTP}, err
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	cancel()
	return nil, notFound(<-listened, findTime)
}

// serverURL reads the URL of a server as people write it, and returns it as it
// is always written: the tokens that were kept are found by it.
func serverURL(text string) (string, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", usage(fmt.Errorf("%q is no server", text), "write it as in http://ports.example.org:9860")
	}
	if !strings.Contains(u.Host, "%") { // the zone of an address has its case
		u.Host = strings.ToLower(u.Host)
	}
	return strings.TrimSuffix(strings.TrimRight(u.String(), "/"), "/api/v1"), nil
}
