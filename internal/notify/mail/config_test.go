package mail_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	. "github.com/portreeve/portreeve/internal/notify/mail"
)

func TestRelayURL(t *testing.T) {
	for _, tt := range []struct {
		url, policy string
		port        int
	}{
		{"smtp://user@smtp.example.org:587", "required", 587},
		{"smtp://user@smtp.example.org", "required", 587},
		{"smtp://user@smtp.example.org:2525?tls=none", "none", 2525},
		{"smtp://user@smtp.example.org?tls=opportunistic", "opportunistic", 587},
		{"smtps://user@smtp.example.org", "implicit", 465},
		{"smtps://user@smtp.example.org:8465/?insecure=true&helo=ports.example.org", "implicit", 8465},
		{"smtp://user@example.org@smtp.gmail.com:587", "required", 587},
		{"smtp://AKIA%2Fx@email-smtp.eu-west-1.amazonaws.com:587", "required", 587},
		{"smtp://user@localhost", "none", 25},
		{"smtp://user@127.0.0.1:1025", "none", 1025},
		{"smtp://user@[::1]:1025?tls=required", "required", 1025},
		{"smtp://user@[2001:db8::1]", "required", 587},
	} {
		m, err := New(Config{URL: tt.url, Password: "abcd efgh ijkl", From: "a@example.org", To: []string{"b@example.org"}})
		if err != nil {
			t.Errorf("%s: %v", tt.url, err)
			continue
		}
		if Policy(m) != tt.policy || Port(m) != tt.port {
			t.Errorf("%s: %s at %d, want %s at %d", tt.url, Policy(m), Port(m), tt.policy, tt.port)
		}
		want := "abcd efgh ijkl"
		if strings.Contains(tt.url, "gmail.com") {
			want = "abcdefghijkl" // Google shows app passwords in groups
		}
		if Password(m) != want {
			t.Errorf("%s: password %q", tt.url, Password(m))
		}
	}
}

