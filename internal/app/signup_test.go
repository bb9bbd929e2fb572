package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/client"
)

// A registrar is a server that apps sign up with, as far as a client sees: it
// answers each request as it was told to, and remembers what was asked.
type registrar struct {
	*httptest.Server

	mu      sync.Mutex
	asked   []string // METHOD PATH TOKEN BODY
	answers map[string]answer
}

// An answer is what a registrar says to a METHOD and PATH.
type answer struct {
	status int
	body   string
}

func newRegistrar(t *testing.T, answers map[string]answer) *registrar {
	t.Helper()
	r := &registrar{answers: answers}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *registrar) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var b bytes.Buffer
	b.ReadFrom(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	what := req.Method + " " + req.URL.Path
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	r.asked = append(r.asked, strings.TrimSpace(what+" "+token+" "+b.String()))
	a, ok := r.answers[what+" "+token]
	if !ok {
		a, ok = r.answers[what]
	}
	if !ok {
		a = answer{404, `{"title":"Not Found","status":404,"detail":"there is nothing here"}`}
	}
	kind := "application/json"
	if a.status >= 400 {
		kind = "application/problem+json"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(a.status)
	w.Write([]byte(a.body))
}

// requests returns what was asked since it was last called.
func (r *registrar) requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.asked
	r.asked = nil
	return all
}

const (
	shopToken = "prt_shop"
	shopInfo  = `{"name":"shop","owner":"this machine","address":"127.0.0.1","created":"2026-11-20T10:00:00Z","renewed":"2026-11-20T11:00:00Z","restarts":4,"crash_loop":true,
"status":"UNHEALTHY","since":"2026-11-20T11:30:00Z","last":{"at":"2026-11-20T11:31:00Z","took":"3ms","verdict":"fail","reason":"refused","text":"127.0.0.1:3000: connection refused"},
"spec":{"target":"http://127.0.0.1:3000/health","interval":"30s","timeout":"5s","thresholds":{"unhealthy":2,"healthy":10},"alerts":["ops"]}}`
)

// welcoming are the answers to who does all that a client can, and does it well.
func welcoming() map[string]answer {
	return map[string]answer{
		"POST /api/v1/checks":                           {201, `{"name":"shop","outcome":"created","token":"prt_shop","notes":["timeout: 40s is cut to 27s"],"check":"/api/v1/checks/shop","page":"/checks/shop"}`},
		"POST /api/v1/checks prt_shop":                  {200, `{"name":"shop","outcome":"restarted","restarts":3,"crash_loop":true,"page":"/checks/shop"}`},
		"GET /api/v1/checks/shop/registration":          {403, `{"detail":"shop is somebody else's"}`},
		"GET /api/v1/checks/shop/registration prt_shop": {200, shopInfo},
		"POST /api/v1/checks/shop/pause prt_shop":       {200, `{}`},
		"POST /api/v1/checks/shop/resume prt_shop":      {200, `{}`},
		"POST /api/v1/push/shop/fail prt_shop":          {200, `{}`},
		"POST /api/v1/push/shop/finish prt_shop":        {200, `{}`},
		"DELETE /api/v1/checks/shop prt_shop":           {200, `{}`},
	}
}

// account returns the environment of a user with a home of their own, and where
// their tokens are kept.
func account(t *testing.T) (lookup func(string) (string, bool), path string) {
	t.Helper()
	home := t.TempDir()
	return func(name string) (string, bool) {
		return map[string]string{"HOME": home}[name], name == "HOME"
	}, filepath.Join(home, ".local/state/portreeve/owners.json")
}

