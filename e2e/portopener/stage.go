package main

import (
	"fmt"
	"log/slog"
	"time"
)

// Stage is a server together with the clients that connect to it. Its methods
// belong to one goroutine.
type Stage struct {
	server  *Server
	clients *Clients
	accepts bool
	timeout time.Duration
}

// openStage opens the server, then the clients. When it fails it leaves
// nothing open.
func openStage(o Options, log *slog.Logger) (*Stage, error) {
	if err := checkDescriptors(o.Connections); err != nil {
		return nil, err
	}
	server, err := listen(o, log)
	if err != nil {
		return nil, err
	}
	stage := &Stage{
		server:  server,
		clients: newClients(o, server.Port(), log),
		// A shared port spreads connections over processes: what this one
		// accepts says nothing about what its own clients opened.
		accepts: o.Accept && !o.UDP && !o.ReusePort,
		timeout: o.Timeout,
	}
	if err := stage.Open(o.Connections); err != nil {
		stage.Close()
		return nil, err
	}
	return stage, nil
}

// Port is the server's port.
func (s *Stage) Port() uint16 { return s.server.Port() }

// Held is the number of connections that the clients hold.
func (s *Stage) Held() int { return s.clients.Held() }

// Open opens n more client connections and waits until the server has
// accepted them, so that an observer sees no half-made ones.
func (s *Stage) Open(n int) error {
	if err := checkDescriptors(s.Held() + n); err != nil {
		return err
	}
	if err := s.clients.Open(n); err != nil {
		return err
	}
	return s.settle()
}

// CloseClients closes the clients and waits until the server has closed its
// side too; it returns how many there were.
func (s *Stage) CloseClients() (int, error) {
	n := s.clients.Close()
	return n, s.settle()
}

// CloseListeners stops listening and keeps every connection.
func (s *Stage) CloseListeners() { s.server.CloseListeners() }

// CloseServer closes the server's side. From then on it accepts nothing, so
// nothing waits for it to.
func (s *Stage) CloseServer() {
	s.accepts = false
	s.server.Close()
}

// Close closes everything, the clients first.
func (s *Stage) Close() {
	s.clients.Close()
	s.server.Close()
}

// settle waits until the server holds as many connections as the clients do.
func (s *Stage) settle() error {
	if !s.accepts {
		return nil
	}
	deadline := time.Now().Add(s.timeout)
	for s.server.Accepted() != s.clients.Held() {
		if time.Now().After(deadline) {
			return fmt.Errorf("the server holds %d connections, the clients %d", s.server.Accepted(), s.clients.Held())
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}
