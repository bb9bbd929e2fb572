package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/discovery"
)

// TestRefusals: what a server does not want is said in the words of the command
// line, each wrong field by itself.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		answer answer
		want   string // errors, a line each
		hint   string
	}{
		{"fields", answer{422, `{"detail":"the registration is wrong","errors":[
			{"location":"interval","message":"1s is out of range: 5s to 300s"},
			{"location":"unhealthy_threshold","message":"1 is out of range: 2 to 10"},
			{"location":"target","message":"\u001b[31m is no URL"},
			{"location":"sideways","message":"is unknown"}]}`},
			"--interval: 1s is out of range: 5s to 300s\n--unhealthy: 1 is out of range: 2 to 10\nURL: \\x1b[31m is no URL\nsideways: is unknown", ""},
		{"taken", answer{409, `{"detail":"shop is held by address 192.0.2.9, which still answers","hint":"choose another name"}`},
			"shop is held by address 192.0.2.9, which still answers", "choose another name"},
		{"forbidden", answer{403, `{"detail":"nobody may sign up from here"}`}, "nobody may sign up from here", "it takes the token of its owner"},
		{"registration is off", answer{405, `{"detail":"POST /api/v1/checks: this can only be read.","hint":"Use GET."}`},
			"apps cannot sign up with SERVER: registration is off there", "turn it on: `portreeve serve --registration`"},
		{"registration is off, says who has nothing there", answer{404, `{"detail":"There is nothing at /api/v1/checks/shop/registration.","hint":"What there is stands at /docs."}`},
			"apps cannot sign up with SERVER: registration is off there", "turn it on: `portreeve serve --registration`"},
		{"absent", answer{404, `{"detail":"Nobody has signed up as shop.","hint":"See /api/v1/checks.","because":"absent"}`}, "nobody has signed up as shop", "names are those of `portreeve register`"},
		{"no token", answer{401, `{"detail":"A heartbeat must show a token.","hint":"Send Authorization: Bearer."}`}, "a heartbeat must show a token", "have the network of this machine added to registration.allow there"},
		{"another server", answer{502, "<html>"}, "the answer is 502 Bad Gateway", "it does not look like portreeve's"},
		{"one that speaks TLS", answer{400, "Client sent an HTTP request to an HTTPS server."}, "the answer is 400 Bad Request", "it does not look like portreeve's; does it speak TLS? Then write --server https://127.0.0.1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRegistrar(t, map[string]answer{"POST /api/v1/checks": tt.answer})
			env, _ := account(t)
			err := Register(t.Context(), RegisterOptions{SignupOptions: SignupOptions{Name: "shop", Server: r.URL, LookupEnv: env}, URL: "tcp://:1"}, &bytes.Buffer{}, &bytes.Buffer{})
			if err == nil || strings.ReplaceAll(err.Error(), r.URL, "SERVER") != tt.want || isUsage(err) {
				t.Errorf("Register = %v, want %s", err, tt.want)
			}
			if hint := hintIn(err); !strings.HasPrefix(hint, tt.hint) || (hint == "") != (tt.hint == "") {
				t.Errorf("hint %q, want %q", hint, tt.hint)
			}
		})
	}
}

// TestHintsForWhoHasNoToken: what is to be done is said in the words of the
// command line, not in those of HTTP.
func TestHintsForWhoHasNoToken(t *testing.T) {
	r := newRegistrar(t, map[string]answer{"POST /api/v1/push/shop/finish": {401, `{"detail":"no","hint":"Send Authorization: Bearer."}`}})
	here, path := account(t)
	away, _ := account(t)
	if err := (owners{path}).keep(r.URL, "shop", shopToken); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		env   func(string) (string, bool)
		token string
		want  string
	}{
		{"one that is over", here, "", "the token that was kept here is not valid any more: `portreeve register` makes a new one"},
		{"none", away, "", "it takes the token of its owner"},
		{"no home, as in a unit of systemd", func(string) (string, bool) { return "", false }, "", "neither HOME nor XDG_STATE_HOME is set here"},
		{"a wrong one", away, "prt_x", "look at PORTREEVE_TOKEN"},
	}
	for _, tt := range tests {
		o := SignupOptions{Name: "shop", Server: r.URL, Token: tt.token, LookupEnv: tt.env}
		err := Beat(t.Context(), BeatOptions{SignupOptions: o}, &bytes.Buffer{}, &bytes.Buffer{})
		if hint := hintIn(err); err == nil || !strings.HasPrefix(hint, tt.want) {
			t.Errorf("%s: %v (hint %q), want %s", tt.name, err, hint, tt.want)
		}
	}
}

