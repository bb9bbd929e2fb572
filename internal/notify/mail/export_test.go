package mail

import (
	"net"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
)

// HoldFor has lines hung up after so long.
func HoldFor(m *Mailer, d time.Duration) { m.limits.idle = d }

// Hurry gives the relay so long for each step.
func Hurry(m *Mailer, d time.Duration) {
	m.limits.connect, m.limits.command, m.limits.verdict = d, d, d
}

// GiveUpLaggards has recipients passed over who are refused for so long.
func GiveUpLaggards(m *Mailer, d time.Duration) { m.limits.laggard = d }

// Policy, Port and Password of the relay as they were understood.
func Policy(m *Mailer) string   { return string(m.relay.policy) }
func Port(m *Mailer) int        { return m.relay.port }
func Password(m *Mailer) string { return m.relay.password }

// Open counts the mails that some recipients have and others do not.
func Open(m *Mailer) int { return len(m.ledger.order) }

// Challenge has a log-in answer what a relay says in it.
func Challenge(says string) ([]byte, error) { return (&login{}).Next([]byte(says), true) }

// Compose returns the mail of a notice as it travels.
func Compose(t *testing.T, m *Mailer, n notify.Notice) []byte {
	t.Helper()
	data, err := m.compose(&n)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// BeFar has whoever answers taken for another machine.
func BeFar(m *Mailer) { m.near = func(net.Conn) bool { return false } }
