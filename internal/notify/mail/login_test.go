package mail_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answertest"
	. "github.com/portreeve/portreeve/internal/notify/mail"
)

// TestTLS: the certificate is verified, and where TLS is demanded nothing is
// sent without.
func TestTLS(t *testing.T) {
	cert, caFile := smtpsink.Certificate(t)
	_, otherCA := smtpsink.Certificate(t)
	for _, tt := range []struct {
		name     string
		options  smtpsink.Options
		url      string // with the address for %s
		says     string // empty: the mail is taken
		inSecret bool
	}{
		{"STARTTLS", smtpsink.Options{TLS: cert}, "smtp://%s?tls=required&ca_file=" + caFile, "", true},
		{"STARTTLS when offered", smtpsink.Options{TLS: cert}, "smtp://%s?tls=opportunistic&ca_file=" + caFile, "", true},
		{"smtps", smtpsink.Options{TLS: cert, Implicit: true}, "smtps://%s?ca_file=" + caFile, "", true},
		{"any certificate, as written out", smtpsink.Options{TLS: cert}, "smtp://%s?tls=required&insecure=true", "", true},
		{"the loopback needs none", smtpsink.Options{TLS: cert}, "smtp://%s", "", false},
		{"not offered, not demanded", smtpsink.Options{}, "smtp://%s?tls=opportunistic", "", false},
		{"not offered, demanded", smtpsink.Options{}, "smtp://%s?tls=required", "does not support STARTTLS", false},
		{"unknown issuer", smtpsink.Options{TLS: cert}, "smtp://%s?tls=required", "certificate signed by unknown authority", false},
		{"unknown issuer, not demanded", smtpsink.Options{TLS: cert}, "smtp://%s?tls=opportunistic", "certificate signed by unknown authority", false},
		{"another issuer", smtpsink.Options{TLS: cert, Implicit: true}, "smtps://%s?ca_file=" + otherCA, "certificate signed by unknown authority", false},
		{"smtps at a port of smtp", smtpsink.Options{}, "smtps://%s", "connect: ", false},
		{"smtp at a port of smtps", smtpsink.Options{TLS: cert, Implicit: true}, "smtp://%s", "connect: ", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := smtpsink.Open(t, tt.options)
			m := mailer(t, Config{URL: fmt.Sprintf(tt.url, sink.Addr)})
			Hurry(m, 2*time.Second)
			err := m.Send(t.Context(), answertest.Notice())
			f := notify.Fails(err)
			if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) || f.Permanent || f.Doubtful {
				t.Errorf("got %+v, want %q", f, tt.says)
			}
			if mails := sink.Mails(); len(mails) != 0 && (tt.says != "" || mails[0].TLS != tt.inSecret) {
				t.Errorf("taken, by TLS %v", mails[0].TLS)
			}
		})
	}
}

// TestTLSChecksTheName: a certificate that we trust, but for another host.
func TestTLSChecksTheName(t *testing.T) {
	cert, caFile := smtpsink.Certificate(t)
	sink := smtpsink.Open(t, smtpsink.Options{TLS: cert, Addr: "[::1]:0"})
	m := mailer(t, Config{URL: "smtp://" + sink.Addr + "?tls=required&ca_file=" + caFile})
	if err := m.Send(t.Context(), answertest.Notice()); err == nil || !strings.Contains(err.Error(), "not ::1") {
		t.Errorf("got %v", err)
	}
}

// TestLogin: each way to log in that a relay offers.
func TestLogin(t *testing.T) {
	cert, caFile := smtpsink.Certificate(t)
	all := [][]string{nil, {"PLAIN"}, {"LOGIN"}, {"CRAM-MD5"}, {"SCRAM-SHA-256"}, {"XOAUTH2", "NTLM", "LOGIN"}, {"LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-256"}}
	for _, mechanisms := range all {
		for _, secret := range []bool{true, false} {
			t.Run(fmt.Sprint(mechanisms, secret), func(t *testing.T) {
				t.Parallel()
				o := smtpsink.Options{User: "user@example.org", Password: password, Mechanisms: mechanisms}
				url := "smtp://user@example.org@%s"
				if secret {
					o.TLS, url = cert, url+"?tls=required&ca_file="+caFile
				}
				sink := smtpsink.Open(t, o)
				if err := mailer(t, Config{URL: fmt.Sprintf(url, sink.Addr), Password: password}).Send(t.Context(), answertest.Notice()); err != nil {
					t.Fatal(err)
				}
				if got := sink.Mails()[0]; got.User != o.User || got.TLS != secret {
					t.Errorf("logged in as %q, TLS %v", got.User, got.TLS)
				}
				wrong := mailer(t, Config{URL: fmt.Sprintf(url, sink.Addr), Password: "wr0ng-Passw0rd"})
				err := wrong.Send(t.Context(), answertest.Notice())
				f := notify.Fails(err)
				if err == nil || f.Permanent || f.Doubtful || f.After < time.Minute || !strings.Contains(err.Error(), "log in: 5") || !strings.Contains(err.Error(), "password") {
					t.Errorf("with a wrong password: %+v", f)
				}
			})
		}
	}
}

