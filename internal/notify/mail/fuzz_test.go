package mail_test

import (
	"testing"

	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answertest"
	. "github.com/portreeve/portreeve/internal/notify/mail"
)

// FuzzMail writes mails with a stranger's text wherever there is one, reads
// them as a mail program does, and finds our fields and our body, and no more.
func FuzzMail(f *testing.F) {
	for _, trick := range answertest.Tricks() {
		f.Add(trick, trick, "down", "key")
	}
	f.Fuzz(func(t *testing.T, text, observer, kind, key string) {
		m := mailer(t, Config{URL: "smtp://localhost"})
		n := answertest.Hostile(text)
		n.Observer, n.Kind, n.Key, n.Incident = observer, notify.Kind(kind), key, ""
		if data := Compose(t, m, n); data != nil {
			inOrder(t, n, data)
		}
	})
}
