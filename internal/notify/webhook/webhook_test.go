package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/answertest"
	"github.com/portreeve/portreeve/internal/notify/letter"
	"github.com/portreeve/portreeve/internal/notify/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const secret = "s3cr3t-of-the-h00k/+="

func hook(t *testing.T, c webhook.Config) *webhook.Hook {
	t.Helper()
	h, err := webhook.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A request is one that a receiver got.
type request struct {
	http.Header
	method string
	body   []byte
}

// receive starts a receiver that answers with a status and keeps requests.
func receive(t *testing.T, status int) (url string, got chan request) {
	t.Helper()
	got = make(chan request, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- request{r.Header, r.Method, body}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// TestMessage pins the schema: the golden file is what receivers are written
// for.
func TestMessage(t *testing.T) {
	url, got := receive(t, 200)
	n := answertest.Recovery()
	n.LastGood = &health.Result{At: n.Began.Add(-5 * time.Second)}
	n.Outages = []notify.Outage{{Began: n.Began, Length: n.Outage, Reason: n.Reason}}
	n.Count = 1
	if err := hook(t, webhook.Config{URL: url}).Send(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	r := <-got
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, r.body, "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	if *update {
		if err := os.WriteFile("testdata/message.json", pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/message.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.method != "POST" || r.Get("Content-Type") != "application/json" || r.Get("User-Agent") != "portreeve" || r.Get("Webhook-Signature") != "" {
		t.Errorf("%s with %v", r.method, r.Header)
	}
}

// TestSignature: whoever knows the secret can verify it, by the specification's
// own words; the id stays, and the timestamp is that of the try.
func TestSignature(t *testing.T) {
	for given, key := range map[string]string{secret: secret, "whsec_" + base64.StdEncoding.EncodeToString([]byte("raw key")): "raw key"} {
		url, got := receive(t, 200)
		h := hook(t, webhook.Config{URL: url, Secret: given})
		var first request
		for try := range 2 {
			if err := h.Send(t.Context(), answertest.Notice()); err != nil {
				t.Fatal(err)
			}
			r := <-got
			mac := hmac.New(sha256.New, []byte(key))
			mac.Write([]byte(r.Get("webhook-id") + "." + r.Get("webhook-timestamp") + "." + string(r.body)))
			if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Get("webhook-signature") != want {
				t.Errorf("signed %s, want %s", r.Get("webhook-signature"), want)
			}
			at, err := strconv.ParseInt(r.Get("webhook-timestamp"), 10, 64)
			if err != nil || time.Since(time.Unix(at, 0)).Abs() > time.Minute {
				t.Errorf("timestamp %s", r.Get("webhook-timestamp"))
			}
			if id := r.Get("webhook-id"); id != answertest.Notice().Key || id != r.Get("Idempotency-Key") {
				t.Errorf("id %q, Idempotency-Key %q", id, r.Get("Idempotency-Key"))
			}
			if try == 0 {
				first = r
			} else if !bytes.Equal(first.body, r.body) {
				t.Errorf("a repeat differs:\n%s\n%s", first.body, r.body)
			}
		}
	}
}

// TestAnswers: webhooks obey the table of answers.
func TestAnswers(t *testing.T) {
	answertest.Obey(t, true, func(t *testing.T, a answertest.Answer) notify.Sender {
		return hook(t, webhook.Config{URL: answertest.Serve(t, a, "ok"), Secret: secret})
	})
}

// TestRedirectsAreNotFollowed: a notice goes where it was meant to go.
func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere, got := receive(t, 200)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := httptest.NewServer(http.RedirectHandler(elsewhere, status))
		f := notify.Fails(hook(t, webhook.Config{URL: s.URL}).Send(t.Context(), answertest.Notice()))
		s.Close()
		if f.Err == nil || f.Permanent || f.Doubtful || !strings.Contains(f.Err.Error(), strconv.Itoa(status)) {
			t.Errorf("%d: %+v", status, f)
		}
	}
	if len(got) != 0 {
		t.Errorf("%d requests went elsewhere", len(got))
	}
}

// TestTLSIsVerified: a receiver whose certificate we do not trust gets nothing.
func TestTLSIsVerified(t *testing.T) {
	taken := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken++ }))
	defer s.Close()
	s.Config.ErrorLog = nil
	f := notify.Fails(hook(t, webhook.Config{URL: s.URL}).Send(t.Context(), answertest.Notice()))
	if f.Err == nil || f.Permanent || f.Doubtful || !strings.Contains(f.Err.Error(), "unknown authority") || taken != 0 {
		t.Errorf("%+v, taken %d times", f, taken)
	}
}

