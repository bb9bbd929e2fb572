package smtpsink

import (
	"io"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A session is one connection to a Sink.
type session struct {
	sink *Sink
	conn *smtp.Conn
	mail Mail
	user string
	nth  int
}

func (s *Sink) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns++ // STARTTLS makes a second session of a connection
	if _, isTLS := c.TLSConnectionState(); isTLS && !s.options.Implicit {
		s.conns--
	}
	return &session{sink: s, conn: c, nth: s.conns}, nil
}

// AuthMechanisms implements [smtp.AuthSession].
func (s *session) AuthMechanisms() []string {
	o := s.sink.options
	switch {
	case o.User == "":
		return nil
	case o.Mechanisms == nil:
		return []string{sasl.Plain, sasl.Login}
	}
	return o.Mechanisms
}

// Auth implements [smtp.AuthSession].
func (s *session) Auth(mech string) (sasl.Server, error) {
	o := s.sink.options
	check := func(_, user, password string) error {
		if user != o.User || password != o.Password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(check), nil
	case sasl.Login:
		return &login{done: func(user, password string) error { return check("", user, password) }}, nil
	case CRAMMD5:
		return &cramMD5{password: o.Password, done: func(user string) error { return check("", user, o.Password) }}, nil
	case SCRAMSHA256:
		return &scramSHA256{password: o.Password, done: func(user string) error { return check("", user, o.Password) }}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// Mail implements [smtp.Session].
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.sink.options.User != "" && s.user == "" {
		return Reply(530, "authentication required")
	}
	if err := s.sink.asks(PhaseMail, from); err != nil {
		return err
	}
	_, isTLS := s.conn.TLSConnectionState()
	s.mail = Mail{From: from, User: s.user, TLS: isTLS || s.sink.options.Implicit, Conn: s.nth}
	return nil
}

// Rcpt implements [smtp.Session].
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.sink.asks(PhaseRcpt, to); err != nil {
		return err
	}
	s.mail.To = append(s.mail.To, to)
	return nil
}

// Data implements [smtp.Session].
func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.sink.asks(PhaseData, string(data)); err != nil {
		return err
	}
	s.mail.At, s.mail.Data = time.Now(), data
	s.sink.keep(s.mail)
	return nil
}

// Reset implements [smtp.Session].
func (s *session) Reset() { s.mail = Mail{} }

// Logout implements [smtp.Session].
func (s *session) Logout() error { return nil }
