package mail

import (
	"context"
	"errors"
	"io"
	"net/mail"
	"net/textproto"
	"time"
)

// deliver hands a mail to the relay for these recipients. An error means that
// nobody got it, unless it comes at the stage of the verdict. A line that was
// held open may have died meanwhile, so another is tried then.
func (m *Mailer) deliver(ctx context.Context, to []*mail.Address, msg []byte) (delivery, error) {
	if l := m.held(ctx); l != nil {
		d, err := m.converse(ctx, l, to, msg)
		if failed, _ := errors.AsType[*stageError](err); failed == nil || failed.stage == verdict || !lost(err) {
			return d, err
		}
	}
	l, err := m.dial(ctx)
	if err != nil {
		return delivery{}, err
	}
	return m.converse(ctx, l, to, msg)
}

// lost reports whether a line is of no more use: it broke, or the relay says
// that it closes it (RFC 5321, section 3.8).
func lost(err error) bool {
	reply, ok := errors.AsType[*textproto.Error](err)
	return !ok || reply.Code == 421
}

// held takes the line that is held open, when there is one and the relay is
// ready for another mail.
func (m *Mailer) held(ctx context.Context) *line {
	l := m.line
	if l == nil {
		return nil
	}
	m.line = nil
	m.hangUp.Stop()
	stop := context.AfterFunc(ctx, func() { l.conn.Close() })
	defer stop()
	l.conn.refill()
	if err := l.within(m.limits.command, l.client.Reset); err != nil {
		l.conn.Close()
		return nil
	}
	return l
}

// hold keeps a line for the next mail, for a while.
func (m *Mailer) hold(l *line) {
	m.line = l
	m.hangUp = time.AfterFunc(m.limits.idle, func() {
		<-m.turn
		defer func() { m.turn <- struct{}{} }()
		if m.line == l {
			m.line = nil
			l.quit()
		}
	})
}

// converse sends one mail over a line and holds the line if it can be used
// again.
func (m *Mailer) converse(ctx context.Context, l *line, to []*mail.Address, msg []byte) (delivery, error) {
	stop := context.AfterFunc(ctx, func() { l.conn.Close() })
	defer stop()
	d, err := m.transact(l, to, msg)
	switch {
	case err == nil:
		m.hold(l)
	case lost(err):
		l.conn.Close()
	default:
		l.quit()
	}
	return d, err
}

// transact is one mail transaction (RFC 5321, section 3.3). The mail goes to
// those recipients that the relay takes; with none, no mail is handed over.
func (m *Mailer) transact(l *line, to []*mail.Address, msg []byte) (delivery, error) {
	l.client.SkipSMTPUTF8(m.plain(to))
	if err := l.within(m.limits.command, func() error { return l.client.Mail(path(m.from)) }); err != nil {
		return delivery{}, &stageError{sender, err}
	}
	var d delivery
	for _, a := range to {
		err := l.within(m.limits.command, func() error { return l.client.Rcpt(path(a)) })
		reply, answered := errors.AsType[*textproto.Error](err)
		switch {
		case err == nil:
			d.taken = append(d.taken, a)
		case !answered || reply.Code == 421:
			return delivery{}, &stageError{recipients, err}
		default:
			d.refused = append(d.refused, refusal{a, reply})
		}
	}
	if len(d.taken) == 0 {
		return d, nil
	}
	return d, m.handOver(l, msg)
}

// handOver sends the mail itself. Once its last line is on its way, the relay
// may have taken it, whatever becomes of the answer.
func (m *Mailer) handOver(l *line, msg []byte) error {
	var w io.WriteCloser
	begin := func() (err error) {
		if w, err = l.client.Data(); err == nil {
			_, err = w.Write(msg)
		}
		return err
	}
	if err := l.within(m.limits.command, begin); err != nil {
		return &stageError{content, err}
	}
	if err := l.within(m.limits.verdict, w.Close); err != nil {
		return &stageError{verdict, err}
	}
	return nil
}

// plain reports whether the envelope holds nothing but ASCII, so that relays on
// the way need not know SMTPUTF8.
func (m *Mailer) plain(to []*mail.Address) bool {
	for _, a := range to {
		if !ascii(a) {
			return false
		}
	}
	return ascii(m.from)
}

// within gives a step so long, and no longer.
func (l *line) within(d time.Duration, step func() error) error {
	if err := l.conn.SetDeadline(time.Now().Add(d)); err != nil {
		return err
	}
	return step()
}

// goodbye is how long the relay has to say it back.
const goodbye = time.Second

// quit ends the conversation as is polite.
func (l *line) quit() {
	_ = l.within(goodbye, l.client.Quit)
	l.conn.Close()
}
