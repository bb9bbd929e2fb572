package client_test

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/discovery"
)

// nobody announces anything.
func nobody(ctx context.Context, _ string, _ func(discovery.Found)) error {
	<-ctx.Done()
	return nil
}

// A link is a network on which servers are announced.
type link struct {
	mu    sync.Mutex
	found []discovery.Found
	tells []func(discovery.Found)
}

func (l *link) announce(f discovery.Found) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.found = append(l.found, f)
	for _, tell := range l.tells {
		tell(f)
	}
}

func (l *link) browse(ctx context.Context, serviceType string, tell func(discovery.Found)) error {
	if serviceType != "_portreeve._tcp" {
		return errors.New("browsed for " + serviceType)
	}
	l.mu.Lock()
	for _, f := range l.found {
		tell(f)
	}
	l.tells = append(l.tells, tell)
	l.mu.Unlock()
	<-ctx.Done()
	return nil
}

// announced returns a server as it would be announced on the loopback interface.
func announced(t *testing.T, instance, url string) discovery.Found {
	t.Helper()
	at := netip.MustParseAddrPort(url[strings.Index(url, "//")+2:])
	f := discovery.Found{
		Instance: instance, Type: "_portreeve._tcp", Host: "example.com", Port: at.Port(), Addrs: []netip.Addr{at.Addr()},
		Text: map[string]string{"version": "1", "tls": "0", "path": "/api/v1"}, Interface: "lo",
	}
	if strings.HasPrefix(url, "https:") {
		f.Text["tls"] = "1"
	}
	return f
}

// TestFind: the first that would take a registration, among those that only look
// like it.
func TestFind(t *testing.T) {
	good := newMonitor().serve(t, "").URL
	closed := newMonitor()
	closed.refuse = func(*http.Request) *answer { a := refusal(401, "Show a token."); return &a }
	shut := closed.serve(t, "").URL
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	untrusted := httptest.NewUnstartedServer(newMonitor())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	change := func(f discovery.Found, how func(*discovery.Found)) discovery.Found { how(&f); return f }
	for _, tt := range []struct {
		name  string
		local string
		found []discovery.Found
		want  string // empty: none
	}{
		{"on this machine", good, nil, good},
		{"on this machine rather than elsewhere", good, []discovery.Found{announced(t, "b", shut)}, good},
		{"nobody on this machine", "http://127.0.0.1:1", []discovery.Found{announced(t, "a", good)}, good},
		{"another server on this machine", web.URL, []discovery.Found{announced(t, "a", good)}, good},
		{"one that takes nobody comes first", "", []discovery.Found{announced(t, "a", shut), announced(t, "b", good)}, good},
		{"a certificate for another name", "", []discovery.Found{change(announced(t, "a", untrusted.URL), func(f *discovery.Found) { f.Host = "example.org" }), announced(t, "b", good)}, good},
		{"another version", "", []discovery.Found{change(announced(t, "a", good), func(f *discovery.Found) { f.Text["path"] = "/api/v9" })}, ""},
		{"no path", "", []discovery.Found{change(announced(t, "a", good), func(f *discovery.Found) { f.Text = nil })}, ""},
		{"a path that is a host", "", []discovery.Found{change(announced(t, "a", good), func(f *discovery.Found) { f.Text["path"] = "@127.0.0.1/api/v1" })}, ""},
		{"somebody else sends us to ourselves", "", []discovery.Found{change(announced(t, "a", good), func(f *discovery.Found) { f.Interface = "eth0" })}, ""},
		{"to the metadata service", "", []discovery.Found{change(announced(t, "a", good), func(f *discovery.Found) { f.Addrs = []netip.Addr{netip.MustParseAddr("169.254.169.254")} })}, ""},
		{"no port", "", []discovery.Found{change(announced(t, "a", good), func(f *discovery.Found) { f.Port = 0 })}, ""},
		{"it went", "", []discovery.Found{announced(t, "a", good), change(announced(t, "a", good), func(f *discovery.Found) { f.Gone = true })}, ""},
		{"nobody at all", "", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			patience := 20 * time.Second
			if tt.want == "" {
				patience = gather
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			var l link
			for _, f := range tt.found {
				l.announce(f)
			}
			s, err := client.FindWith(ctx, client.Within(tt.local, l.browse))
			switch {
			case tt.want == "" && !errors.Is(err, client.ErrNoServer):
				t.Errorf("%v, %v, want %v", s, err, client.ErrNoServer)
			case tt.want != "" && (err != nil || s.URL != tt.want || s.Token != ""):
				t.Errorf("%+v, %v, want %s", s, err, tt.want)
			}
		})
	}
}

// gather is how long a search takes at least that finds something.
const gather = 400 * time.Millisecond

// TestFindSecond: one that wants to see a token is better than none.
func TestFindSecond(t *testing.T) {
	t.Parallel()
	m := newMonitor()
	m.refuse = func(*http.Request) *answer { a := refusal(401, "Show a token."); return &a }
	url := m.serve(t, "").URL
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var l link
	l.announce(announced(t, "a", url))
	asked := make(chan bool)
	go func() {
		defer close(asked)
		until(t, "asked again, so the first answer is known", func() bool {
			l.announce(announced(t, "a", url))
			return m.count("POST /api/v1/checks") > 1
		})
		cancel()
	}()
	s, err := client.FindWith(ctx, client.Within("", l.browse))
	if err != nil || s.URL != url {
		t.Errorf("%+v, %v, want %s", s, err, url)
	}
	<-asked
}

