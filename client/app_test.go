package client_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portreeve/portreeve/client"
)

// register signs the shop up with a monitor and waits until that is done.
func register(t *testing.T, m *monitor, opts ...client.Option) *client.App {
	t.Helper()
	s := m.serve(t, "")
	opts = append([]client.Option{client.At(&client.Server{URL: s.URL}), client.Briskly(), client.Wait(20 * time.Second)}, opts...)
	app, err := client.Register(t.Context(), shop, opts...)
	return closed(t, app, err)
}

// TestRegister: an app starts without a server, and is signed up once there is
// one.
func TestRegister(t *testing.T) {
	m := newMonitor()
	s := m.serve(t, "")
	addr := s.Listener.Addr().String()
	s.Close()
	began := time.Now()
	app, err := client.Register(t.Context(), shop, client.At(&client.Server{URL: "http://" + addr}), client.Briskly())
	closed(t, app, err)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s to start", took)
	}
	until(t, "an error says that nobody answers", func() bool { return app.Err() != nil && !errors.Is(app.Err(), client.ErrNoServer) })
	if app.Server() != nil || app.Receipt() != nil {
		t.Errorf("signed up with %v: %v", app.Server(), app.Receipt())
	}
	if err := app.Beat(t.Context()); !errors.Is(err, client.ErrNotRegistered) {
		t.Errorf("a beat: %v, want %v", err, client.ErrNotRegistered)
	}
	m.serve(t, addr)
	until(t, "signed up", func() bool { return app.Err() == nil })
	if r := app.Receipt(); r.Outcome != client.Created || r.Token != "prt_secret1" || app.Server().Token != r.Token {
		t.Errorf("%+v", r)
	}
}

// TestMistakes: what no server can mend is an error at once.
func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		check  client.Check
		server string
		want   string
	}{
		{client.Check{URL: "http://:3000"}, "http://127.0.0.1:1", "needs a name"},
		{client.Check{Name: "x", URL: "http://[::1"}, "http://127.0.0.1:1", "missing ']'"},
		{client.Check{Name: "x", URL: "shop"}, "http://127.0.0.1:1", "no scheme"},
		{client.Check{Name: "x"}, "http://127.0.0.1:1", "no scheme"},
		{shop, "ftp://127.0.0.1", "is not http://HOST:PORT"},
	} {
		app, err := client.Register(t.Context(), tt.check, client.At(&client.Server{URL: tt.server}))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v at %s: %v, want %q", tt.check, tt.server, err, tt.want)
		}
		if err := app.Close(); err != nil {
			t.Error("closing no app:", err)
		}
	}
}

// TestUpkeep: whatever becomes of the registration, the app is signed up again,
// and as seldom as that needs.
func TestUpkeep(t *testing.T) {
	t.Parallel()
	const signUp, look = "POST /api/v1/checks", "GET /api/v1/checks/shop/registration"
	for _, tt := range []struct {
		name   string
		happen func(m *monitor)
		signed bool   // it is signed up again
		token  string // then
		pause  bool
	}{
		{name: "nothing", happen: func(*monitor) {}, token: "prt_secret1"},
		{name: "the server forgot", happen: func(m *monitor) { clear(m.signed) }, signed: true, token: "prt_secret2"},
		{name: "the server forgot a pause", happen: func(m *monitor) { clear(m.signed) }, signed: true, token: "prt_secret2", pause: true},
		{name: "the token ended, the address is known", happen: func(m *monitor) { m.signed["shop"].secret = "prt_other" }, token: ""},
		{name: "the server was away", happen: func(m *monitor) {
			n := 0
			m.refuse = func(*http.Request) *answer {
				if n++; n > 3 {
					return nil
				}
				a := refusal(503, "Not now.")
				return &a
			}
		}, token: "prt_secret1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMonitor()
			app := register(t, m)
			if tt.pause {
				if err := app.Pause(t.Context(), "moves"); err != nil {
					t.Fatal(err)
				}
			}
			m.change(func() { tt.happen(m) })
			begun := m.count(look)
			if tt.signed {
				until(t, "signed up again", func() bool { return m.count(signUp) > 1 })
			}
			until(t, "looked after", func() bool { return m.count(look) > begun+5 && app.Err() == nil && app.Server().Token == tt.token })
			if got := m.count(signUp) > 1; got != tt.signed {
				t.Errorf("signed up again: %v", got)
			}
			if s := m.of("shop"); s.paused != tt.pause || tt.pause && s.why != "moves" {
				t.Errorf("%+v, want paused: %v", s, tt.pause)
			}
		})
	}
}

