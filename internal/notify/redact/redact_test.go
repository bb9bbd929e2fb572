package redact_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/notify/redact"
)

// TestHides: a secret shows in none of the forms in which it travels.
func TestHides(t *testing.T) {
	const secret = "s3cr?t/p@ss w0rd+é"
	r := redact.New("", "short", secret)
	b64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	texts := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), (&url.URL{Scheme: "https", User: url.UserPassword("u", secret), Host: "h"}).String(),
		hex.EncodeToString([]byte(secret)), b64(secret), base64.RawURLEncoding.EncodeToString([]byte(secret)),
		b64("\x00user\x00" + secret), b64("a:" + secret), b64("ab:" + secret + "\n"), b64("abc:" + secret),
	}
	for _, text := range texts {
		got := r.Text("server said " + text + ", sorry")
		if !strings.Contains(got, redact.Mask) || !strings.HasPrefix(got, "server said ") || !strings.HasSuffix(got, ", sorry") {
			t.Errorf("%q: %q", text, got)
		}
		for i := 0; i+8 <= len(text) && !strings.HasPrefix(text, "https"); i++ {
			// The ends of a piece of base64 hold bits of what stands around the secret.
			if piece := text[i : i+8]; strings.Contains(got, piece) && !strings.Contains(b64("\x00user\x00"), piece) && i > 10 && i < len(text)-8 {
				t.Errorf("%q: a piece %q is left in %q", text, piece, got)
			}
		}
	}
}

func TestLeavesTheRest(t *testing.T) {
	for _, r := range []redact.Redactor{{}, redact.New(), redact.New("unheard-of")} {
		if got := r.Text("550 no such user"); got != "550 no such user" {
			t.Errorf("got %q", got)
		}
		if r.Error(nil) != nil {
			t.Error("nil became an error")
		}
	}
	if got := redact.New().Text("a\r\nb\x1b[2J" + strings.Repeat("x", 10000)); strings.ContainsAny(got, "\r\n\x1b") || len(got) > 500 {
		t.Errorf("got %q", got)
	}
}

// TestErrorKeepsNothing: no verb and no unwrapping brings the secret back.
func TestErrorKeepsNothing(t *testing.T) {
	err := redact.New("hunter22").Error(&url.Error{Op: "Post", URL: "https://hunter22@h/", Err: errors.New("no route")})
	if got := fmt.Sprintf("%v %+v %#v %q", err, err, err, err); strings.Contains(got, "hunter22") || errors.Unwrap(err) != nil {
		t.Errorf("got %s", got)
	}
	if !strings.Contains(err.Error(), "no route") {
		t.Errorf("got %v", err)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("hunter22", "a", "b")
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < 8 || strings.Contains(redact.Mask+"…"+before+after, secret[1:]) {
			return // too short, or no secret
		}
		r := redact.New(secret)
		for _, text := range []string{before + secret + after, base64.StdEncoding.EncodeToString([]byte(before + secret + after))} {
			if got := r.Text(text); strings.Contains(got, secret) || len([]rune(text)) < 300 && !strings.Contains(got, redact.Mask) && text != got {
				t.Errorf("secret %q in %q: %q", secret, text, got)
			}
		}
	})
}