// TestLoginOffers: a relay without a way to log in that will do is told of in
// a way that somebody can mend.
func TestLoginOffers(t *testing.T) {
	for offer, says := range map[string]string{
		"250 8BITMIME": "offers no log-in", "250 AUTH GSSAPI": "no log-in that we know", "250 AUTH ": "no log-in",
	} {
		actor := smtpsink.Play(t, smtpsink.Script{EHLO: "250-x\r\n" + offer})
		f := notify.Fails(mailer(t, Config{URL: "smtp://user@" + actor.Addr, Password: password}).Send(t.Context(), answertest.Notice()))
		if f.Err == nil || !strings.Contains(f.Err.Error(), says) || f.Permanent || f.After < time.Minute {
			t.Errorf("%s: %+v", offer, f)
		}
		for _, line := range actor.Lines() {
			if strings.HasPrefix(line, "AUTH") {
				t.Errorf("%s: said %q", offer, line)
			}
		}
	}
}

// TestNoPasswordInTheClear: a relay that is not this machine gets no password
// without TLS, whatever it offers; it may have a proof of it.
func TestNoPasswordInTheClear(t *testing.T) {
	for mech, taken := range map[string]bool{"PLAIN": false, "LOGIN": false, "CRAM-MD5": true, "SCRAM-SHA-256": true} {
		sink := smtpsink.Open(t, smtpsink.Options{User: "user", Password: password, Mechanisms: []string{mech}})
		for _, policy := range []string{"none", "opportunistic"} {
			m := mailer(t, Config{URL: "smtp://user@" + sink.Addr + "?tls=" + policy, Password: password})
			BeFar(m)
			err := m.Send(t.Context(), answertest.Notice())
			if (err == nil) != taken || err != nil && !strings.Contains(err.Error(), "not encrypted") {
				t.Errorf("%s, tls=%s: %v", mech, policy, err)
			}
		}
	}
}

// TestScramRounds: a relay cannot make us count for minutes.
func TestScramRounds(t *testing.T) {
	for _, says := range []string{"r=x,s=QUFB,i=999999999", "r=x,s=QUFB,i=99999999999999999999"} {
		if _, err := Challenge(says); err == nil || !strings.Contains(err.Error(), "rounds") {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestNothingSecretIsTold: no error, no line of the log and no mail shows the
// password, though the relay repeats it in whatever it says.
func TestNothingSecretIsTold(t *testing.T) {
	for name, script := range map[string]smtpsink.Script{
		"greeting": {Greeting: "554 " + password}, "auth": {Auth: "535 no: " + password}, "auth, in base64": {Auth: "535 " + b64("\x00user\x00"+password)},
		"auth, on two lines": {Auth: "535-" + b64("user:"+password) + "\r\n535 " + password}, "challenge": {Auth: "334 " + b64(password)},
		"mail": {Mail: "550 " + password}, "rcpt": {Rcpt: "550 " + password}, "one rcpt": {RcptTo: func(to string) string {
			return map[string]string{"b@example.org": "550 " + password}[to]
		}}, "dot": {Dot: "554 " + b64(password)}, "garbage": {Dot: password},
	} {
		t.Run(name, func(t *testing.T) {
			log, lines := logger()
			actor := smtpsink.Play(t, script)
			m := mailer(t, Config{URL: "smtp://user@" + actor.Addr, Password: password, To: []string{"a@example.org", "b@example.org"}, Log: log})
			err := m.Send(t.Context(), answertest.Notice())
			if err == nil && name != "one rcpt" {
				t.Fatal("taken")
			}
			for _, form := range []string{password, b64(password)[:16], b64("\x00user\x00" + password)[8:24], b64("user:" + password)[8:24]} {
				if text := fmt.Sprintf("%v %+v %#v %s", err, err, notify.Fails(err), lines); strings.Contains(text, form) {
					t.Errorf("%q shows in %s", form, text)
				}
			}
		})
	}
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