// TestOperatorsPause: a pause that the app did not ask for is left alone, and an
// end of one that it did, too.
func TestOperatorsPause(t *testing.T) {
	m := newMonitor()
	app := register(t, m)
	for _, paused := range []bool{true, false} {
		if !paused {
			if err := app.Pause(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
		}
		m.change(func() { m.signed["shop"].paused = paused })
		begun := m.count("GET /api/v1/checks/shop/registration")
		until(t, "looked after", func() bool { return m.count("GET /api/v1/checks/shop/registration") > begun+3 })
		if m.of("shop").paused != paused {
			t.Errorf("paused: %v, want %v", !paused, paused)
		}
	}
}

// TestPauseEarly: an app that is not signed up yet can want to be paused.
func TestPauseEarly(t *testing.T) {
	m := newMonitor()
	m.refuse = func(*http.Request) *answer { a := refusal(503, "Not now."); return &a }
	s := m.serve(t, "")
	app, err := client.Register(t.Context(), shop, client.At(&client.Server{URL: s.URL}), client.Briskly())
	closed(t, app, err)
	if err := app.Pause(t.Context(), "not yet"); !errors.Is(err, client.ErrNotRegistered) {
		t.Errorf("%v, want %v", err, client.ErrNotRegistered)
	}
	m.change(func() { m.refuse = nil })
	until(t, "paused", func() bool { s := m.of("shop"); return s != nil && s.paused && s.why == "not yet" })
	until(t, "signed up", func() bool { return app.Err() == nil })
	if err := app.Resume(t.Context()); err != nil || m.of("shop").paused {
		t.Errorf("resumed: %+v, %v", m.of("shop"), err)
	}
	if info, err := app.Info(t.Context()); err != nil || info.Paused || info.Owner != "this machine" {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestRefused: a refusal is told with all it says, and asked again; with Wait it
// is Register's error at once.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		check client.Check
		other bool // somebody else has the name
		want  int
	}{
		{"taken", shop, true, 409},
		{"out of range", client.Check{Name: "shop", URL: "http://:3000", Interval: time.Second, Unhealthy: 1}, false, 422},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMonitor()
			if tt.other {
				m.signed["shop"] = &signed{owner: "address 192.0.2.7"}
			}
			at := client.At(&client.Server{URL: m.serve(t, "").URL})
			app, err := client.Register(t.Context(), tt.check, at, client.Briskly(), client.Wait(time.Hour))
			var refusal *client.Error
			if app != nil || !errors.As(err, &refusal) || refusal.Status != tt.want {
				t.Fatalf("%v, want %d", err, tt.want)
			}
			if tt.want == 422 && len(refusal.Fields) != 2 {
				t.Errorf("%v, want both wrong fields", err)
			}
			app, err = client.Register(t.Context(), tt.check, at, client.Briskly())
			closed(t, app, err)
			until(t, "asked again", func() bool { return m.count("POST /api/v1/checks") > 3 })
			if !errors.As(app.Err(), &refusal) || refusal.Status != tt.want {
				t.Errorf("%v, want %d", app.Err(), tt.want)
			}
		})
	}
}

// TestWait: who waits in vain is told why, and nothing runs on.
func TestWait(t *testing.T) {
	_, err := client.Register(t.Context(), shop, client.At(&client.Server{URL: "http://127.0.0.1:1"}), client.Briskly(), client.Wait(50*time.Millisecond))
	if err == nil || !strings.Contains(err.Error(), "register shop: ask portreeve") {
		t.Error(err)
	}
	_, err = client.Register(t.Context(), shop, client.Within("", nobody), client.Briskly(), client.Wait(50*time.Millisecond))
	if !errors.Is(err, client.ErrNoServer) {
		t.Errorf("%v, want %v", err, client.ErrNoServer)
	}
}

