package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// portTries bounds the search for a port that is free in both IP versions.
const portTries = 20

// Server holds the listening side: its sockets and the connections that it
// accepted. It closes a connection when its client does, so what remains is
// TIME_WAIT and not CLOSE_WAIT. All methods are safe for concurrent use.
type Server struct {
	log  *slog.Logger
	port uint16

	mu       sync.Mutex
	sockets  []io.Closer
	accepted map[net.Conn]struct{}
}

// listen opens every bind of o on one port. When o.Port is 0 the first bind
// chooses it and the others follow. Where the port is taken it does as many
// application servers do: it takes the next one, o.Next times at most.
func listen(o Options, log *slog.Logger) (*Server, error) {
	for try := 1; ; try++ {
		s := &Server{log: log, port: o.Port, accepted: map[net.Conn]struct{}{}}
		err := s.open(o)
		if err == nil {
			return s, nil
		}
		s.Close()
		if try <= o.Next && o.Port != 0 && o.Port < 65535 && errors.Is(err, unix.EADDRINUSE) {
			o.Port++
			continue
		}
		if o.Port != 0 || try == portTries || !errors.Is(err, unix.EADDRINUSE) {
			return nil, explainBind(err, o)
		}
	}
}

func (s *Server) open(o Options) error {
	config := net.ListenConfig{Control: control(o)}
	for _, b := range o.binds() {
		at := netip.AddrPortFrom(b.addr, s.port).String()
		if o.UDP {
			if err := s.openUDP(config, b.network, at); err != nil {
				return err
			}
			continue
		}
		if err := s.openTCP(config, b.network, at, o); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) openTCP(config net.ListenConfig, network, at string, o Options) error {
	l, err := config.Listen(context.Background(), network, at)
	if err != nil {
		return err
	}
	listener := l.(*net.TCPListener)
	s.keep(listener, listener.Addr().(*net.TCPAddr).AddrPort())
	if o.Backlog > 0 {
		if err := limitBacklog(listener, o.Backlog); err != nil {
			return err
		}
	}
	if o.Accept {
		go s.acceptAll(listener)
	}
	return nil
}

func (s *Server) openUDP(config net.ListenConfig, network, at string) error {
	c, err := config.ListenPacket(context.Background(), network, at)
	if err != nil {
		return err
	}
	s.keep(c, c.LocalAddr().(*net.UDPAddr).AddrPort())
	return nil
}

func (s *Server) keep(socket io.Closer, at netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = append(s.sockets, socket)
	s.port = at.Port()
	s.log.Debug("listening", "addr", at.String())
}

func (s *Server) acceptAll(l *net.TCPListener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.log.Warn("accept", "err", err)
			time.Sleep(10 * time.Millisecond) // out of descriptors: nothing to do but wait for some
			continue
		}
		s.mu.Lock()
		s.accepted[c] = struct{}{}
		s.mu.Unlock()
		go s.drain(c)
	}
}

// drain reads until the client closes, then closes this side too.
func (s *Server) drain(c net.Conn) {
	_, err := io.Copy(io.Discard, c)
	s.log.Debug("client gone", "client", c.RemoteAddr().String(), "err", err)
	s.mu.Lock()
	delete(s.accepted, c)
	s.mu.Unlock()
	c.Close()
}

// Port is the port that every socket of the server listens on.
func (s *Server) Port() uint16 { return s.port }

// Accepted is the number of connections accepted and still open.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.accepted)
}

// CloseListeners stops listening. Accepted connections stay; connections that
// nobody has accepted are reset by the kernel.
func (s *Server) CloseListeners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, socket := range s.sockets {
		socket.Close()
	}
	s.sockets = nil
}

// Close stops listening and closes every accepted connection.
func (s *Server) Close() {
	s.CloseListeners()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.accepted {
		c.Close()
	}
	clear(s.accepted)
}

func explainBind(err error, o Options) error {
	err = fmt.Errorf("open the server: %w", err)
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return hint(err, fmt.Sprintf("something holds the port: ss -Htlnp 'sport = :%d' shows it; -p 0 takes a free one", o.Port))
	case errors.Is(err, unix.EACCES):
		return hint(err, "ports below net.ipv4.ip_unprivileged_port_start (1024) need CAP_NET_BIND_SERVICE")
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return hint(err, "the address is not one of this machine's: ip address lists them")
	}
	return err
}
