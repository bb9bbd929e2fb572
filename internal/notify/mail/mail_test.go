package mail_test

import (
	"bytes"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answertest"
	"github.com/portreeve/portreeve/internal/notify/letter"
	. "github.com/portreeve/portreeve/internal/notify/mail"
)

const password = "s3cr3t-Passw0rd/+="

// mailer returns a Mailer, or ends the test.
func mailer(t *testing.T, c Config) *Mailer {
	t.Helper()
	if c.From == "" {
		c.From = "Portreeve <portreeve@example.org>"
	}
	if c.To == nil {
		c.To = []string{"ops@example.org"}
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// parsed is a mail as a mail program reads it.
type parsed struct {
	mail.Header
	subject, body string
}

// parse reads a mail as a mail program does, and demands that it is in order.
func parse(t *testing.T, data []byte) parsed {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v:\n%s", err, data)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return parsed{m.Header, subject, strings.ReplaceAll(string(body), "\r\n", "\n")}
}

// TestMail: what the letter says arrives, and the header is as mail programs
// want it.
func TestMail(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	m := mailer(t, Config{URL: "smtp://" + sink.Addr, From: "Pörtreeve <portreeve@example.org>", To: []string{"ops@example.org", "Bob <bob@example.org>", "ops@example.org"}})
	down, up := answertest.Notice(), answertest.Recovery()
	for _, n := range []notify.Notice{down, up} {
		if err := m.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	mails := sink.Mails()
	if len(mails) != 2 || sink.Conns() != 1 {
		t.Fatalf("%d mails over %d connections, want 2 over 1", len(mails), sink.Conns())
	}
	if got := mails[0]; got.From != "portreeve@example.org" || !slices.Equal(got.To, []string{"ops@example.org", "bob@example.org"}) {
		t.Errorf("envelope: from %s to %s", got.From, got.To)
	}
	first, second := parse(t, mails[0].Data), parse(t, mails[1].Data)
	if first.subject != letter.Subject(down) || first.body != letter.Body(down) || second.subject != letter.Subject(up) || second.body != letter.Body(up) {
		t.Errorf("says %q\n%s", first.subject, first.body)
	}
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "X-Portreeve-Check": "shop-api", "X-Portreeve-Kind": "down", "X-Portreeve-Status": "UNHEALTHY",
		"Date": "Sun, 01 Jun 2025 10:04:10 +0000", "Content-Type": "text/plain; charset=UTF-8", "Mime-Version": "1.0", "In-Reply-To": "",
		"To": `<ops@example.org>, "Bob" <bob@example.org>`, "From": "=?utf-8?q?P=C3=B6rtreeve?= <portreeve@example.org>",
	} {
		if got := first.Get(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if first.Get("References") == "" || first.Get("References") != second.Get("References") || second.Get("In-Reply-To") != second.Get("References") {
		t.Errorf("outage and recovery are no thread: %q %q", first.Get("References"), second.Get("References"))
	}
	if a, b := first.Get("Message-ID"), second.Get("Message-ID"); a == b || !strings.HasSuffix(a, "@example.org>") {
		t.Errorf("Message-IDs are %s and %s", a, b)
	}
}

// TestRepeatIsTheSame: whoever sends a notice again, now or after a restart,
// sends the same bytes.
func TestRepeatIsTheSame(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	for range 3 {
		if err := mailer(t, Config{URL: "smtp://" + sink.Addr}).Send(t.Context(), answertest.Notice()); err != nil {
			t.Fatal(err)
		}
	}
	mails := sink.Mails()
	if !bytes.Equal(mails[0].Data, mails[1].Data) || !bytes.Equal(mails[0].Data, mails[2].Data) {
		t.Errorf("a repeat differs:\n%s\n%s", mails[0].Data, mails[1].Data)
	}
	const want = "<fez3lhuw3drp3cltuzyvls3hvn@example.org>" // for ever
	if got := mails[0].Header("Message-ID"); got != want {
		t.Errorf("Message-ID %s, want %s", got, want)
	}
}

// TestAnswers: mail obeys the table of answers.
func TestAnswers(t *testing.T) {
	answertest.Obey(t, false, func(t *testing.T, a answertest.Answer) notify.Sender {
		script := smtpsink.Script{Dot: a.Reply}
		switch a.Ending {
		case answertest.Refusal:
			return mailer(t, Config{URL: "smtp://" + answertest.Closed(t)})
		case answertest.Silence:
			script.Dot = smtpsink.Hang
		case answertest.Death:
			script.Dot = smtpsink.Die
		}
		return mailer(t, Config{URL: "smtp://" + smtpsink.Play(t, script).Addr})
	})
}

// TestHostile: strangers forge no header, no second mail and no part of one;
// exactly our fields and our body arrive.
func TestHostile(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	m := mailer(t, Config{URL: "smtp://" + sink.Addr})
	for i, trick := range answertest.Tricks() {
		n := answertest.Hostile(trick)
		if err := m.Send(t.Context(), n); err != nil {
			t.Fatalf("%q: %v", trick, err)
		}
		got := sink.Mails()
		if len(got) != i+1 {
			t.Fatalf("%q: %d mails, want %d", trick, len(got), i+1)
		}
		inOrder(t, n, got[i].Data)
	}
}

// ours are the fields of every mail, and those of some.
var ours = []string{"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "References", "Subject", "To",
	"X-Auto-Response-Suppress", "X-Mailer", "X-Portreeve-Check", "X-Portreeve-Incident", "X-Portreeve-Key", "X-Portreeve-Kind", "X-Portreeve-Observer",
	"X-Portreeve-Route", "X-Portreeve-Status"}

// inOrder demands that a mail has our fields, each once, and the letter's body.
func inOrder(t *testing.T, n notify.Notice, data []byte) {
	t.Helper()
	m := parse(t, data)
	for name, values := range m.Header {
		if !slices.Contains(ours, name) || len(values) != 1 {
			t.Errorf("%d fields %s: %q", len(values), name, values)
		}
	}
	if want := strings.ReplaceAll(letter.Subject(n), "=?", "= ?"); strings.Join(strings.Fields(want), " ") != m.subject && len([]rune(want)) < 250 {
		t.Errorf("subject %q, want %q", m.subject, want)
	}
	if m.body != letter.Body(n) {
		t.Errorf("body is another:\n%s\nwant\n%s", m.body, letter.Body(n))
	}
	for line := range strings.SplitSeq(string(data), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") { // RFC 5322, section 2.1.1
			t.Errorf("a line of %d bytes: %.80q", len(line), line)
		}
	}
	if to := m.Get("To"); to != "<ops@example.org>" {
		t.Errorf("goes to %s", to)
	}
}

// TestIdleLineEnds: a line that nobody uses is hung up, with a goodbye.
func TestIdleLineEnds(t *testing.T) {
	actor := smtpsink.Play(t, smtpsink.Script{})
	m := mailer(t, Config{URL: "smtp://" + actor.Addr})
	HoldFor(m, 10*time.Millisecond)
	if err := m.Send(t.Context(), answertest.Notice()); err != nil {
		t.Fatal(err)
	}
	for late := time.Now().Add(10 * time.Second); !slices.Contains(actor.Lines(), "QUIT"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("no goodbye: %q", actor.Lines())
		}
	}
}

// TestHeldLineThatDied: a relay that went away between two mails costs nothing.
func TestHeldLineThatDied(t *testing.T) {
	sink := smtpsink.Open(t, smtpsink.Options{})
	m := mailer(t, Config{URL: "smtp://" + sink.Addr})
	for i := range 4 {
		if err := m.Send(t.Context(), answertest.Notice()); err != nil {
			t.Fatal(err)
		}
		if got := len(sink.Mails()); got != i+1 {
			t.Fatalf("%d mails, want %d", got, i+1)
		}
		sink.Down()
		if i == 1 {
			if f := notify.Fails(m.Send(t.Context(), answertest.Notice())); f.Err == nil || f.Permanent || f.Doubtful {
				t.Errorf("while it is down: %+v", f)
			}
		}
		sink.Up(t)
	}
}

// logger returns one that writes into a buffer.
func logger() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, nil)), &b
}
