package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/letter"
)

// compose writes the mail: header and body, as they travel. It depends on the
// notice and the configuration alone, so each try sends the same bytes; Date is
// when what the notice tells of happened.
func (m *Mailer) compose(n *notify.Notice) ([]byte, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	msg.FromMailAddress(m.from)
	msg.ToMailAddress(m.to...)
	msg.SetDateWithValue(n.At.UTC())
	for name, value := range m.header(n) {
		if value != "" {
			msg.SetGenHeader(gomail.Header(name), value)
		}
	}
	msg.SetBodyString(gomail.TypeTextPlain, letter.Body(*n))
	var b bytes.Buffer
	_, err := msg.WriteTo(&b)
	return b.Bytes(), err
}

// header returns the fields that are ours.
func (m *Mailer) header(n *notify.Notice) map[string]string {
	h := map[string]string{
		"Subject":    field(letter.Subject(*n)),
		"Message-ID": m.messageID(n.Key),
		"X-Mailer":   "portreeve",
		// RFC 3834: no out-of-office notes to it; Exchange has its own word.
		"Auto-Submitted":           "auto-generated",
		"X-Auto-Response-Suppress": "All",
		"X-Portreeve-Check":        field(n.Check),
		"X-Portreeve-Kind":         field(string(n.Kind)),
		"X-Portreeve-Status":       field(string(n.Status)),
		"X-Portreeve-Route":        field(n.Route),
		"X-Portreeve-Observer":     field(n.Observer),
		"X-Portreeve-Incident":     field(n.Incident),
		"X-Portreeve-Key":          field(n.Key),
	}
	if n.Incident == "" {
		return h
	}
	// All mails of an incident hang on one that is never sent, for none knows
	// which of them was: programs show them as one thread all the same.
	h["References"] = m.messageID("incident " + n.Incident)
	if n.Kind != notify.Down {
		h["In-Reply-To"] = h["References"]
	}
	return h
}

// messageID returns the Message-ID of whatever has a key. It is the same for
// ever: programs know a repeated mail by it.
func (m *Mailer) messageID(key string) string {
	sum := sha256.Sum256([]byte(key))
	name := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:26])
	return "<" + name + "@" + domain(m.from) + ">"
}

// maxField bounds a header field, in characters.
const maxField = 250

// field returns a text as a header field may hold it: on one line, with single
// spaces (folding at two makes an empty line), and not taken for an encoded
// word (RFC 2047) that it is not.
func field(s string) string {
	s = strings.Join(strings.Fields(foreign.Text(s).Clip(maxField)), " ")
	return strings.ReplaceAll(s, "=?", "= ?")
}

// names returns addresses for people.
func names(all []*mail.Address) string {
	var b []string
	for _, a := range all {
		b = append(b, foreign.Text(a.Address).Clip(maxLocal))
	}
	return strings.Join(b, ", ")
}
