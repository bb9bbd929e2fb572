package mail_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answertest"
	. "github.com/portreeve/portreeve/internal/notify/mail"
)

// TestRecipients plays tries with recipients a, b, c. Each try has the codes
// with which the relay answers for those that it is asked for; got is who has
// how many mails in the end.
func TestRecipients(t *testing.T) {
	type try struct {
		codes map[string]int // 0: taken
		want  string         // ok, later, permanent, doubtful
	}
	for _, tt := range []struct {
		name  string
		tries []try
		got   map[string]int
		warns []string
	}{
		{"all taken", []try{{nil, "ok"}}, map[string]int{"a": 1, "b": 1, "c": 1}, nil},
		{"one bad recipient loses nobody else", []try{{map[string]int{"b": 550}, "ok"}}, map[string]int{"a": 1, "c": 1}, []string{"b@example.org"}},
		{"one later: the others are not mailed twice", []try{{map[string]int{"b": 450}, "doubtful"}, {nil, "ok"}}, map[string]int{"a": 1, "b": 1, "c": 1}, nil},
		{"one later for long", []try{{map[string]int{"b": 450}, "doubtful"}, {map[string]int{"b": 450}, "doubtful"}, {nil, "ok"}}, map[string]int{"a": 1, "b": 1, "c": 1}, nil},
		{"one later, then refused for good", []try{{map[string]int{"b": 450}, "doubtful"}, {map[string]int{"b": 550}, "ok"}}, map[string]int{"a": 1, "c": 1}, []string{"b@example.org"}},
		{"later and bad", []try{{map[string]int{"a": 550, "b": 452}, "doubtful"}, {nil, "ok"}}, map[string]int{"b": 1, "c": 1}, []string{"a@example.org"}},
		{"all bad", []try{{map[string]int{"a": 550, "b": 551, "c": 553}, "permanent"}}, map[string]int{}, nil},
		{"all later", []try{{map[string]int{"a": 450, "b": 450, "c": 450}, "later"}, {nil, "ok"}}, map[string]int{"a": 1, "b": 1, "c": 1}, nil},
		{"some bad, the others later", []try{{map[string]int{"a": 550, "b": 450, "c": 450}, "later"}, {map[string]int{"a": 550}, "ok"}}, map[string]int{"b": 1, "c": 1}, []string{"a@example.org"}},
		{"told anew, all get it", []try{{map[string]int{"b": 550}, "ok"}, {nil, "ok"}}, map[string]int{"a": 2, "b": 1, "c": 2}, []string{"b@example.org"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sink := smtpsink.Open(t, smtpsink.Options{})
			log, lines := logger()
			m := mailer(t, Config{URL: "smtp://" + sink.Addr, To: []string{"a@example.org", "b@example.org", "c@example.org"}, Log: log})
			for i, try := range tt.tries {
				sink.Refuse(func(phase, to string) error {
					name, _, _ := strings.Cut(to, "@")
					if code := try.codes[name]; phase == smtpsink.PhaseRcpt && code != 0 {
						return smtpsink.Reply(code, "no")
					}
					return nil
				})
				if got := outcome(m.Send(t.Context(), answertest.Notice())); got != try.want {
					t.Errorf("try %d: %s, want %s", i+1, got, try.want)
				}
			}
			got := map[string]int{}
			for _, mail := range sink.Mails() {
				for _, to := range mail.To {
					got[strings.TrimSuffix(to, "@example.org")]++
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.got) {
				t.Errorf("got %v, want %v", got, tt.got)
			}
			if strings.Count(lines.String(), "level=WARN") != len(tt.warns) {
				t.Errorf("log: %s", lines)
			}
			for _, who := range tt.warns {
				if !strings.Contains(lines.String(), "to="+who) {
					t.Errorf("%s is not warned of: %s", who, lines)
				}
			}
		})
	}
}

func outcome(err error) string {
	f := notify.Fails(err)
	switch {
	case err == nil:
		return "ok"
	case f.Permanent:
		return "permanent"
	case f.Doubtful:
		return "doubtful"
	}
	return "later"
}

// TestLaggardsAreGivenUp: who is refused for the time being, again and again,
// does not hold up the notices of those who have this one.
func TestLaggardsAreGivenUp(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	log, lines := logger()
	m := mailer(t, Config{URL: "smtp://" + sink.Addr, To: []string{"a@example.org", "full@example.org"}, Log: log})
	sink.Refuse(func(_, arg string) error {
		if arg == "full@example.org" {
			return smtpsink.Reply(452, "mailbox full")
		}
		return nil
	})
	if got := outcome(m.Send(t.Context(), answertest.Notice())); got != "doubtful" {
		t.Errorf("at first: %s", got)
	}
	GiveUpLaggards(m, time.Nanosecond)
	if err := m.Send(t.Context(), answertest.Notice()); err != nil {
		t.Errorf("in the end: %v", err)
	}
	if got := sink.Mails(); len(got) != 1 || !strings.Contains(lines.String(), "full@example.org") {
		t.Errorf("%d mails; log: %s", len(got), lines)
	}
}

// TestLedgerIsBounded: mails whose recipients never settle take no memory
// without end, and one that is forgotten is mailed anew.
func TestLedgerIsBounded(t *testing.T) {
	actor := smtpsink.Play(t, smtpsink.Script{RcptTo: func(to string) string {
		if strings.HasPrefix(to, "full@") {
			return "452 full"
		}
		return ""
	}})
	m := mailer(t, Config{URL: "smtp://" + actor.Addr, To: []string{"a@example.org", "full@example.org"}})
	for i := range 400 {
		n := answertest.Notice()
		n.Key = fmt.Sprint("k", i)
		if got := outcome(m.Send(t.Context(), n)); got != "doubtful" {
			t.Fatalf("mail %d: %s", i, got)
		}
	}
	if got := Open(m); got > 256 {
		t.Errorf("%d mails are remembered", got)
	}
}
