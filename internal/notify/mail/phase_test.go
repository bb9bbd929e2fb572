package mail_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answertest"
	. "github.com/portreeve/portreeve/internal/notify/mail"
)

// TestPhases: what a failure means depends on how far the mail had come. Only a
// refusal of the mail itself is for good, and only after its last line is
// there any doubt.
func TestPhases(t *testing.T) {
	const (
		later     = iota // worth another try soon
		mend             // worth another try after somebody has mended it
		permanent        // never
		doubtful         // it may have arrived
	)
	type S = smtpsink.Script
	for _, tt := range []struct {
		script S
		want   int
		says   string
	}{
		{S{Greeting: "421 busy"}, later, "connect: 421 busy"},
		{S{Greeting: "554 go away"}, mend, "connect: 554 go away"},
		{S{Greeting: smtpsink.Die}, later, "connect: the relay closed the connection"},
		{S{Greeting: smtpsink.Hang}, later, "connect: no answer in time"},
		{S{Greeting: smtpsink.Drip}, later, "connect: short response"},
		{S{Greeting: smtpsink.Garbage}, later, "connect: "},
		{S{Greeting: smtpsink.Flood}, later, "connect: "},
		{S{EHLO: "421 busy"}, later, "connect: 421 busy"},
		{S{EHLO: smtpsink.Die}, later, "connect: "},
		{S{EHLO: smtpsink.Hang}, later, "connect: no answer in time"},
		{S{EHLO: smtpsink.Flood}, later, "connect: the relay says more than any relay has to say"},
		{S{EHLO: "250-" + strings.Repeat("x", 2<<20)}, later, "connect: the relay says more"},
		{S{Mail: "451 later"}, later, "name the sender: 451 later"},
		{S{Mail: "550-we do not know you\r\n550 really"}, mend, "name the sender: 550 we do not know you really"},
		{S{Mail: "530 log in first"}, mend, "name the sender: 530 log in first"},
		{S{Mail: smtpsink.Die}, later, "name the sender: the relay closed the connection"},
		{S{Mail: smtpsink.Hang}, later, "name the sender: no answer in time"},
		{S{Mail: smtpsink.Drip}, later, "name the sender: short response"},
		{S{Rcpt: "450 grey"}, later, "ops@example.org refused: 450 grey"},
		{S{Rcpt: "550 no such user"}, permanent, "ops@example.org refused: 550 no such user"},
		{S{Rcpt: "530 log in first"}, later, "ops@example.org refused: 530"},
		{S{Rcpt: "421 closing"}, later, "name the recipients: 421 closing"},
		{S{Rcpt: smtpsink.Die}, later, "name the recipients: the relay closed the connection"},
		{S{Rcpt: smtpsink.Hang}, later, "name the recipients: no answer in time"},
		{S{Data: "451 later"}, later, "hand over the mail: 451 later"},
		{S{Data: "554 no"}, permanent, "hand over the mail: 554 no"},
		{S{Data: smtpsink.Die}, later, "hand over the mail: the relay closed the connection"},
		{S{Data: smtpsink.Hang}, later, "hand over the mail: no answer in time"},
		{S{Dot: "451 later"}, later, "wait for the answer to the mail: 451 later"},
		{S{Dot: "421 closing"}, later, "wait for the answer to the mail: 421 closing"},
		{S{Dot: "554 spam"}, permanent, "wait for the answer to the mail: 554 spam"},
		{S{Dot: smtpsink.Die}, doubtful, "wait for the answer to the mail: the relay closed the connection"},
		{S{Dot: smtpsink.Hang}, doubtful, "wait for the answer to the mail: no answer in time"},
		{S{Dot: smtpsink.Drip}, doubtful, "wait for the answer to the mail: short response"},
		{S{Dot: smtpsink.Garbage}, doubtful, "wait for the answer to the mail: "},
		{S{Dot: smtpsink.Flood}, doubtful, "wait for the answer to the mail: the relay says more"},
	} {
		t.Run(fmt.Sprintf("%.60q", fmt.Sprint(tt.script)), func(t *testing.T) {
			t.Parallel()
			m := mailer(t, Config{URL: "smtp://" + smtpsink.Play(t, tt.script).Addr})
			Hurry(m, time.Second)
			begun := time.Now()
			err := m.Send(t.Context(), answertest.Notice())
			f := notify.Fails(err)
			got := later
			switch {
			case f.Permanent:
				got = permanent
			case f.Doubtful:
				got = doubtful
			case f.After >= time.Minute:
				got = mend
			}
			if err == nil || got != tt.want || !strings.Contains(err.Error(), tt.says) || len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\r\n\x00\x1b") {
				t.Errorf("got %d %+v, want %d %q", got, f, tt.want, tt.says)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestEndOfContext: a Send ends soon after its context, wherever it stands, and
// the next one is not held up by it.
func TestEndOfContext(t *testing.T) {
	said := func(verb string) func(*smtpsink.Actor) int {
		return func(a *smtpsink.Actor) int {
			return strings.Count("\n"+strings.Join(a.Lines(), "\n"), "\n"+verb)
		}
	}
	for name, tt := range map[string]struct {
		script smtpsink.Script
		stands func(*smtpsink.Actor) int // how often it has come there
	}{
		"greeting": {smtpsink.Script{Greeting: smtpsink.Hang}, nil},
		"EHLO":     {smtpsink.Script{EHLO: smtpsink.Drip}, said("EHLO")},
		"MAIL":     {smtpsink.Script{Mail: smtpsink.Hang}, said("MAIL")},
		"dot":      {smtpsink.Script{Dot: smtpsink.Drip}, (*smtpsink.Actor).Mails},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			actor := smtpsink.Play(t, tt.script)
			m := mailer(t, Config{URL: "smtp://" + actor.Addr})
			for range 2 {
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan time.Time, 1)
				before := 0
				if tt.stands != nil {
					before = tt.stands(actor)
				}
				go func() {
					for tt.stands != nil && tt.stands(actor) == before && ctx.Err() == nil {
						time.Sleep(5 * time.Millisecond)
					}
					time.Sleep(100 * time.Millisecond)
					ended <- time.Now()
					cancel()
				}()
				f := notify.Fails(m.Send(ctx, answertest.Notice()))
				cancel() // whatever came of it
				if f.Err == nil || f.Permanent || f.Doubtful != (name == "dot") {
					t.Errorf("%+v", f)
				}
				if took := time.Since(<-ended); took > 5*time.Second {
					t.Errorf("took %v after the end", took)
				}
			}
		})
	}
}

// TestConcurrentSends: many at a time each get through, none twice.
func TestConcurrentSends(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	m := mailer(t, Config{URL: "smtp://" + sink.Addr})
	errs := make(chan error, 20)
	for i := range 20 {
		go func() {
			n := answertest.Notice()
			n.Key = fmt.Sprint("k", i)
			errs <- m.Send(t.Context(), n)
		}()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	ids := map[string]bool{}
	for _, mail := range sink.Mails() {
		ids[mail.Header("Message-ID")] = true
	}
	if len(ids) != 20 || len(sink.Mails()) != 20 {
		t.Errorf("%d mails with %d Message-IDs", len(sink.Mails()), len(ids))
	}
}
