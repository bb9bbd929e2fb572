// Package answertest holds the answers that every channel has to understand
// alike. A channel's test builds, for each [Answer], a sender whose other end
// answers so, and lets [Obey] judge what the sender makes of it.
package answertest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
)

// An Ending is how a conversation ends when no answer comes.
type Ending string

// The endings.
const (
	Answered Ending = ""        // with an answer
	Silence  Ending = "silence" // the notice arrives, and no answer comes
	Death    Ending = "death"   // the notice arrives, and the connection dies
	Refusal  Ending = "refusal" // there is no connection
)

// An Answer is one line of the table: what the other end does, in the words of
// HTTP and of SMTP, and what a sender has to make of it.
type Answer struct {
	Name       string
	Ending     Ending
	Status     int    // of HTTP
	RetryAfter string // of HTTP
	Reply      string // of SMTP, to the message

	Taken     bool
	Permanent bool
	Doubtful  bool
	After     time.Duration // at least; only where RetryAfter can be seen
}

// Answers is the table.
func Answers() []Answer {
	return []Answer{
		{Name: "200", Status: 200, Reply: "250 2.0.0 queued", Taken: true},
		{Name: "202 or another 2xx", Status: 202, Reply: "250-2.0.0 queued\r\n250 as 4711", Taken: true},
		{Name: "400", Status: 400, Reply: "550 5.7.1 no", Permanent: true},
		{Name: "404", Status: 404, Reply: "554 5.0.0 no", Permanent: true},
		{Name: "413", Status: 413, Reply: "552 5.3.4 too big", Permanent: true},
		{Name: "408", Status: 408, Reply: "421 4.4.2 you are slow"},
		{Name: "429", Status: 429, Reply: "450 4.7.1 not so fast"},
		{Name: "429 with Retry-After", Status: 429, RetryAfter: "120", Reply: "451 4.7.1 not so fast", After: 2 * time.Minute},
		{Name: "500", Status: 500, Reply: "451 4.3.0 my fault"},
		{Name: "502", Status: 502, Reply: "452 4.3.1 full"},
		{Name: "503 with Retry-After", Status: 503, RetryAfter: "30", Reply: "421 4.3.2 later", After: 30 * time.Second},
		{Name: "silence", Ending: Silence, Doubtful: true},
		{Name: "death", Ending: Death, Doubtful: true},
		{Name: "refusal", Ending: Refusal},
	}
}

// Patience is how long the sender of a test may wait for an answer.
const Patience = 400 * time.Millisecond

// A Build makes a sender whose other end gives an answer.
type Build func(t *testing.T, a Answer) notify.Sender

// Obey demands of a channel what the table says. Seen tells whether the channel
// can see a Retry-After.
func Obey(t *testing.T, seen bool, build Build) {
	for _, a := range Answers() {
		t.Run(a.Name, func(t *testing.T) {
			sender := build(t, a)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if a.Ending == Silence {
				ctx, cancel = context.WithTimeout(t.Context(), Patience)
				defer cancel()
			}
			begun := time.Now()
			a.judge(t, seen, sender.Send(ctx, Notice()))
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// judge compares what a sender returned with the table.
func (a Answer) judge(t *testing.T, seen bool, err error) {
	t.Helper()
	f := notify.Fails(err)
	if (err == nil) != a.Taken || f.Permanent != a.Permanent || f.Doubtful != a.Doubtful {
		t.Errorf("error %v: permanent %v, doubtful %v; want taken %v, permanent %v, doubtful %v", err, f.Permanent, f.Doubtful, a.Taken, a.Permanent, a.Doubtful)
	}
	if seen && (f.After < a.After || a.After == 0 && f.After != 0) {
		t.Errorf("waits %v, want %v", f.After, a.After)
	}
	if err != nil && f.Err == nil {
		t.Error("the failure says nothing")
	}
}

// Serve starts an HTTP server that gives the answer, with a body for 2xx, and
// returns its URL.
func Serve(t *testing.T, a Answer, body string) string {
	t.Helper()
	if a.Ending == Refusal {
		return "http://" + Closed(t)
	}
	ended := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, body, ended) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(ended) })
	return s.URL
}

func (a Answer) serve(w http.ResponseWriter, r *http.Request, body string, ended <-chan struct{}) {
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 1<<20))
	switch a.Ending {
	case Silence:
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	case Death:
		panic(http.ErrAbortHandler)
	}
	if a.RetryAfter != "" {
		w.Header().Set("Retry-After", a.RetryAfter)
	}
	w.WriteHeader(a.Status)
	if a.Taken {
		_, _ = w.Write([]byte(body))
	}
}

// Closed returns an address of the loopback at which nobody listens.
func Closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Notice returns an outage as a channel is to tell it.
func Notice() notify.Notice {
	began := time.Date(2025, 6, 1, 10, 4, 5, 0, time.UTC)
	return notify.Notice{
		Key: "ops/email/check/shop-api/7", Kind: notify.Down, Route: "ops", At: began.Add(5 * time.Second),
		Check: "shop-api", Title: "The shop's API", Target: "http://127.0.0.1:3000/health", Observer: "web-1",
		Page: "https://ports.example.org/checks/shop-api", Status: health.Unhealthy,
		Reason: health.HTTPStatus, Text: "status 503 Service Unavailable", Advice: health.Advice(health.HTTPStatus),
		Incident: "check/shop-api/7", Began: began, UpBefore: health.Duration(76 * time.Hour), Others: []string{"db"}, OthersCount: 1,
	}
}

// Recovery returns the notice that ends the outage of [Notice].
func Recovery() notify.Notice {
	n := Notice()
	n.Key, n.Kind, n.Status = "ops/email/check/shop-api/8", notify.Up, health.Healthy
	n.Ended, n.Outage = n.Began.Add(270*time.Second), health.Duration(270*time.Second)
	n.At = n.Ended.Add(5 * time.Second)
	return n
}

// Hostile returns a notice with a stranger's text wherever a stranger can put
// one.
func Hostile(text string) notify.Notice {
	n := Notice()
	n.Title, n.Target, n.Observer, n.Page, n.Advice = text, text, text, text, text
	n.Check, n.Text, n.By, n.Reason, n.Others = text, foreign.Text(text), foreign.Text(text), health.Reason(text), []string{text}
	return n
}

// Tricks are texts that mean something to a mail server, a mail program, a
// template, a terminal or a chat.
func Tricks() []string {
	return []string{
		"\r\nBcc: victim@example.org\r\n\r\nforged", "\nSubject: forged", "\r\n.\r\nMAIL FROM:<forged@example.org>\r\n", ".", "..\n.\n", "\n-- \nforged",
		"=?utf-8?q?forged=0D=0ABcc:_x?=", "=?utf-8?b?Zm9yZ2Vk?=", "{{.Password}} ${PATH} %s %n %00", "<script>alert(1)</script>", "<!channel> @everyone",
		"\x00\x1b[2J\u202e\u2028\u0085\xff", "\nFrom forged@example.org Sun Jun  1", "--boundary\r\nContent-Type: text/html\r\n\r\n<b>forged</b>",
		`"},"forged":{"`, "é\u0301 日本語 🙂",
	}
}