// TestSignup: who has registered a name does everything else with nothing but
// the name.
func TestSignup(t *testing.T) {
	r := newRegistrar(t, welcoming())
	env, path := account(t)
	named := SignupOptions{Name: "shop", Server: r.URL + "/", LookupEnv: env}
	known := SignupOptions{Name: "shop", LookupEnv: env}
	steps := []struct {
		name string
		do   func(ctx context.Context, out, errs *bytes.Buffer) error
		asks []string
		says string // on out
	}{
		{"register", func(ctx context.Context, out, errs *bytes.Buffer) error {
			return Register(ctx, RegisterOptions{SignupOptions: named, URL: "http://:3000/health", Timeout: 40 * time.Second, Alerts: []string{"ops"}}, out, errs)
		}, []string{
			`POST /api/v1/checks  {"name":"shop","target":"http://:3000/health","timeout":"40s","alerts":["ops"]}`,
			"GET /api/v1/checks/shop/registration prt_shop",
		}, "shop is registered\n  server  " + r.URL + "\n  target  http://127.0.0.1:3000/health\n  asked   every 30s, at most 5s for an answer; 2 failures in a row are an outage, 10 good answers end it\n" +
			"  note    timeout: 40s is cut to 27s\n  page    " + r.URL + "/checks/shop\n"},
		{"register again", func(ctx context.Context, out, errs *bytes.Buffer) error {
			return Register(ctx, RegisterOptions{SignupOptions: known, URL: "http://:3000/health"}, out, errs)
		}, []string{
			`POST /api/v1/checks prt_shop {"name":"shop","target":"http://:3000/health"}`,
			"GET /api/v1/checks/shop/registration prt_shop",
		}, "shop is registered already, and was counted as restarted\n"},
		{"info", func(ctx context.Context, out, errs *bytes.Buffer) error { return Info(ctx, known, out, errs) },
			[]string{"GET /api/v1/checks/shop/registration prt_shop"}, "UNHEALTHY: shop: http://127.0.0.1:3000/health\n"},
		{"pause", func(ctx context.Context, out, errs *bytes.Buffer) error {
			return Pause(ctx, known, "new disk", out, errs)
		}, []string{`POST /api/v1/checks/shop/pause prt_shop {"why":"new disk"}`}, "shop is paused at " + r.URL + "\n"},
		{"resume", func(ctx context.Context, out, errs *bytes.Buffer) error { return Resume(ctx, known, out, errs) },
			[]string{`POST /api/v1/checks/shop/resume prt_shop`}, "shop is resumed at " + r.URL + "\n"},
		{"stop", func(ctx context.Context, out, errs *bytes.Buffer) error { return Stop(ctx, known, out, errs) },
			[]string{`DELETE /api/v1/checks/shop prt_shop`}, "shop is stopped at " + r.URL + "\n"},
	}
	for _, step := range steps {
		var out, errs bytes.Buffer
		if err := step.do(t.Context(), &out, &errs); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got, want := strings.Join(r.requests(), "\n"), strings.Join(step.asks, "\n"); got != want {
			t.Errorf("%s asks\n%s\nwant\n%s", step.name, got, want)
		}
		if !strings.HasPrefix(out.String(), step.says) || errs.Len() > 0 {
			t.Errorf("%s says\n%s%s\nwant\n%s", step.name, &out, &errs, step.says)
		}
		if strings.Contains(out.String(), shopToken) {
			t.Errorf("%s tells the token: %s", step.name, &out)
		}
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), shopToken) {
		t.Errorf("the token of what is stopped is still there: %s, %v", text, err)
	}
}