// TestFindTLS: of two that answer, the one with a certificate for its name.
func TestFindTLS(t *testing.T) {
	s := httptest.NewTLSServer(newMonitor())
	t.Cleanup(s.Close)
	var l link
	l.announce(announced(t, "a", newMonitor().serve(t, "").URL))
	l.announce(announced(t, "b", s.URL))
	got, err := client.FindWith(t.Context(), client.Within("", l.browse))
	if err != nil || got.URL != s.URL {
		t.Errorf("%+v, %v, want %s", got, err, s.URL)
	}
}

// TestFindEnvironment: a server that is named is taken at its word.
func TestFindEnvironment(t *testing.T) {
	t.Setenv("PORTREEVE_SERVER", "http://192.0.2.1:9860")
	t.Setenv("PORTREEVE_TOKEN", "prt_x")
	s, err := client.Find(t.Context())
	if err != nil || s.URL != "http://192.0.2.1:9860" || s.Token != "prt_x" {
		t.Errorf("%+v, %v", s, err)
	}
	t.Setenv("PORTREEVE_SERVER", "192.0.2.1")
	if _, err := client.Find(t.Context()); err == nil || !strings.Contains(err.Error(), "PORTREEVE_SERVER") {
		t.Errorf("%v, want the variable named", err)
	}
	if _, err := client.Register(t.Context(), shop); err == nil || !strings.Contains(err.Error(), "PORTREEVE_SERVER") {
		t.Errorf("%v, want the variable named", err)
	}
	app, err := client.Register(t.Context(), shop, client.At(nil), client.At(&client.Server{URL: newMonitor().serve(t, "").URL}), client.Log(nil), client.Wait(20*time.Second))
	closed(t, app, err)
}

// unsupported is how it is where multicast DNS does not work.
func unsupported(context.Context, string, func(discovery.Found)) error { return errors.ErrUnsupported }

// TestBrowseBroken: why nothing could be found is told, and where nothing can come
// any more, nobody waits for it.
func TestBrowseBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := client.FindWith(t.Context(), client.Within("", unsupported))
		if !errors.Is(err, client.ErrNoServer) || !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v, want %v and %v", err, client.ErrNoServer, errors.ErrUnsupported)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("waited %v for nobody", waited)
		}
	})
}

// TestBrowseEnds: who was announced before browsing ended is asked.
func TestBrowseEnds(t *testing.T) {
	url := newMonitor().serve(t, "").URL
	s, err := client.FindWith(t.Context(), client.Within("", func(_ context.Context, _ string, tell func(discovery.Found)) error {
		tell(announced(t, "a", url))
		return errors.ErrUnsupported
	}))
	if err != nil || s.URL != url {
		t.Errorf("%+v, %v, want %s", s, err, url)
	}
}

// TestNoMulticast: an app whose system has none is told so once, and goes on.
func TestNoMulticast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told lines
		app, err := client.Register(t.Context(), shop, client.Within("", unsupported), client.Log(slog.New(slog.NewTextHandler(&told, nil))))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if !errors.Is(app.Err(), client.ErrNoServer) {
			t.Errorf("%v, want %v", app.Err(), client.ErrNoServer)
		}
		app.Close()
		if n := strings.Count(told.String(), "cannot look for portreeve on the network"); n != 1 {
			t.Errorf("told %d times, want once:\n%s", n, told.String())
		}
	})
}

// TestMoved: an app follows its server to another address at once, waits for one
// that is away, and turns to another when it stays away. It shows a token to none
// but who gave it.
func TestMoved(t *testing.T) {
	first, other := newMonitor(), newMonitor()
	for _, m := range []*monitor{first, other} {
		secrets := []string{"prt_secret"}
		m.refuse = func(r *http.Request) *answer {
			shown := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			if shown != "" && m == other && !slices.ContainsFunc(secrets, func(s string) bool { return m.minted > 0 && strings.HasPrefix(shown, s) }) {
				t.Errorf("a server that gave none is shown %q", shown)
			}
			return nil
		}
	}
	at := first.serve(t, "")
	var l link
	l.announce(announced(t, "first", at.URL))
	var told lines
	app, err := client.Register(t.Context(), shop, client.Within("", l.browse), client.Briskly(), client.Wait(20*time.Second), client.Log(slog.New(slog.NewTextHandler(&told, nil))))
	closed(t, app, err)

	// Its process is started anew at another address: nothing needs signing up.
	at.Close()
	gone := announced(t, "first", at.URL)
	gone.Gone = true
	l.announce(gone)
	moved := first.serve(t, "")
	l.announce(announced(t, "first", moved.URL))
	until(t, "followed", func() bool { return app.Err() == nil && app.Server().URL == moved.URL })
	if n := first.count("POST /api/v1/checks"); n != 1 {
		t.Errorf("signed up %d times, want once", n)
	}
	// It goes for good, and there is another.
	moved.Close()
	l.announce(gone)
	second := other.serve(t, "")
	l.announce(announced(t, "second", second.URL))
	until(t, "with the other", func() bool { return app.Err() == nil && app.Server().URL == second.URL })
	if other.of("shop") == nil {
		t.Error("the other does not know the shop")
	}
	app.Close()
	for _, url := range []string{at.URL, moved.URL, second.URL} {
		if n := strings.Count(told.String(), `msg="registered with portreeve" check=shop server=`+url+"\n"); n != 1 {
			t.Errorf("%s is %d times in the log, want once:\n%s", url, n, told.String())
		}
	}
}

// TestCrowd: however many announce themselves, those who do not answer stand in
// nobody's way for ever.
func TestCrowd(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	var l link
	for i := range 40 {
		l.announce(announced(t, "a"+strings.Repeat("x", i), web.URL))
	}
	m := newMonitor()
	l.announce(announced(t, "z", m.serve(t, "").URL))
	app, err := client.Register(t.Context(), shop, client.Within(web.URL, l.browse), client.Briskly(), client.Wait(30*time.Second))
	closed(t, app, err)
}
