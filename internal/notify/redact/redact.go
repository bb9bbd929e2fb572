// Package redact keeps secrets out of what is told of failures. A server that
// refuses a password may repeat it in its answer, and the URL of a chat
// service is one long secret which errors like to quote.
package redact

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
)

// Mask stands where a secret stood.
const Mask = "[hidden]"

// maxText bounds, in characters, what is kept of a text.
const maxText = 400

// minEncoded is the shortest piece of an encoded secret, in bytes, that is
// looked for: shorter ones are found in any text.
const minEncoded = 6

// A Redactor knows some secrets and hides them in texts. The zero Redactor
// knows none. It is safe for concurrent use.
type Redactor struct{ replacer *strings.Replacer }

// New returns a Redactor that knows secrets, as they are and as they travel:
// in base64 by themselves or in the midst of more, in hexadecimal digits, and
// escaped for a URL. Empty ones are passed over.
func New(secrets ...string) Redactor {
	var forms []string
	for _, s := range secrets {
		if s != "" {
			forms = append(forms, s)
			forms = append(forms, encoded(s)...)
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // the longest first: a secret may hold another
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, Mask)
	}
	return Redactor{strings.NewReplacer(pairs...)}
}

// encoded returns what a secret looks like where it is not in the clear.
func encoded(s string) []string {
	var forms []string
	add := func(form string) {
		if len(form) >= minEncoded && form != s {
			forms = append(forms, form)
		}
	}
	add(url.QueryEscape(s))
	add(url.PathEscape(s))
	add(url.UserPassword("", s).String()[1:])
	add(hex.EncodeToString([]byte(s)))
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			add(inBase64(s, before, alphabet))
		}
	}
	return forms
}

// inBase64 returns the digits of a secret in base64 that do not depend on what
// stands around it, when some bytes, modulo 3, stand before it.
func inBase64(s string, before int, alphabet *base64.Encoding) string {
	digits := alphabet.EncodeToString([]byte(strings.Repeat("\x00", before) + s))
	first := (before*8 + 5) / 6 // the digits that hold bits of what stands before
	whole := (before + len(s)) * 8 / 6
	return digits[min(first, whole):whole]
}

// Text returns a text without the secrets, safe to look at and of bounded
// length.
func (r Redactor) Text(s string) string {
	if r.replacer != nil {
		s = r.replacer.Replace(s)
	}
	return foreign.Text(s).Clip(maxText)
}

// Error returns an error that says what err says, by [Redactor.Text]. It does
// not wrap err, so that nothing that prints it can find the secrets. Of nil it
// returns nil.
func (r Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(r.Text(err.Error()))
}
