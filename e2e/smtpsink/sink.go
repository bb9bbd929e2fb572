// Package smtpsink is a mail server for tests that keeps what it gets. A
// [Sink] is a well-behaved one, with TLS and authentication, that can be told
// to refuse this or that, to go down and to come up again at the same address.
// A [Script] is one that misbehaves: silent, slow, talkative, or dead in the
// middle of a word.
package smtpsink

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// A Mail is one that was taken.
type Mail struct {
	At   time.Time
	From string   // of the envelope
	To   []string // of the envelope
	Data []byte   // header and body
	User string   // who was logged in; empty: nobody
	TLS  bool
	Conn int // counts the connections from 1
}

// Header returns the value of a header as it travelled, unfolded but not
// decoded; empty when there is none.
func (m Mail) Header(name string) string {
	head, _, _ := strings.Cut(string(m.Data), "\r\n\r\n")
	for _, line := range strings.Split(strings.ReplaceAll(head, "\r\n ", " "), "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// Options say what a Sink is like. The zero Options take any mail, in clear
// text, from anybody.
type Options struct {
	TLS      *tls.Config // offers STARTTLS
	Implicit bool        // speaks TLS from the first byte
	// User and Password have to be given before a mail is taken, when User is not
	// empty, over TLS or not.
	User, Password string
	Mechanisms     []string // of AUTH; none: PLAIN and LOGIN
	// Addr is where to listen; empty: at some port of the loopback.
	Addr string
}

// Phases of a transaction, for [Sink.Refuse].
const (
	PhaseMail = "MAIL" // with the sender
	PhaseRcpt = "RCPT" // with the recipient
	PhaseData = "DATA" // with the whole mail
)

// A Sink is a mail server that keeps what it gets. Its methods are safe for
// concurrent use.
type Sink struct {
	Addr string

	options Options

	mu     sync.Mutex
	server *smtp.Server // nil while it is down
	ln     net.Listener // of the server, which may not know it yet
	mails  []Mail
	refuse func(phase, arg string) error
	conns  int
	grown  chan struct{} // closed and replaced when a mail comes
}

// Open starts a Sink that ends with the test.
func Open(t testing.TB, o Options) *Sink {
	t.Helper()
	s := &Sink{options: o, Addr: o.Addr, grown: make(chan struct{})}
	if s.Addr == "" {
		s.Addr = "127.0.0.1:0"
	}
	s.Up(t)
	t.Cleanup(s.Down)
	return s
}

// Up starts the server again, at the address that it had.
func (s *Sink) Up(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", s.Addr)
	if err != nil {
		t.Fatalf("start the mail server: %v", err)
	}
	s.Addr = l.Addr().String()
	if s.options.Implicit {
		l = tls.NewListener(l, s.options.TLS)
	}
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain, server.AllowInsecureAuth, server.EnableSMTPUTF8 = "sink.example.org", true, true
	server.ErrorLog = log.New(io.Discard, "", 0)
	if !s.options.Implicit {
		server.TLSConfig = s.options.TLS
	}
	s.mu.Lock()
	s.server, s.ln = server, l
	s.mu.Unlock()
	go server.Serve(l)
}

// Down ends the server and its connections: nobody listens there until
// [Sink.Up].
func (s *Sink) Down() {
	s.mu.Lock()
	server, ln := s.server, s.ln
	s.server = nil
	s.mu.Unlock()
	if server != nil {
		ln.Close()
		server.Close()
	}
}

// Refuse has every phase of a transaction asked whether to go on; an error
// that is an [*smtp.SMTPError] is the answer. A nil function refuses nothing.
// [Reply] makes such errors.
func (s *Sink) Refuse(f func(phase, arg string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = f
}

// Reply returns the error that [Sink.Refuse] answers with: a code such as 550,
// and a text.
func Reply(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
}

// Mails returns what was taken, the oldest first.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Conns returns how many connections there were.
func (s *Sink) Conns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// Wait returns the mails once there are n of them, and ends the test when they
// do not come in time.
func (s *Sink) Wait(t testing.TB, n int, patience time.Duration) []Mail {
	t.Helper()
	late := time.After(patience)
	for {
		s.mu.Lock()
		mails, grown := append([]Mail(nil), s.mails...), s.grown
		s.mu.Unlock()
		if len(mails) >= n {
			return mails
		}
		select {
		case <-grown:
		case <-late:
			t.Fatalf("%d mails after %v, want %d: %s", len(mails), patience, n, subjects(mails))
		}
	}
}

func subjects(mails []Mail) string {
	var all []string
	for _, m := range mails {
		all = append(all, m.Header("Subject"))
	}
	return strings.Join(all, "; ")
}

// keep takes a mail.
func (s *Sink) keep(m Mail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
	close(s.grown)
	s.grown = make(chan struct{})
}

// asks returns what is to be said to a phase; nil: go on.
func (s *Sink) asks(phase, arg string) error {
	s.mu.Lock()
	f := s.refuse
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(phase, arg)
}