// TestHostile: a stranger's text forges no header and no field.
func TestHostile(t *testing.T) {
	url, got := receive(t, 200)
	h := hook(t, webhook.Config{URL: url, Secret: secret})
	for _, trick := range append(answertest.Tricks(), strings.Repeat("é", 1<<20)) {
		n := answertest.Hostile(trick)
		n.Key = trick
		if err := h.Send(t.Context(), n); err != nil {
			t.Fatalf("%.40q: %v", trick, err)
		}
		r := <-got
		d := json.NewDecoder(bytes.NewReader(r.body))
		d.DisallowUnknownFields()
		var m webhook.Message
		if err := d.Decode(&m); err != nil || d.More() {
			t.Errorf("%.40q: %v", trick, err)
		}
		if m.Text != letter.Body(n) || m.Kind != notify.Down || m.Status != health.Unhealthy || len(m.Evidence) > 4<<10 {
			t.Errorf("%.40q: reads %+v", trick, m)
		}
		if id := r.Get("Webhook-Id"); id == "" || len(id) > 200 || r.Get("Bcc") != "" || r.Get("Subject") != "" {
			t.Errorf("%.40q: header %q", trick, r.Header)
		}
	}
}

// TestNothingSecretIsTold: no error shows what the URL or the signature hold,
// though the receiver repeats it.
func TestNothingSecretIsTold(t *testing.T) {
	const token = "T0ken-0f-the-URL"
	canaries := []string{"hunt3r22", token, secret, "queryt0ken", base64.StdEncoding.EncodeToString([]byte("bob:hunt3r22"))[4:]}
	for _, status := range []int{301, 404, 429, 500} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", r.URL.String())
			w.WriteHeader(status)
			fmt.Fprintf(w, "no: %s %s %s %v", r.URL, r.Header.Get("Authorization"), secret, canaries)
		}))
		url := strings.Replace(s.URL, "://", "://bob:hunt3r22@", 1) + "/hooks/" + token + "?auth=queryt0ken"
		quiet(t, hook(t, webhook.Config{URL: url, Secret: secret}).Send(t.Context(), answertest.Notice()), canaries)
		s.Close()
		quiet(t, hook(t, webhook.Config{URL: url, Secret: secret}).Send(t.Context(), answertest.Notice()), canaries) // refused
	}
	for _, url := range []string{"https://bob:hunt3r22@[::1/T0ken-0f-the-URL", "ftp://bob:hunt3r22@h/", "://hunt3r22", "https://bob:hunt3r22@/x", "https://h/" + token + "#x"} {
		_, err := webhook.New(webhook.Config{URL: url, Secret: secret})
		quiet(t, err, canaries)
	}
}

// quiet demands an error that shows no secret.
func quiet(t *testing.T, err error, canaries []string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	text := fmt.Sprintf("%v %+v %#v %+v", err, err, err, notify.Fails(err))
	for _, c := range canaries {
		if strings.Contains(text, c) {
			t.Errorf("%q shows in %s", c, text)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for _, tt := range []struct {
		config      webhook.Config
		field, says string
	}{
		{webhook.Config{}, "webhook.url", "missing"},
		{webhook.Config{URL: "hooks.example.org/x"}, "webhook.url", "none of http or https"},
		{webhook.Config{URL: "ftp://hooks.example.org/x"}, "webhook.url", "none of http or https"},
		{webhook.Config{URL: "https:///x"}, "webhook.url", "none of http or https"},
		{webhook.Config{URL: "https://h/%zz"}, "webhook.url", "cannot be read"},
		{webhook.Config{URL: "https://h/#x"}, "webhook.url", "behind #"},
		{webhook.Config{URL: "https://h/", Secret: "whsec_"}, "webhook.secret_file", "no key follows"},
		{webhook.Config{URL: "https://h/", Secret: "whsec_!!"}, "webhook.secret_file", "no key follows"},
	} {
		_, err := webhook.New(tt.config)
		wrong, ok := errors.AsType[*webhook.ConfigError](err)
		if !ok || wrong.Field != tt.field || wrong.Hint() == "" || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: got %v, want %s: %s", tt.config.URL, err, tt.field, tt.says)
		}
	}
}

// TestTalkativeReceiver: an endless answer costs neither time nor memory.
func TestTalkativeReceiver(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat([]byte("more "), 1000)); err != nil {
				return
			}
		}
	}))
	defer s.Close()
	begun := time.Now()
	err := hook(t, webhook.Config{URL: s.URL}).Send(t.Context(), answertest.Notice())
	if err == nil || len(err.Error()) > 600 || time.Since(begun) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}