// TestAnotherService answers everything with 200, and is no server of ours.
func TestAnotherService(t *testing.T) {
	r := newRegistrar(t, map[string]answer{
		"POST /api/v1/checks": {200, `{"status":"pass"}`}, "GET /api/v1/checks/shop/registration": {200, `{"status":"pass"}`},
	})
	env, path := account(t)
	o := SignupOptions{Name: "shop", Server: r.URL, LookupEnv: env}
	for what, err := range map[string]error{
		"info":     Info(t.Context(), o, &bytes.Buffer{}, &bytes.Buffer{}),
		"register": Register(t.Context(), RegisterOptions{SignupOptions: o, URL: "tcp://:1"}, &bytes.Buffer{}, &bytes.Buffer{}),
	} {
		if err == nil || err.Error() != r.URL+" does not answer as portreeve does" {
			t.Errorf("%s = %v", what, err)
		}
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something is kept of it: %v", err)
	}
}

// TestHintsOfSilence: each reason why nobody answers has its own way out.
func TestHintsOfSilence(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := newRegistrar(t, nil)
	env, _ := account(t)
	for server, want := range map[string]string{
		secure.URL: "this machine does not trust who signed the certificate",
		strings.Replace(plain.URL, "http:", "https:", 1): "it speaks no TLS: write --server " + plain.URL,
	} {
		err := Info(t.Context(), SignupOptions{Name: "shop", Server: server, LookupEnv: env}, &bytes.Buffer{}, &bytes.Buffer{})
		if hint := hintIn(err); err == nil || !strings.HasPrefix(hint, want) {
			t.Errorf("%s: %v (hint %q), want %s", server, err, hint, want)
		}
	}
	for name, want := range map[string]string{"shop.local": "names in .local are multicast DNS's", "shop.example.org": "the name cannot be resolved here"} {
		lost := fmt.Errorf("ask: %w", &net.DNSError{Name: name, Err: "no resolver"})
		if hint := (&signup{server: &client.Server{}}).hintOfSilence(lost); !strings.HasPrefix(hint, want) {
			t.Errorf("%s: hint %q, want %s", name, hint, want)
		}
	}
}

