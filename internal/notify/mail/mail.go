// Package mail is the channel that sends notices as mail, by a relay that
// speaks SMTP: one of the house, Gmail with an app password, Amazon SES.
//
// A mail is the same word for word, with the same Message-ID and Date, however
// often it is tried, so a mail program shows a repeat as the one it has. The
// relay is named by a URL:
//
//	smtp://user@host:587    STARTTLS, or nothing is sent; clear text on the loopback
//	smtps://user@host:465   TLS from the first byte
//
// with these parameters: tls=required, opportunistic (if the relay offers it)
// or none; ca_file=PATH, to trust the certificates in that file and no others;
// insecure=true, to trust any; helo=NAME, how to introduce ourselves. Without
// TLS a password is sent to the loopback alone; other relays then have to offer
// CRAM-MD5 or SCRAM.
package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/redact"
)

// A Config says how mail goes out. All of it but the password is needed.
type Config struct {
	URL      string // of the relay, without a password
	Password string // of the URL's user
	From     string // the sender: an address, with a name or without
	To       []string
	// Log takes warnings about recipients that are passed over while others get
	// their mail; nil: nobody.
	Log *slog.Logger
}

// A ConfigError says what is wrong with a Config.
type ConfigError struct {
	Field string // of a route's configuration: email.smtp, email.from, email.to
	Err   error
	hint  string
}

// Error says what is wrong.
func (e *ConfigError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *ConfigError) Unwrap() error { return e.Err }

// Key names the field that is wrong, by its key in a route's configuration.
func (e *ConfigError) Key() string { return e.Field }

// Hint says what to write instead.
func (e *ConfigError) Hint() string { return e.hint }

func wrong(field, hint, format string, args ...any) *ConfigError {
	return &ConfigError{Field: field, Err: fmt.Errorf(format, args...), hint: hint}
}

// A Mailer sends notices as mail. It holds its connection for some seconds, so
// that many mails in a row need one. It is safe for concurrent use: one mail at
// a time is under way.
type Mailer struct {
	relay  *relay
	from   *mail.Address
	to     []*mail.Address
	log    *slog.Logger
	redact redact.Redactor
	limits limits
	near   func(net.Conn) bool // whether a password may be shown to who answers

	turn   chan struct{} // holds a value while nobody sends; guards what follows
	line   *line         // to the relay; nil when there is none
	hangUp *time.Timer   // ends the line once it is idle
	ledger ledger
}

var _ notify.Sender = (*Mailer)(nil)

// limits bound what a relay may take its time for.
type limits struct {
	connect time.Duration // to be connected, greeted, encrypted and logged in
	command time.Duration // for the answer to a command
	verdict time.Duration // for the answer to a whole mail, which the relay may examine
	overall time.Duration // for all of it
	idle    time.Duration // that a line is held without a mail
	laggard time.Duration // that a recipient may be refused for the time being while others have the mail
}

func defaults() limits {
	return limits{
		connect: 30 * time.Second, command: 30 * time.Second, verdict: time.Minute, overall: 90 * time.Second,
		idle: 10 * time.Second, laggard: 15 * time.Minute,
	}
}

// New returns a Mailer, or a [*ConfigError]. It connects to nobody.
func New(c Config) (*Mailer, error) {
	relay, err := parseRelay(c.URL, c.Password)
	if err != nil {
		return nil, err
	}
	m := &Mailer{
		relay: relay, log: c.Log, redact: redact.New(c.Password, relay.password),
		limits: defaults(), near: isNear, turn: make(chan struct{}, 1),
	}
	m.turn <- struct{}{}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if m.from, err = parseMailbox(c.From); err != nil {
		return nil, wrong("email.from", "write it as in portreeve@example.org", "the sender %w", err)
	}
	if len(c.To) == 0 {
		return nil, wrong("email.to", "write it as in ops@example.org", "there is nobody to mail to")
	}
	for _, text := range c.To {
		to, err := parseMailbox(text)
		if err != nil {
			return nil, wrong("email.to", "write it as in ops@example.org", "the recipient %w", err)
		}
		if !m.has(to.Address) {
			m.to = append(m.to, to)
		}
	}
	return m, nil
}

// has reports whether an address is among the recipients.
func (m *Mailer) has(address string) bool {
	for _, a := range m.to {
		if a.Address == address {
			return true
		}
	}
	return false
}

// Send implements [notify.Sender]. When the relay takes the mail for some of
// the recipients, the next try goes to the others alone; who is refused for
// good, or for a quarter of an hour while others have the mail, is passed over
// with a warning. What is known of that is lost with the process: then all are
// mailed again, with the same Message-ID.
func (m *Mailer) Send(ctx context.Context, n notify.Notice) error {
	msg, err := m.compose(&n)
	if err != nil {
		return &notify.Failure{Err: m.redact.Error(fmt.Errorf("write mail: %w", err)), Permanent: true}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, m.limits.overall, errTooSlow)
	defer cancel()
	select {
	case <-m.turn:
	case <-ctx.Done():
		return &notify.Failure{Err: context.Cause(ctx)}
	}
	defer func() { m.turn <- struct{}{} }()
	refused, err := m.deliver(ctx, m.ledger.left(n.Key, m.to), msg)
	if err != nil {
		return m.failure(ctx, err)
	}
	return m.settle(n.Key, refused)
}

var errTooSlow = errors.New("the relay takes too long")