// TestConfigErrors: what is wrong is told with the field, a hint, and without
// the password.
func TestConfigErrors(t *testing.T) {
	dir := t.TempDir()
	empty, pipe, endless := filepath.Join(dir, "empty.pem"), filepath.Join(dir, "pipe"), filepath.Join(dir, "endless.pem")
	if err := errors.Join(os.WriteFile(empty, nil, 0o600), syscall.Mkfifo(pipe, 0o600), os.WriteFile(endless, nil, 0o600), os.Truncate(endless, 1<<40)); err != nil {
		t.Fatal(err)
	}
	good := Config{URL: "smtp://user@smtp.example.org:587", Password: password, From: "a@example.org", To: []string{"b@example.org"}}
	url := func(u string) Config { c := good; c.URL = u; return c }
	from := func(a string) Config { c := good; c.From = a; return c }
	to := func(a ...string) Config { c := good; c.To = a; return c }
	for _, tt := range []struct {
		config      Config
		field, says string
	}{
		{url(""), "email.smtp", "the relay is missing"},
		{url("smtp.example.org:587"), "email.smtp", "the relay's URL"},
		{url("smtp.example.org"), "email.smtp", `begins with ":"`},
		{url("http://smtp.example.org"), "email.smtp", `begins with "http:"`},
		{url("smtp:user@smtp.example.org"), "email.smtp", "cannot be read"},
		{url("smtp://user:" + "s3cr3tpass" + "@smtp.example.org"), "email.smtp", "has a password in it"},
		{url("smtp://user@smtp.example.org:s3cr3tpass"), "email.smtp", "cannot be read"},
		{url("smtp://user@smtp.example.org/inbox"), "email.smtp", "goes on behind host and port"},
		{url("smtp://user@:587"), "email.smtp", "the relay's host is empty"},
		{url("smtp://user@-host"), "email.smtp", "the relay's host begins with a dash"},
		{url("smtp://user@smtp.example.org:0"), "email.smtp", "port"},
		{url("smtp://user@smtp.example.org:70000"), "email.smtp", "port"},
		{url("smtp://smtp.example.org"), "email.smtp", "its URL names no user"},
		{url("smtp://us%0d%0aer@smtp.example.org"), "email.smtp", "line break"},
		{url("smtp://user@smtp.example.org?tls=maybe"), "email.smtp", "tls=maybe means nothing"},
		{url("smtp://user@smtp.example.org?tls=implicit"), "email.smtp", "tls=implicit means nothing"},
		{url("smtps://user@smtp.example.org?tls=none"), "email.smtp", "tls=none means nothing"},
		{url("smtp://user@smtp.example.org?tls=none&tls=none"), "email.smtp", "twice"},
		{url("smtp://user@smtp.example.org?starttls=1"), "email.smtp", `unknown parameter "starttls"`},
		{url("smtp://user@smtp.example.org?insecure=perhaps"), "email.smtp", "insecure=perhaps"},
		{url("smtp://user@smtp.example.org?helo=a%20b"), "email.smtp", "helo=a b has"},
		{url("smtp://user@smtp.example.org?ca_file=/nonexistent/ca.pem"), "email.smtp", "no such file"},
		{url("smtp://user@smtp.example.org?ca_file=" + empty), "email.smtp", "there is no certificate in it"},
		{url("smtp://user@smtp.example.org?ca_file=" + pipe), "email.smtp", "is no regular file"},
		{url("smtp://user@smtp.example.org?ca_file=/dev/zero"), "email.smtp", "is no regular file"},
		{url("smtp://user@smtp.example.org?ca_file=" + endless), "email.smtp", "is larger than"},
		{url("smtp://user@smtp.example.org?a=%zz"), "email.smtp", "cannot be read"},
		{Config{URL: good.URL, From: good.From, To: good.To}, "email.password_file", "password of the relay's user is missing"},
		{from(""), "email.from", "the sender is missing"},
		{from("nobody"), "email.from", `"nobody" is no mail address`},
		{from("a@example.org\r\nBcc: b@example.org"), "email.from", "is no mail address"},
		{from("a@example.org, b@example.org"), "email.from", "is no mail address"},
		{to(), "email.to", "nobody to mail to"},
		{to("b@example.org", " "), "email.to", "the recipient is missing"},
		{to("b@example.org", "c@"), "email.to", "is no mail address"},
		{to("b@example.org\nc@example.org"), "email.to", "is no mail address"},
		{to(strings.Repeat("x", 65) + "@example.org"), "email.to", "longer than mail addresses are"},
		{to("x@" + strings.Repeat("x.", 128)), "email.to", ""},
	} {
		_, err := New(tt.config)
		wrong, ok := errors.AsType[*ConfigError](err)
		if !ok || wrong.Field != tt.field || !strings.Contains(err.Error(), tt.says) || wrong.Hint() == "" && !strings.Contains(tt.says, "line break") && tt.says != "twice" {
			t.Errorf("%s %s %q:\n got %v\nwant %s: %s", tt.config.URL, tt.config.From, tt.config.To, err, tt.field, tt.says)
		}
		if err != nil && (strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "s3cr3tpass") || strings.ContainsAny(err.Error(), "\r\n")) {
			t.Errorf("%s: shows too much: %q", tt.config.URL, err)
		}
	}
}

func FuzzRelayURL(f *testing.F) {
	f.Add("smtp://user@smtp.example.org:587?tls=none")
	f.Add("smtps://[::1%25lo]:465?insecure=1")
	f.Fuzz(func(t *testing.T, url string) {
		if strings.Contains(url, "ca_file") {
			return // reads a file that the configuration names
		}
		_, err := New(Config{URL: url, Password: "x", From: "a@example.org", To: []string{"b@example.org"}})
		if _, ours := errors.AsType[*ConfigError](err); err != nil && !ours {
			t.Errorf("%q: %v", url, err)
		}
	})
}
