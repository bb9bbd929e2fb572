package app

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
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
		{"absent", answer{404, `{"detail":"nobody has signed up as shop"}`}, "nobody has signed up as shop", "names are those of `portreeve register`"},
		{"another server", answer{502, "<html>"}, "the answer is 502 Bad Gateway", "it does not look like portreeve's"},
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
