package smtpsink_test

import (
	"crypto/tls"
	"fmt"
	"net/smtp"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

const mail = "Subject: hello\r\n there\r\n\r\nbody\r\n"

func send(addr string) error {
	return smtp.SendMail(addr, nil, "a@example.org", []string{"b@example.org"}, []byte(mail))
}

// TestSink: it keeps what it gets, refuses what it is told to, goes down and
// comes up at the same address.
func TestSink(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	if err := send(sink.Addr); err != nil {
		t.Fatal(err)
	}
	got := sink.Wait(t, 1, 10*time.Second)[0]
	if got.From != "a@example.org" || fmt.Sprint(got.To) != "[b@example.org]" || string(got.Data) != mail || got.Header("subject") != "hello there" || got.TLS {
		t.Errorf("got %+v", got)
	}
	for _, phase := range []string{smtpsink.PhaseMail, smtpsink.PhaseRcpt, smtpsink.PhaseData} {
		sink.Refuse(func(p, _ string) error {
			if p == phase {
				return smtpsink.Reply(451, "not now")
			}
			return nil
		})
		if reply, ok := send(sink.Addr).(*textproto.Error); !ok || reply.Code != 451 || !strings.Contains(reply.Msg, "not now") {
			t.Errorf("%s: %v", phase, reply)
		}
	}
	sink.Refuse(nil)
	sink.Down()
	if err := send(sink.Addr); err == nil {
		t.Error("taken while it is down")
	}
	sink.Up(t)
	if err := send(sink.Addr); err != nil || len(sink.Mails()) != 2 || sink.Conns() != 5 {
		t.Errorf("after that: %v, %d mails over %d connections", err, len(sink.Mails()), sink.Conns())
	}
}

// TestSinkWantsALogin: nothing is taken from those who do not know the
// password.
func TestSinkWantsALogin(t *testing.T) {
	cert, _ := smtpsink.Certificate(t)
	sink := smtpsink.Open(t, smtpsink.Options{TLS: cert, User: "user", Password: "right"})
	for password, taken := range map[string]bool{"right": true, "wrong": false} {
		c, err := smtp.Dial(sink.Addr)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
			t.Fatal(err)
		}
		if err := c.Auth(smtp.PlainAuth("", "user", password, "127.0.0.1")); (err == nil) != taken {
			t.Errorf("%s: %v", password, err)
		}
		if err := c.Mail("a@example.org"); err == nil != taken {
			t.Errorf("%s: MAIL: %v", password, err)
		}
		c.Close()
	}
}

// TestScript: it answers as it is told, and counts what came in whole.
func TestScript(t *testing.T) {
	actor := smtpsink.Play(t, smtpsink.Script{Dot: smtpsink.Die, RcptTo: func(to string) string {
		if to == "b@example.org" {
			return ""
		}
		return "550 no"
	}})
	if err := send(actor.Addr); err == nil {
		t.Error("taken by one that dies")
	}
	if actor.Mails() != 1 || !strings.HasPrefix(actor.Lines()[0], "EHLO") {
		t.Errorf("%d mails, heard %q", actor.Mails(), actor.Lines())
	}
}
