package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"net/textproto"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
)

// A refusal is a recipient for whom the relay did not take a mail.
type refusal struct {
	to  *mail.Address
	err *textproto.Error
}

// permanent reports whether it is of no use to try again (RFC 5321, section
// 4.2.1).
func (r refusal) permanent() bool { return r.err.Code >= 500 && !aboutUs(r.err.Code) }

// A delivery is what became of a mail that the relay has answered for.
type delivery struct {
	taken   []*mail.Address
	refused []refusal
}

// settle judges a delivery. Somebody has the mail: it must not be written again
// for the others, so what is left for later is doubtful, which repeats it word
// for word.
func (m *Mailer) settle(key string, d delivery) error {
	since := m.ledger.since(key)
	if len(d.taken) == 0 && since.IsZero() && len(d.refused) > 0 {
		return m.refusedByAll(d.refused)
	}
	since = m.ledger.done(key, d.taken)
	var late []refusal
	for _, r := range d.refused {
		if r.permanent() || time.Since(since) > m.limits.laggard {
			m.ledger.done(key, []*mail.Address{r.to})
			m.log.Warn("mail not taken for a recipient, others have it", "key", key, "to", names([]*mail.Address{r.to}), "err", m.redact.Text(said(r.err)))
			continue
		}
		late = append(late, r)
	}
	if len(late) == 0 {
		m.ledger.forget(key)
		return nil
	}
	return &notify.Failure{Err: m.refusals(late, "some have it; "), Doubtful: true}
}

// refusedByAll judges a mail that nobody has: it is lost for good only if every
// recipient was refused for good.
func (m *Mailer) refusedByAll(refused []refusal) error {
	f := &notify.Failure{Err: m.refusals(refused, ""), Permanent: true}
	for _, r := range refused {
		f.Permanent = f.Permanent && r.permanent()
	}
	return f
}

// refusals says who was refused, and why the first was.
func (m *Mailer) refusals(all []refusal, before string) error {
	text := fmt.Sprintf("%s: %s%s refused: %s", m.relay, before, names([]*mail.Address{all[0].to}), said(all[0].err))
	if len(all) > 1 {
		text += fmt.Sprintf("; and %d others", len(all)-1)
	}
	return m.redact.Error(errors.New(text))
}
