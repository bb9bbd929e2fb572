package mail

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// Mechanisms of AUTH that we speak (RFC 4616, RFC 2195, RFC 5802, RFC 7677).
const (
	mechPlain  = "PLAIN"
	mechLogin  = "LOGIN"
	mechCRAM   = "CRAM-MD5"
	mechSCRAM1 = "SCRAM-SHA-1"
	mechSCRAM2 = "SCRAM-SHA-256"
)

// maxRounds bounds those of SCRAM: a relay may not make us count for minutes.
const maxRounds = 1 << 20

// An offerError says that a relay offers no way to log in that will do.
type offerError string

func (e offerError) Error() string { return string(e) }

const (
	offersNone    = offerError("the relay offers no log-in")
	offersClear   = offerError("the relay offers no log-in that hides the password, and the connection is not encrypted")
	offersStrange = offerError("the relay offers no log-in that we know")
)

// A login chooses among the ways to log in that the relay offers: none that
// shows the password on a connection that others can read.
type login struct {
	relay    *relay
	loopback bool // who answers is this machine
	begun    bool
	auth     smtp.Auth
}

// Start implements [smtp.Auth].
func (l *login) Start(server *smtp.ServerInfo) (proto string, toServer []byte, err error) {
	l.begun = true
	offered := func(mech string) bool {
		return slices.ContainsFunc(server.Auth, func(s string) bool { return strings.EqualFold(s, mech) })
	}
	order := []string{mechSCRAM2, mechSCRAM1, mechPlain, mechLogin, mechCRAM}
	if !server.TLS && !l.loopback {
		order = []string{mechSCRAM2, mechSCRAM1, mechCRAM}
	}
	i := slices.IndexFunc(order, offered)
	switch {
	case i < 0 && len(server.Auth) == 0:
		return "", nil, offersNone
	case i < 0 && !server.TLS && !l.loopback:
		return "", nil, offersClear
	case i < 0:
		return "", nil, offersStrange
	}
	l.auth = l.speak(order[i], server.Name)
	return l.auth.Start(server)
}

func (l *login) speak(mech, server string) smtp.Auth {
	user, password := l.relay.user, l.relay.password
	switch mech {
	case mechSCRAM2:
		return smtp.ScramSHA256Auth(user, password)
	case mechSCRAM1:
		return smtp.ScramSHA1Auth(user, password)
	case mechCRAM:
		return smtp.CRAMMD5Auth(user, password)
	case mechLogin:
		return smtp.LoginAuth(user, password, server, true) // Start has seen to it that nobody reads along
	}
	return smtp.PlainAuth("", user, password, server, true)
}

var rounds = regexp.MustCompile(`(?:^|,)i=(\d+)`)

// Next implements [smtp.Auth].
func (l *login) Next(fromServer []byte, more bool) ([]byte, error) {
	if m := rounds.FindSubmatch(fromServer); more && m != nil {
		if n, err := strconv.Atoi(string(m[1])); err != nil || n > maxRounds {
			return nil, fmt.Errorf("the relay wants %s rounds of SCRAM", m[1])
		}
	}
	return l.auth.Next(fromServer, more)
}
