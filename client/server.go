package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// A Server is a portreeve to talk to. Each of its methods makes one request. A
// refusal is an [*Error]; every other error means that there was no answer, or
// none that could be understood, and it is not known whether the server did what
// it was asked to. It is safe for concurrent use while nobody changes it.
type Server struct {
	// URL is where it is: http://192.0.2.7:9860, or https://monitor.example.org with
	// a path before /api/v1 if there is one.
	URL string
	// Token is shown with each request: one of the scope register, or the owner's
	// token that came with a registration. Empty: the server goes by the address
	// that the request comes from. Over plain HTTP everybody on the way can read it.
	Token string
	// HTTP makes the requests. With nil each has a connection of its own and at most
	// ten seconds, no proxy of the environment is used (a server cannot tell for whom
	// a proxy asks, and refuses), and redirections are errors.
	HTTP *http.Client
}

// Register signs a check up, or changes it, or says that its app has started
// again; the Outcome says which. A paused one is resumed. What the server refuses
// stays as it was.
func (s *Server) Register(ctx context.Context, c Check) (*Receipt, error) {
	var receipt Receipt
	if err := s.do(ctx, http.MethodPost, "/checks", c.wire(), &receipt); err != nil {
		return nil, err
	}
	return &receipt, nil
}

// Change gives a registered check another definition without counting a restart.
func (s *Server) Change(ctx context.Context, c Check) (*Receipt, error) {
	path, err := checkPath(c.Name, "")
	if err != nil {
		return nil, err
	}
	var receipt Receipt
	if err := s.do(ctx, http.MethodPut, path, c.wire(), &receipt); err != nil {
		return nil, err
	}
	return &receipt, nil
}

// Pause ends the questions until Resume, or until the app signs up again. Why is
// for people, on one line; it may be empty.
func (s *Server) Pause(ctx context.Context, name, why string) error {
	return s.post(ctx, name, "/pause", struct {
		Why string `json:"why,omitempty"`
	}{why})
}

// Resume begins the questions again after Pause.
func (s *Server) Resume(ctx context.Context, name string) error {
	return s.post(ctx, name, "/resume", nil)
}

// Stop signs a check off: nobody asks it any more, and its name is free.
func (s *Server) Stop(ctx context.Context, name string) error {
	path, err := checkPath(name, "")
	if err != nil {
		return err
	}
	return s.do(ctx, http.MethodDelete, path, nil, nil)
}

// Info tells how a registered check is. It is told to its owner only.
func (s *Server) Info(ctx context.Context, name string) (*Info, error) {
	path, err := checkPath(name, "/registration")
	if err != nil {
		return nil, err
	}
	var info Info
	if err := s.do(ctx, http.MethodGet, path, nil, &info); err != nil {
		return nil, err
	}
	return &info, nil
}

// Beat sends a heartbeat for a check whose URL is push://NAME. The server counts
// from when it comes.
func (s *Server) Beat(ctx context.Context, name string, b Beat) error {
	if err := pathName(name); err != nil {
		return err
	}
	path := "/push/" + url.PathEscape(name)
	switch b.Signal {
	case "":
	case SignalStart, SignalFinish, SignalFail:
		path += "/" + string(b.Signal)
	default:
		return fmt.Errorf("%q is no signal: %s, %s or %s", b.Signal, SignalStart, SignalFinish, SignalFail)
	}
	return s.do(ctx, http.MethodPost, path, b.body(), nil)
}

// post makes a request about a registered check.
func (s *Server) post(ctx context.Context, name, action string, body any) error {
	path, err := checkPath(name, action)
	if err != nil {
		return err
	}
	return s.do(ctx, http.MethodPost, path, body, nil)
}

// patience is how long a request may take for which nobody said otherwise.
const patience = 10 * time.Second
