package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
)

// Limits of an address: RFC 5321, section 4.5.3.1.
const (
	maxLocal  = 64
	maxDomain = 255
)

// parseMailbox reads an address, with a name or without. The error goes on
// after "the sender".
func parseMailbox(text string) (*mail.Address, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("is missing")
	}
	shown := foreign.Text(text).Clip(100)
	a, err := mail.ParseAddress(text)
	if err != nil || strings.ContainsAny(a.Address+a.Name, "\r\n\x00") {
		return nil, fmt.Errorf("%q is no mail address", shown)
	}
	at := strings.LastIndexByte(a.Address, '@')
	if local, domain := a.Address[:at], a.Address[at+1:]; len(local) > maxLocal || len(domain) > maxDomain || domain == "" {
		return nil, fmt.Errorf("%q is longer than mail addresses are", shown)
	}
	return a, nil
}

// path returns an address as an envelope has it: in angle brackets, quoted
// where that is needed.
func path(a *mail.Address) string { return (&mail.Address{Address: a.Address}).String() }

// ascii reports whether an address can go by a relay that knows nothing but
// ASCII.
func ascii(a *mail.Address) bool {
	return !strings.ContainsFunc(a.Address, func(r rune) bool { return r > '~' })
}

// domain returns the part behind the at sign.
func domain(a *mail.Address) string { return a.Address[strings.LastIndexByte(a.Address, '@')+1:] }