// TestServersThatCannotBeUsed are told of by name: one that announces itself with
// a certificate that nobody trusts is there, and silence about it leads astray.
func TestServersThatCannotBeUsed(t *testing.T) {
	found := func(name, tls, addr string) discovery.Found {
		return discovery.Found{Instance: name, Port: 9860, Addrs: []netip.Addr{netip.MustParseAddr(addr)}, Text: map[string]string{"tls": tls}}
	}
	heard, err := browser(func(_ context.Context, _ string, tell func(discovery.Found)) error {
		tell(found("vm", "1", "192.0.2.1"))
		tell(found("b at\n", "0", "2001:db8::1"))
		return nil
	}).heard(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = notFound(heard, findTime)
	if want := `none could be used: b at\n at http://[2001:db8::1]:9860, vm at https://192.0.2.1:9860`; !strings.HasSuffix(err.Error(), want) || !strings.Contains(hintIn(err), "--server http://[2001:db8::1]:9860;") {
		t.Errorf("%v (hint %q), want %s", err, hintIn(err), want)
	}
	if err := notFound(nil, findTime); !strings.Contains(err.Error(), "nor on the local network was one found") || !strings.Contains(hintIn(err), "--announce") {
		t.Errorf("%v (hint %q)", err, hintIn(err))
	}
}

// TestServerWithoutPort is looked for at the port of web servers, which nobody
// meant.
func TestServerWithoutPort(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for server, want := range map[string]string{
		"http://192.0.2.1":                "no port is named; portreeve's is 9860, unless it was told another: --server http://192.0.2.1:9860",
		"http://[2001:db8::1]":            "--server http://[2001:db8::1]:9860",
		"http://192.0.2.1:80":             "is `portreeve serve` running there?",
		"https://ports.example.org/moni/": "is `portreeve serve` running there?",
	} {
		if hint := (&signup{server: &client.Server{URL: server}}).hintOfSilence(refused); !strings.Contains(hint, want) {
			t.Errorf("%s: hint %q, want %s", server, hint, want)
		}
	}
}

// TestNobodyAnswers, and why.
func TestNobodyAnswers(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + ln.Addr().String()
	ln.Close()
	env, _ := account(t)
	o := SignupOptions{Name: "shop", Server: closed, LookupEnv: env}
	err = Info(t.Context(), o, &bytes.Buffer{}, &bytes.Buffer{})
	if want := closed + " does not answer: connect: connection refused"; err == nil || err.Error() != want || !strings.Contains(hintIn(err), "portreeve serve") {
		t.Errorf("Info = %v (hint %q), want %s", err, hintIn(err), want)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Info(ended, o, &bytes.Buffer{}, &bytes.Buffer{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Info of who has ended it = %v", err)
	}
}

// TestWordsOfSignup: what is wrong before anybody is asked is a wrong command
// line.
func TestWordsOfSignup(t *testing.T) {
	env, path := account(t)
	for _, server := range []string{"http://a.example.org:9860", "http://b.example.org:9860"} {
		if err := (owners{path}).keep(server, "twice", "prt_x"); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		o    SignupOptions
		want string
	}{
		{SignupOptions{Name: "Shop"}, `"Shop" is no name of a check`},
		{SignupOptions{Name: "../shop"}, `"../shop" is no name of a check`},
		{SignupOptions{Name: "shop", Server: "ftp://h"}, `"ftp://h" is no server`},
		{SignupOptions{Name: "shop", Server: "http://u:p@h"}, "is no server"},
		{SignupOptions{Name: "shop", Server: "http://h/?x"}, "is no server"},
		{SignupOptions{Name: "shop", Token: "prt_x"}, "a token needs a server"},
		{SignupOptions{Name: "twice"}, "twice is registered at http://a.example.org:9860 and at http://b.example.org:9860"},
	}
	for _, tt := range tests {
		tt.o.LookupEnv = env
		err := Info(t.Context(), tt.o, &bytes.Buffer{}, &bytes.Buffer{})
		if !isUsage(err) || !strings.Contains(err.Error(), tt.want) || hintIn(err) == "" {
			t.Errorf("%+v: %v (hint %q), want %s", tt.o, err, hintIn(err), tt.want)
		}
	}
}

func TestServerURL(t *testing.T) {
	tests := map[string]string{
		"ports.example.org:9860":             "http://ports.example.org:9860",
		"http://Ports.example.org:9860/":     "http://ports.example.org:9860",
		"https://ports.example.org/monitor/": "https://ports.example.org/monitor",
		"[2001:DB8::1]:9860":                 "http://[2001:db8::1]:9860",
		"http://ports.example.org/api/v1/":   "http://ports.example.org",
		"http://[fe80::1%25Eth0]:9860":       "http://[fe80::1%25Eth0]:9860",
	}
	for text, want := range tests {
		if got, err := serverURL(text); got != want || err != nil {
			t.Errorf("serverURL(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

// TestTokenInSight is warned of.
func TestTokenInSight(t *testing.T) {
	r := newRegistrar(t, welcoming())
	env, _ := account(t)
	var errs bytes.Buffer
	o := SignupOptions{Name: "shop", Server: r.URL, Token: shopToken, Shown: true, LookupEnv: env}
	if err := Info(t.Context(), o, &bytes.Buffer{}, &errs); err != nil || !strings.Contains(errs.String(), "set PORTREEVE_TOKEN instead") || strings.Contains(errs.String(), shopToken) {
		t.Errorf("Info = %v, and says %q", err, &errs)
	}
}
