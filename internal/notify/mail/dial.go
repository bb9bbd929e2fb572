package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// A stage is how far a mail has come. A failure means different things before
// and after the mail's last line.
type stage string

const (
	connecting stage = "connect"
	loggingIn  stage = "log in"
	sender     stage = "name the sender"
	recipients stage = "name the recipients"
	content    stage = "hand over the mail"
	verdict    stage = "wait for the answer to the mail" // it may have been taken
)

// A stageError is a failure and where it came.
type stageError struct {
	stage stage
	err   error
}

func (e *stageError) Error() string { return fmt.Sprintf("%s: %v", e.stage, e.err) }
func (e *stageError) Unwrap() error { return e.err }

// A line is a connection to the relay, logged in.
type line struct {
	client *smtp.Client
	conn   *boundedConn
}

// dial connects, encrypts and logs in.
func (m *Mailer) dial(ctx context.Context) (*line, error) {
	login := &login{relay: m.relay}
	var conn *boundedConn
	stop := func() bool { return true }
	defer func() { stop() }()
	connect := func(dialing context.Context, network, _ string) (net.Conn, error) {
		// The library's own address lacks the brackets of IPv6.
		c, err := (&net.Dialer{}).DialContext(dialing, network, m.relay.address())
		if err != nil {
			return nil, err
		}
		stop = context.AfterFunc(ctx, func() { c.Close() })
		conn, login.loopback = newBoundedConn(c), m.near(c)
		if m.relay.policy == implicit {
			return tls.Client(conn, m.relay.tls), nil
		}
		return conn, nil
	}
	client, err := gomail.NewClient(m.relay.host, m.options(connect, login)...)
	if err != nil {
		return nil, &stageError{connecting, err}
	}
	talk, err := client.DialToSMTPClientWithContext(ctx)
	if err == nil {
		return &line{client: talk, conn: conn}, nil
	}
	if conn != nil {
		conn.Close()
	}
	if login.begun {
		return nil, &stageError{loggingIn, err}
	}
	return nil, &stageError{connecting, err}
}

func (m *Mailer) options(connect gomail.DialContextFunc, login *login) []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(m.relay.port), gomail.WithTimeout(m.limits.connect), gomail.WithDialContextFunc(connect),
		gomail.WithTLSConfig(m.relay.tls), gomail.WithTLSPolicy(m.relay.policy.gomail()),
	}
	if m.relay.policy == implicit {
		options = append(options, gomail.WithSSL())
	}
	if m.relay.helo != "" {
		options = append(options, gomail.WithHELO(m.relay.helo))
	}
	if m.relay.user != "" {
		options = append(options, gomail.WithSMTPAuthCustom(login))
	}
	return options
}

// gomail returns the policy in the words of the library.
func (p policy) gomail() gomail.TLSPolicy {
	switch p {
	case none:
		return gomail.NoTLS
	case opportunistic:
		return gomail.TLSOpportunistic
	}
	return gomail.TLSMandatory
}

// isNear reports whether nobody but this machine can read along.
func isNear(c net.Conn) bool {
	a, err := netip.ParseAddrPort(c.RemoteAddr().String())
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// maxAnswers bounds what a relay may say in the course of one mail, in bytes.
const maxAnswers = 1 << 20

var errTalkative = errors.New("the relay says more than any relay has to say")

// A boundedConn is a connection whose other end cannot fill our memory.
type boundedConn struct {
	net.Conn
	left atomic.Int64
}

func newBoundedConn(c net.Conn) *boundedConn {
	b := &boundedConn{Conn: c}
	b.refill()
	return b
}

// refill begins a new mail.
func (c *boundedConn) refill() { c.left.Store(maxAnswers) }

// Read reads as much as there may be.
func (c *boundedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.left.Add(-int64(n)) < 0 {
		return 0, errTalkative
	}
	return n, err
}
