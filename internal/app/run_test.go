package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func TestRunServesAndStopsCleanly(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- Serve(ctx, ServeOptions{
			Flags: map[string][]string{
				"listen": {"127.0.0.1:0"}, "database": {"sqlite:" + t.TempDir() + "/portreeve.db"}, "checks": {"tcp://127.0.0.1:9"},
			},
			Version: "test", Ready: func(url string) { ready <- url }, Log: io.Discard,
		})
	}()
	for _, path := range []string{"", "api/v1/listeners", "metrics", "healthz"} {
		res, err := http.Get(<-ready + path)
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close(); res.StatusCode != http.StatusOK {
			t.Errorf("GET /%s: %s", path, res.Status)
		}
		ready <- res.Request.URL.Scheme + "://" + res.Request.URL.Host + "/"
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Run = %v after its context ended", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Run does not stop")
	}
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, ignore)
}

func TestRunRefusesWhatIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	type flags = map[string][]string
	tests := []struct {
		name  string
		flags flags
		usage bool
		words []string
	}{
		{"an address that others reach", flags{"listen": {"0.0.0.0:0"}}, true, []string{"other machines", "--insecure", "--tls-cert"}},
		{"no port", flags{"listen": {"127.0.0.1"}}, true, []string{"ADDRESS:PORT"}},
		{"a port that is taken, and by whom", flags{"listen": {taken.Addr().String()}}, false, []string{"already taken by app.test", "--listen"}},
		{"somebody else's address", flags{"listen": {"192.0.2.1:9860"}, "insecure": {"true"}}, false, []string{"no interface", "ip address"}},
		{"a port name that is none", flags{"listen": {"127.0.0.1:nonsense"}}, true, []string{"nonsense"}},
		{"a check of no kind", flags{"checks": {"gopher://h:70"}}, true, []string{"gopher", "tcp"}},
		{"a check without a port", flags{"checks": {"tcp://host"}}, true, []string{"port"}},
		{"a host name with a path", flags{"hosts": {"a/b"}}, true, []string{"no host name"}},
		{"port 0", flags{"ports.watch": {"0"}}, true, []string{"1 to 65535"}},
		{"a database of no kind", flags{"database": {"mysql://x"}}, true, []string{"database"}},
		{"a database in no directory", flags{"listen": {"127.0.0.1:0"}, "database": {"sqlite:/nonexistent/x.db"}}, false, []string{"/nonexistent"}},
		{"a certificate that is none", flags{"listen": {"127.0.0.1:0"}, "auth.tls_cert": {"/dev/null"}, "auth.tls_key": {"/dev/null"}}, true, []string{"/dev/null is no regular file", "certificate", "PEM"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if tt.flags["database"] == nil {
				tt.flags["database"] = []string{"memory:"}
			}
			err := Serve(ctx, ServeOptions{Flags: tt.flags, Log: io.Discard})
			if err == nil {
				t.Fatal("Serve took it")
			}
			var u UsageError
			var h interface{ Hint() string }
			if errors.As(err, &u) != tt.usage || !errors.As(err, &h) || h.Hint() == "" {
				t.Errorf("error %v: usage %v, want %v, and a hint", err, errors.As(err, &u), tt.usage)
			}
			for _, w := range tt.words {
				if h != nil && !strings.Contains(err.Error()+" "+h.Hint(), w) {
					t.Errorf("error %q, hint %q: want %q in it", err, h.Hint(), w)
				}
			}
		})
	}
}

func TestTextfileRefusesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]TextfileConfig{
		"no directory":          {Directory: "/nonexistent", File: "portreeve.prom", Once: true},
		"a name without .prom":  {Directory: t.TempDir(), File: "x.txt", Once: true},
		"an interval of nought": {Directory: t.TempDir(), File: "portreeve.prom"},
	} {
		err := Textfile(t.Context(), c, quiet)
		var h interface{ Hint() string }
		if err == nil || !errors.As(err, &h) {
			t.Errorf("%s: error %v, want one with a hint", name, err)
		}
	}
}