// TestRegisterAsJSON has the token, and where it is kept: a file for nobody
// else.
func TestRegisterAsJSON(t *testing.T) {
	r := newRegistrar(t, welcoming())
	env, path := account(t)
	var out, errs bytes.Buffer
	if err := Register(t.Context(), RegisterOptions{SignupOptions: SignupOptions{Name: "shop", Server: r.URL, JSON: true, LookupEnv: env}, URL: "http://:3000/health"}, &out, &errs); err != nil {
		t.Fatal(err)
	}
	var got struct{ Server, Name, Outcome, Token, Kept string }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Server != r.URL || got.Name != "shop" || got.Outcome != "created" || got.Token != shopToken || got.Kept != path {
		t.Errorf("%v in %s", err, &out)
	}
	for file, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s is %v, %v; want %v", file, info.Mode(), err, mode)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("beside the tokens lies %v", left)
	}
	out.Reset()
	if err := Register(t.Context(), RegisterOptions{SignupOptions: SignupOptions{Name: "shop", JSON: true, LookupEnv: env}, URL: "http://:3000/health"}, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"token": "`+shopToken+`"`) || !strings.Contains(out.String(), `"notes": []`) {
		t.Errorf("registered again, without a token of the server's: %s", &out)
	}
}

// TestTokenThatCannotBeKept is printed, with the reason: there is no other copy.
func TestTokenThatCannotBeKept(t *testing.T) {
	r := newRegistrar(t, welcoming())
	nowhere := func(name string) (string, bool) { return "", false }
	var out, errs bytes.Buffer
	if err := Register(t.Context(), RegisterOptions{SignupOptions: SignupOptions{Name: "shop", Server: r.URL, LookupEnv: nowhere}, URL: "tcp://:1"}, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "token   "+shopToken+" (it could not be kept here: there is no HOME to keep it in)") {
		t.Errorf("register says\n%s", &out)
	}
}

// TestRegisterWithoutURL is for heartbeats.
func TestRegisterWithoutURL(t *testing.T) {
	r := newRegistrar(t, map[string]answer{
		"POST /api/v1/checks": {201, `{"name":"backup","outcome":"created","token":"prt_b","page":"/checks/backup","push":"/api/v1/push/backup"}`},
	})
	env, _ := account(t)
	o := RegisterOptions{SignupOptions: SignupOptions{Name: "backup", Server: r.URL, LookupEnv: env}}
	var out, errs bytes.Buffer
	if err := Register(t.Context(), o, &out, &errs); !isUsage(err) {
		t.Errorf("with neither URL nor period: %v", err)
	}
	o.Period = 24 * time.Hour
	if err := Register(t.Context(), o, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if asked := r.requests(); !strings.Contains(asked[0], `"target":"push://backup","period":"24h0m0s"`) {
		t.Errorf("asks %q", asked)
	}
	if !strings.Contains(out.String(), "portreeve beat backup, or POST to "+r.URL+"/api/v1/push/backup\n") {
		t.Errorf("says\n%s", &out)
	}
}

// TestServerThatForgot: a token that nobody knows any more is left out, and the
// new one is kept.
func TestServerThatForgot(t *testing.T) {
	answers := welcoming()
	answers["POST /api/v1/checks prt_old"] = answer{401, `{"detail":"this token is not known"}`}
	r := newRegistrar(t, answers)
	env, path := account(t)
	o := owners{path}
	if err := o.keep(r.URL, "shop", "prt_old"); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if err := Register(t.Context(), RegisterOptions{SignupOptions: SignupOptions{Name: "shop", Server: r.URL, LookupEnv: env}, URL: "tcp://:1"}, &out, &errs); err != nil {
		t.Fatal(err)
	}
	if token, err := o.token(r.URL, "shop"); token != shopToken || err != nil {
		t.Errorf("kept is %q, %v", token, err)
	}
}

// TestBeat says nothing to cron.
func TestBeat(t *testing.T) {
	r := newRegistrar(t, welcoming())
	env, path := account(t)
	if err := (owners{path}).keep(r.URL, "shop", shopToken); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		o    BeatOptions
		want string
	}{
		{BeatOptions{}, "POST /api/v1/push/shop/finish prt_shop {}"},
		{BeatOptions{ExitCode: 3, Text: "no space", Took: 90 * time.Second}, `POST /api/v1/push/shop/fail prt_shop {"took":"1m30s","exit_code":3,"text":"no space"}`},
		{BeatOptions{Signal: "finish", ExitCode: 3}, `POST /api/v1/push/shop/finish prt_shop {"exit_code":3}`},
	}
	for _, tt := range tests {
		var out, errs bytes.Buffer
		tt.o.SignupOptions = SignupOptions{Name: "shop", LookupEnv: env}
		if err := Beat(t.Context(), tt.o, &out, &errs); err != nil || out.Len()+errs.Len() > 0 {
			t.Errorf("%+v: %v, %s%s", tt.o, err, &out, &errs)
		}
		if got := strings.Join(r.requests(), "\n"); got != tt.want {
			t.Errorf("asks %s, want %s", got, tt.want)
		}
	}
	for _, wrong := range []BeatOptions{{Signal: "finsh"}, {Took: -time.Second}} {
		wrong.SignupOptions = SignupOptions{Name: "shop", LookupEnv: env}
		if err := Beat(t.Context(), wrong, &bytes.Buffer{}, &bytes.Buffer{}); !isUsage(err) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}

func isUsage(err error) bool {
	var u UsageError
	return errors.As(err, &u)
}

func hintIn(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// TestServerThatMoved: the name is known where it was signed up last.
func TestServerThatMoved(t *testing.T) {
	r := newRegistrar(t, welcoming())
	env, path := account(t)
	gone := &signup{server: &client.Server{URL: "http://192.0.2.1:9860"}, owners: owners{path}, name: "shop", known: true}
	if err := gone.owners.keep(gone.server.URL, "shop", "prt_old"); err != nil {
		t.Fatal(err)
	}
	o := RegisterOptions{SignupOptions: SignupOptions{Name: "shop", LookupEnv: env}, URL: "tcp://:1"}
	s, receipt, err := o.signUpInstead(t.Context(), gone, &signup{server: &client.Server{URL: r.URL}, owners: owners{path}, name: "shop"})
	if err != nil || receipt.Token != shopToken || s.server.URL != r.URL {
		t.Fatalf("%+v, %+v, %v", s, receipt, err)
	}
	if left, err := gone.owners.servers("shop"); len(left) > 0 || err != nil {
		t.Errorf("still known at %v, %v", left, err)
	}
}
