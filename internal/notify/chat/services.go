//go:build !nochat

package chat

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/redact"
)

// useless are services that tell nobody, or that we serve better.
func useless() map[string]string {
	return map[string]string{
		"logger": "it tells nobody: portreeve logs by itself",
		"smtp":   "write email: instead, which repeats mails with the same Message-ID and keeps their order",
	}
}

// Services lists the services that there are, by the schemes of their URLs.
func Services() []string {
	all := new(router.ServiceRouter).ListServices()
	all = slices.DeleteFunc(all, func(s string) bool { return useless()[s] != "" })
	slices.Sort(all)
	return all
}

// open returns the sender for a URL.
func open(c Config) (notify.Sender, error) {
	known := "services are " + strings.Join(Services(), ", ") + ": see https://shoutrrr.nickfedor.com"
	scheme, _, ok := strings.Cut(c.URL, ":")
	scheme, custom, _ := strings.Cut(strings.ToLower(scheme), "+")
	shown := foreign.Text(scheme).Clip(20)
	switch {
	case !ok:
		return nil, wrong(errors.New("this is no URL of a chat service"), known)
	case useless()[scheme] != "":
		return nil, wrong(fmt.Errorf("the service %s is not used", shown), useless()[scheme])
	case !slices.Contains(Services(), scheme):
		return nil, wrong(fmt.Errorf("there is no chat service %q", shown), known)
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, wrong(fmt.Errorf("the URL of %s cannot be read", scheme), known)
	}
	hidden := redact.New(secrets(c.URL, u)...)
	if scheme == "telegram" {
		return openTelegram(u, hidden, c.Log)
	}
	s := &service{name: scheme, redact: hidden, patience: patience, turn: make(chan struct{}, 1)}
	s.make = func() (types.Service, error) { return initialize(scheme, custom != "", u, s) }
	s.turn <- struct{}{}
	if scheme == "matrix" { // it would log in
		if err := checkMatrix(u); err != nil {
			return nil, err
		}
		return s, nil
	}
	if s.service, err = s.make(); err != nil {
		return nil, wrong(fmt.Errorf("the URL of %s is not right: %s", scheme, hidden.Text(err.Error())), "see https://shoutrrr.nickfedor.com for what it has to hold")
	}
	return s, nil
}

func checkMatrix(u *url.URL) error {
	if _, ok := u.User.Password(); !ok || u.Hostname() == "" {
		return wrong(errors.New("the URL of matrix is not right: it needs a host, and a password or token"), "write it as in matrix://user:password@host or matrix://:token@host")
	}
	return nil
}

// initialize has the library read a URL, and looks over its shoulder at
// answers where it lets us. It may panic over a URL; that is an error too.
func initialize(scheme string, custom bool, u *url.URL, s *service) (made types.Service, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("it cannot be understood")
		}
	}()
	if made, err = new(router.ServiceRouter).NewService(scheme); err != nil {
		return nil, err
	}
	own := *u
	if custom {
		converter, ok := made.(types.CustomURLService)
		if !ok {
			return nil, errors.New("it has no other scheme behind a plus")
		}
		converted, err := converter.GetConfigURLFromCustom(&own)
		if err != nil {
			return nil, err
		}
		own = *converted
	}
	if err := made.Initialize(&own, nil); err != nil {
		return nil, err
	}
	s.observe(made, u)
	return made, nil
}

// observe puts a witness into the services whose HTTP client can be had.
func (s *service) observe(made types.Service, u *url.URL) {
	switch made := made.(type) {
	case interface{ GetHTTPClient() *http.Client }:
		if c := made.GetHTTPClient(); c != nil {
			s.witness = &witness{next: c.Transport}
			c.Transport = s.witness
		}
	case interface{ SetHTTPClient(*http.Client) }:
		if strings.Contains(strings.ToLower(u.RawQuery), "disabletls") {
			return // it has a client of its own for that
		}
		s.witness = &witness{}
		made.SetHTTPClient(&http.Client{Timeout: patience, Transport: s.witness})
	}
}

// minSecret is the shortest part of a URL, in bytes, that may be a secret.
const minSecret = 4

// secrets returns whatever of a URL may be one: any of its words, as they are
// written and as they are meant.
func secrets(text string, u *url.URL) []string {
	_, rest, _ := strings.Cut(text, ":")
	meant, err := url.PathUnescape(rest)
	if err != nil {
		meant = rest
	}
	password, _ := u.User.Password()
	all := []string{rest, strings.TrimPrefix(rest, "//"), password, u.User.Username(), u.User.Username() + ":" + password}
	for _, s := range []string{rest, meant} {
		all = append(all, strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/:@?&=#,+", r) })...)
		all = append(all, strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/:@?&=#,+-._", r) })...)
	}
	return slices.DeleteFunc(all, func(s string) bool { return len(s) < minSecret || ordinary(s) })
}

// ordinary reports whether a word is in every other URL.
func ordinary(word string) bool {
	return slices.Contains([]string{"http", "https", "hook", "webhook", "chats", "channels", "localhost", "telegram", "slack", "true", "false", "title", "token"}, strings.ToLower(word))
}

// patience is how long a service may take.
const patience = 30 * time.Second
