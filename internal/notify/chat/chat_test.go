//go:build !nochat

package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answertest"
	"github.com/portreeve/portreeve/internal/notify/letter"
)

const (
	gotifyToken   = "Aaa.bbb.ccc.ddd"
	telegramToken = "123456789:AAH-abcdefghijklmnopqrstuvwxyz01234"
)

// A far is a service whose other end can be a server of the test: the URL for
// the library, and what the service says when it takes a message.
type far struct {
	url  func(host string) string
	body string
	seen bool // a Retry-After
}

func services() map[string]far {
	return map[string]far{
		"ntfy":       {func(h string) string { return "ntfy://bob:hunt3r22@" + h + "/s3cret-topic?scheme=http" }, `{"id":"1"}`, true},
		"gotify":     {func(h string) string { return "gotify://" + h + "/" + gotifyToken + "?disabletls=yes" }, `{"id":1}`, true},
		"mattermost": {func(h string) string { return "mattermost://" + h + "/s3cret-t0ken?disabletls=yes" }, "ok", true},
		"generic":    {func(h string) string { return "generic://" + h + "/hooks/s3cret-t0ken?disabletls=yes" }, "ok", false},
		"generic+":   {func(h string) string { return "generic+http://" + h + "/hooks/s3cret-t0ken" }, "ok", false},
	}
}

func sender(t *testing.T, url string) notify.Sender {
	t.Helper()
	s, err := New(Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func host(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// TestAnswers: chat services obey the table of answers, by the library's real
// code.
func TestAnswers(t *testing.T) {
	for name, far := range services() {
		t.Run(name, func(t *testing.T) {
			answertest.Obey(t, far.seen, func(t *testing.T, a answertest.Answer) notify.Sender {
				return sender(t, far.url(host(t, answertest.Serve(t, a, far.body))))
			})
		})
	}
	t.Run("telegram", func(t *testing.T) {
		answertest.Obey(t, true, func(t *testing.T, a answertest.Answer) notify.Sender {
			return bot(t, answertest.Serve(t, a, `{"ok":true}`), "@ops", nil)
		})
	})
}

// TestMessages: what arrives is the short form of the letter.
func TestMessages(t *testing.T) {
	want := letter.Short(answertest.Notice())
	for name, far := range services() {
		var got string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			got = string(b)
			_, _ = w.Write([]byte(far.body))
		}))
		err := sender(t, far.url(host(t, s.URL))).Send(t.Context(), answertest.Notice())
		s.Close()
		text, _ := json.Marshal(want)
		inJSON := strings.Trim(string(text), `"`)
		if err != nil || !strings.Contains(got, want) && !strings.Contains(got, inJSON) {
			t.Errorf("%s: %v, got %s", name, err, got)
		}
	}
}

// TestHangingService: a Send ends with its context though the library does not;
// the next notice does not overtake the one that hangs, and the late answer to
// a notice is the answer to its next try.
func TestHangingService(t *testing.T) {
	release, requests := make(chan struct{}), make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- struct{}{}
		<-release
	}))
	defer s.Close()
	far := sender(t, services()["generic"].url(host(t, s.URL)))
	try := func(n notify.Notice, patience time.Duration) notify.Failure {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return notify.Fails(far.Send(ctx, n))
	}
	if f := try(answertest.Notice(), 100*time.Millisecond); f.Err == nil || !f.Doubtful {
		t.Errorf("hangs: %+v", f)
	}
	if f := try(answertest.Recovery(), 50*time.Millisecond); f.Err == nil || f.Doubtful || f.Permanent {
		t.Errorf("another, meanwhile: %+v", f)
	}
	close(release)
	if f := try(answertest.Notice(), 10*time.Second); f.Err != nil {
		t.Errorf("the late answer: %+v", f)
	}
	if f := try(answertest.Recovery(), 10*time.Second); f.Err != nil {
		t.Errorf("the next: %+v", f)
	}
	if len(requests) != 2 {
		t.Errorf("%d requests for two notices", len(requests))
	}
}

// TestPanickingService: zulip, of version 0.13 of the library, panics when it
// does not reach its server. That is an error, and no end of the process.
func TestPanickingService(t *testing.T) {
	far := sender(t, "zulip://bot@example.org:s3cret-t0ken@"+answertest.Closed(t)+"?stream=ops&topic=alerts")
	f := notify.Fails(far.Send(t.Context(), answertest.Notice()))
	if f.Err == nil || f.Permanent || strings.Contains(f.Err.Error(), "s3cret") {
		t.Errorf("%+v", f)
	}
}