// TestTooOften: a server is left alone for as long as it says.
func TestTooOften(t *testing.T) {
	m := newMonitor()
	m.refuse = func(*http.Request) *answer {
		a := refusal(429, "Too often.")
		a.header = http.Header{"Retry-After": {"3600"}}
		return &a
	}
	s := m.serve(t, "")
	app, err := client.Register(t.Context(), shop, client.At(&client.Server{URL: s.URL}), client.Briskly())
	closed(t, app, err)
	until(t, "refused", func() bool { var e *client.Error; return errors.As(app.Err(), &e) && e.RetryAfter == time.Hour })
	app.Pause(t.Context(), "")         // wakes the upkeep
	time.Sleep(200 * time.Millisecond) // many rounds of Briskly: none must begin
	if n := m.count("POST /api/v1/checks"); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

// TestNewToken: a token of the scope register signs up, the owner's does the rest.
func TestNewToken(t *testing.T) {
	m := newMonitor()
	m.tokens["prt_deploy"] = "deploy"
	at := &client.Server{URL: m.serve(t, "").URL, Token: "prt_deploy"}
	app, err := client.Register(t.Context(), client.Check{Name: "shop", URL: "push://shop", Period: time.Hour}, client.At(at), client.Briskly(), client.Wait(20*time.Second))
	closed(t, app, err)
	if m.of("shop").owner != "token deploy" || app.Server().Token != "prt_secret1" || at.Token != "prt_deploy" {
		t.Errorf("%+v with %q", m.of("shop"), app.Server().Token)
	}
	// The token ends: heartbeats need another.
	m.change(func() { m.signed["shop"].secret = "prt_gone" })
	until(t, "a beat is taken", func() bool { return app.Beat(t.Context()) == nil && len(m.of("shop").beats) == 1 })
	if s := m.of("shop"); app.Server().Token != s.secret || s.restarts != 1 {
		t.Errorf("%+v with %q", s, app.Server().Token)
	}
}

// TestClose does with the registration what was said, and nothing twice.
func TestClose(t *testing.T) {
	for _, tt := range []struct {
		name         string
		opts         []client.Option
		gone, paused bool
	}{
		{"leave", nil, false, false},
		{"pause", []client.Option{client.OnClose(client.Pause)}, false, true},
		{"stop", []client.Option{client.OnClose(client.Stop)}, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMonitor()
			app := register(t, m, tt.opts...)
			for range 2 {
				if err := app.Close(); err != nil {
					t.Fatal(err)
				}
				if s := m.of("shop"); (s == nil) != tt.gone || s != nil && s.paused != tt.paused {
					t.Errorf("%+v", s)
				}
				m.change(func() { m.signed["shop"] = &signed{owner: "this machine", paused: tt.paused} })
				tt.gone = false
			}
		})
	}
}

// TestStop: an app that is stopped does not sign up again, and is content when
// nobody knows it any more.
func TestStop(t *testing.T) {
	m := newMonitor()
	app := register(t, m)
	m.change(func() { clear(m.signed) })
	if err := app.Stop(); err != nil {
		t.Error(err)
	}
	if s := m.of("shop"); s != nil {
		t.Errorf("%+v", s)
	}
}

// TestClosePanic: a crash is not signed off.
func TestClosePanic(t *testing.T) {
	m := newMonitor()
	app := register(t, m, client.OnClose(client.Stop))
	defer func() {
		if v := recover(); v != "crash" {
			t.Errorf("the panic became %v", v)
		}
		if s := m.of("shop"); s == nil || s.paused {
			t.Errorf("%+v, want it left", s)
		}
	}()
	defer app.Close()
	panic("crash")
}

// TestCloseTimeout: a server that says nothing holds no app up, and nothing of it
// runs on.
func TestCloseTimeout(t *testing.T) {
	for _, stuck := range []string{"POST", "GET", "DELETE"} {
		t.Run(stuck, func(t *testing.T) {
			m := newMonitor()
			hang, hung := make(chan struct{}), make(chan struct{}, 100)
			s := server(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == stuck {
					hung <- struct{}{}
					<-hang
					return
				}
				m.ServeHTTP(w, r)
			})
			defer close(hang)
			app, err := client.Register(t.Context(), shop, client.At(s), client.Briskly(), client.OnClose(client.Stop), client.CloseTimeout(100*time.Millisecond))
			if err != nil {
				t.Fatal(err)
			}
			if stuck == "DELETE" {
				until(t, "signed up", func() bool { return app.Err() == nil })
			} else {
				<-hung
			}
			began := time.Now()
			err = app.Close()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("closing took %s", took)
			}
			if stuck == "DELETE" && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v, want a deadline", err)
			}
		})
	}
}