// TestWords: the status is found in whatever way a service writes it, and
// nothing else is taken for one.
func TestWords(t *testing.T) {
	s := &service{name: "x"}
	for text, want := range map[string]string{
		"failed to send notification to teams: 202 Accepted":                     "taken",
		"failed to send notification to teams: 404 Not Found":                    "permanent",
		"unexpected response status code: 429 Too Many Requests":                 "later",
		`failed to send: "devices", response status "500 Internal Server Error"`: "later",
		"sending notification failed: HTTP 400":                                  "permanent",
		"ntfy error: server response (507): out of space":                        "later",
		"posting: notification failed: 403 {\"success\":false}":                  "permanent",
		"failed to invoke webhook: Post \"https://h/\": EOF":                     "doubtful",
		"Post \"https://h/\": read tcp 1.2.3.4:5: connection reset by peer":      "doubtful",
		"Post \"https://h/\": context deadline exceeded (Client.Timeout)":        "doubtful",
		"Post \"https://h/\": dial tcp 1.2.3.4:443: i/o timeout":                 "later",
		"Post \"https://h/\": dial tcp: lookup h: no such host":                  "later",
		"webhook response: invalid_payload":                                      "later",
		"webhook response: took: 200 characters":                                 "later",
		"the answer is 42, or 404":                                               "later",
	} {
		if got := outcome(s.judge(errors.New(text))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func outcome(err error) string {
	f := notify.Fails(err)
	switch {
	case err == nil:
		return "taken"
	case f.Permanent:
		return "permanent"
	case f.Doubtful:
		return "doubtful"
	}
	return "later"
}

// TestNothingSecretIsTold: no error shows anything of a URL, though the service
// repeats it.
func TestNothingSecretIsTold(t *testing.T) {
	canaries := []string{"hunt3r22", "s3cret", gotifyToken, "bbb.ccc", telegramToken, "abcdefghijklmnop", "Ym9iOmh1bnQzcjIy"}
	for _, status := range []int{200, 302, 401, 404, 429, 500} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			w.WriteHeader(status)
			said, _ := json.Marshal(fmt.Sprintf("no: %s %v %s %s", r.URL, r.Header, b, telegramToken))
			fmt.Fprintf(w, `{"error":%s,"errorDescription":%s,"description":%s`, said, said, said) // broken JSON
		}))
		for name, far := range services() {
			err := sender(t, far.url(host(t, s.URL))).Send(t.Context(), answertest.Notice())
			quiet(t, name, err, canaries)
		}
		quiet(t, "telegram", bot(t, s.URL, "@ops", nil).Send(t.Context(), answertest.Notice()), canaries)
		s.Close()
	}
	for name, far := range services() {
		quiet(t, name, sender(t, far.url(answertest.Closed(t))).Send(t.Context(), answertest.Notice()), canaries)
	}
	for _, url := range []string{
		"slack://hook:s3cret-hunt3r22@webhook", "discord://s3cret-hunt3r22", "telegram://s3cret:hunt3r22@telegram?chats=a",
		"ntfy://bob:hunt3r22@[::1/s3cret", "s3cret-hunt3r22", "s3cret+hunt3r22://x", "telegram://" + telegramToken + "@telegram", "teams://s3cret@hunt3r22",
	} {
		_, err := New(Config{URL: url})
		if err == nil {
			t.Errorf("%s: taken", url)
			continue
		}
		quiet(t, url, err, canaries[3:]) // the scheme is no secret
		if !strings.HasPrefix(url, "s3cret") {
			quiet(t, url, err, canaries)
		}
	}
}

// quiet demands that an error shows no secret.
func quiet(t *testing.T, name string, err error, canaries []string) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v %+v", err, err, err, notify.Fails(err))
	for _, c := range canaries {
		if strings.Contains(text, c) {
			t.Errorf("%s: %q shows in %s", name, c, text)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for url, says := range map[string]string{
		"":                           "no URL of a chat service",
		"hooks.slack.com/services/x": "no URL of a chat service",
		"https://hooks.slack.com/x":  `no chat service "https"`,
		"slak://x":                   `no chat service "slak"`,
		"logger://":                  "the service logger is not used",
		"smtp://user@host/":          "the service smtp is not used",
		"slack://":                   "the URL of slack is not right",
		"discord://x":                "the URL of discord is not right",
		"telegram://x@telegram":      "the URL of telegram is not right",
		"ntfy+https://ntfy.sh/x":     "the URL of ntfy is not right",
		"matrix://host":              "the URL of matrix is not right",
		"ntfy://%zz":                 "cannot be read",
		"telegram://" + telegramToken + "@telegram?chats=@ops&parsemode=HTML": "parse mode",
	} {
		_, err := New(Config{URL: url})
		wrong, ok := errors.AsType[*ConfigError](err)
		if !ok || wrong.Field != "services" || wrong.Hint() == "" || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %s", url, err, says)
		}
	}
	if got := strings.Join(Services(), " "); !strings.Contains(got, "discord") || strings.Contains(got, "logger") {
		t.Errorf("services: %s", got)
	}
}

// TestURLs: the usual URLs of the usual services are understood.
func TestURLs(t *testing.T) {
	for _, url := range []string{
		"slack://hook:WNA3PBYV6-F20DUQND3RQ-Webc4MAvoacrpPakR8phF0zi@webhook", "slack://xoxb:123456789012-1234567890123-4mt0t4l1YL3g1T5L4cK70k3N@C001CH4NN3L",
		"discord://token@1234567890", "telegram://" + telegramToken + "@telegram?chats=@ops,-1001234:5&notification=no", "ntfy://ntfy.sh/my-alerts", "ntfy:///my-alerts",
		"gotify://gotify.example.org/" + gotifyToken, "mattermost://chat.example.org/token", "matrix://user:password@matrix.example.org/?rooms=ops",
		"pushover://shoutrrr:apiToken@userKey/?devices=d", "generic+https://hooks.example.org/x", "pagerduty://events.pagerduty.com/0123456789abcdef0123456789abcdef",
		"googlechat://chat.googleapis.com/v1/spaces/FOO/messages?key=bar&token=baz", "zulip://bot@example.org:key@example.zulipchat.com?stream=ops&topic=alerts",
	} {
		if _, err := New(Config{URL: url}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// bot returns a telegram whose API is a server of the test.
func bot(t *testing.T, api, chats string, log *slog.Logger) notify.Sender {
	t.Helper()
	s, err := New(Config{URL: "telegram://" + telegramToken + "@telegram?chats=" + chats, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.(*telegram).api = api
	return s
}

// TestTelegram: the chats that have a notice do not get it twice, and one that
// never takes any loses it for nobody else.
func TestTelegram(t *testing.T) {
	got, answers := map[string]int{}, map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			Chat   string `json:"chat_id"`
			Text   string `json:"text"`
			Thread int    `json:"message_thread_id"`
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.URL.Path != "/bot"+telegramToken+"/sendMessage" || m.Text == "" || m.Chat == "-100" && m.Thread != 5 {
			t.Errorf("%s: %+v, %v", r.URL.Path, m, err)
		}
		if status := answers[m.Chat]; status != 0 {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"ok":false,"error_code":%d,"description":"no","parameters":{"retry_after":70}}`, status)
			return
		}
		got[m.Chat]++
	}))
	defer s.Close()
	var lines strings.Builder
	far := bot(t, s.URL, "@a,@b,-100:5", slog.New(slog.NewTextHandler(&lines, nil)))
	answers["@b"], answers["-100"] = 429, 403
	if f := notify.Fails(far.Send(t.Context(), answertest.Notice())); !f.Doubtful || f.Permanent || f.After != 70*time.Second {
		t.Errorf("one later, one never: %+v", f)
	}
	answers["@b"] = 0
	if err := far.Send(t.Context(), answertest.Notice()); err != nil {
		t.Errorf("one never: %v", err)
	}
	if got["@a"] != 1 || got["@b"] != 1 || got["-100"] != 0 || strings.Count(lines.String(), "level=WARN") != 1 {
		t.Errorf("got %v, log %s", got, &lines)
	}
	answers["@a"], answers["@b"] = 400, 400
	if f := notify.Fails(far.Send(t.Context(), answertest.Recovery())); !f.Permanent || f.Doubtful {
		t.Errorf("none ever: %+v", f)
	}
}

// TestHostile: no text of strangers breaks a message; all of it arrives as the
// letter wrote it.
func TestHostile(t *testing.T) {
	var text string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct{ Text string }
		_ = json.NewDecoder(r.Body).Decode(&m)
		text = m.Text
	}))
	defer s.Close()
	far := bot(t, s.URL, "@a", nil)
	for _, trick := range answertest.Tricks() {
		n := answertest.Hostile(trick)
		if err := far.Send(t.Context(), n); err != nil || text != letter.Short(n) || len(text) > 4096 {
			t.Errorf("%q: %v, reads %q", trick, err, text)
		}
	}
}