// TestNoLeak: with Close, or the end of the context, everything has ended.
func TestNoLeak(t *testing.T) {
	m := newMonitor()
	s := m.serve(t, "")
	before := goleak.IgnoreCurrent()
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		app, err := client.Register(ctx, shop, client.At(&client.Server{URL: s.URL}), client.Briskly(), client.Wait(20*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		app.Close()
		app, err = client.Register(ctx, shop, client.Within("", nobody), client.Briskly())
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := client.Register(ctx, shop, client.Within("", nobody), client.Wait(time.Hour)); !errors.Is(err, client.ErrNoServer) {
			t.Error(err)
		}
		if !errors.Is(app.Err(), client.ErrNoServer) {
			t.Error(app.Err())
		}
	}
	// The server's side of a connection may take a moment longer.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("net/http.(*conn).serve"))
}

// TestKeepToken: the next process of an app is its owner, with the server that
// gave the token and no other.
func TestKeepToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token.json")
	m := newMonitor()
	m.tokens["prt_deploy"] = "deploy"
	s := m.serve(t, "")
	sign := func(at *client.Server) *client.App {
		app, err := client.Register(t.Context(), shop, client.At(at), client.Briskly(), client.Wait(20*time.Second), client.KeepToken(file))
		return closed(t, app, err)
	}
	sign(&client.Server{URL: s.URL, Token: "prt_deploy"}).Close()
	if i, err := os.Stat(file); err != nil || i.Mode() != 0o600 {
		t.Fatalf("%v, %v: want mode 0600", i, err)
	}
	// Without the token of the first process.
	again := sign(&client.Server{URL: s.URL})
	if r := again.Receipt(); r.Outcome != client.Restarted || r.Token != "prt_secret1" || m.of("shop").owner == "" {
		t.Errorf("%+v", r)
	}
	again.Close()
	other := newMonitor()
	other.refuse = func(r *http.Request) *answer {
		if shown := r.Header.Get("Authorization"); shown != "" {
			t.Errorf("another server is shown %q", shown)
		}
		return nil
	}
	sign(&client.Server{URL: other.serve(t, "").URL}).Close()
	for name, text := range map[string]string{"broken": "{", "of another app": `{"server":"` + s.URL + `","name":"other","token":"prt_secret1"}`} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		m.change(func() { clear(m.signed) })
		if r := sign(&client.Server{URL: s.URL}).Receipt(); r.Outcome != client.Created {
			t.Errorf("%s: %+v", name, r)
		}
	}
	left, err := filepath.Glob(file + ".*")
	if err != nil || left != nil {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestLog: each trouble once, without tokens.
func TestLog(t *testing.T) {
	m := newMonitor()
	var log lines
	app := register(t, m, client.Log(slog.New(slog.NewTextHandler(&log, nil))))
	m.change(func() { m.refuse = func(*http.Request) *answer { a := refusal(503, "Not now."); return &a } })
	asked := m.count("GET /api/v1/checks/shop/registration")
	until(t, "tried often", func() bool { return m.count("GET /api/v1/checks/shop/registration") > asked+5 })
	m.change(func() { m.refuse = nil })
	until(t, "back", func() bool { return app.Err() == nil && strings.Count(log.String(), "level=INFO") == 2 })
	app.Close()
	said := log.String()
	for want, n := range map[string]int{`msg="registered with portreeve" check=shop server=http://127.0.0.1`: 2, `msg="not registered with portreeve, trying again" check=shop err="Not now`: 1, "prt_": 0, "\n": 3} {
		if got := strings.Count(said, want); got != n {
			t.Errorf("%q is %d times in the log, want %d:\n%s", want, got, n, said)
		}
	}
}

// TestConcurrent: everybody may use an app at once.
func TestConcurrent(t *testing.T) {
	m := newMonitor()
	app := register(t, m)
	done := make(chan error)
	asks := []func() error{
		func() error { return app.Pause(t.Context(), "a") },
		func() error { return app.Resume(t.Context()) },
		func() error { return app.Beat(t.Context()) },
		func() error { _, err := app.Info(t.Context()); return err },
		func() error { app.Receipt(); app.Server(); return app.Err() },
	}
	for _, ask := range asks {
		go func() {
			var err error
			for range 20 {
				err = errors.Join(err, ask())
			}
			done <- err
		}()
	}
	for range asks {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		go func() { done <- app.Close() }()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := fmt.Sprint(app.Err()); err == "" {
		t.Error(err)
	}
}
