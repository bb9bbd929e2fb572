package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/notify/chat"
	"github.com/portreeve/portreeve/internal/notify/letter"
	"github.com/portreeve/portreeve/internal/notify/mail"
	"github.com/portreeve/portreeve/internal/notify/webhook"
)

// channels makes the channels of a route. To add a kind of channel, add a
// stanza.
func channels(a *config.Alert, log *slog.Logger) ([]channel, error) {
	var all []channel
	var errs []error
	add := func(name string, s notify.Sender, err error) {
		all, errs = append(all, channel{name, s}), append(errs, err)
	}
	if e := a.Email; len(e.To) > 0 {
		s, err := mail.New(mail.Config{URL: e.SMTP, Password: e.Password.Reveal(), From: e.From, To: e.To, Log: log})
		add("email", s, err)
	}
	if w := a.Webhook; w.URL != "" {
		s, err := webhook.New(webhook.Config{URL: w.URL.Reveal(), Secret: w.Secret.Reveal()})
		add("webhook", s, err)
	}
	count := map[string]int{}
	for i, url := range a.Services {
		scheme, _, _ := strings.Cut(url.Reveal(), ":")
		scheme, _, _ = strings.Cut(scheme, "+") // generic+https
		if count[scheme]++; count[scheme] > 1 {
			scheme = fmt.Sprintf("%s-%d", scheme, count[scheme])
		}
		s, err := chat.New(chat.Config{URL: url.Reveal(), Log: log})
		if err != nil {
			err = fmt.Errorf("the %s of services: %w", ordinal(i+1), err)
		}
		add(scheme, s, err)
	}
	return all, errors.Join(errs...)
}

func ordinal(n int) string {
	if n >= 1 && n <= 3 {
		return []string{"first", "second", "third"}[n-1]
	}
	return fmt.Sprintf("%dth", n)
}

// checkAlert tells what is wrong with a route, by its keys.
func checkAlert(a *config.Alert) []health.FieldError {
	_, err := channels(a, slog.New(slog.DiscardHandler))
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var wrong []health.FieldError
	for _, err := range joined.Unwrap() {
		wrong = append(wrong, fieldOf(err))
	}
	return wrong
}

// fieldOf names the key that an error of a channel is about.
func fieldOf(err error) health.FieldError {
	e := health.FieldError{Field: "services", Reason: err.Error()}
	var field interface{ Key() string }
	if errors.As(err, &field) {
		e.Field = field.Key()
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		e.Hint = hinted.Hint()
	}
	return e
}

// A printer is the channel of those who try portreeve out: it logs what would
// have been sent.
type printer struct{ log *slog.Logger }

var _ notify.Sender = printer{}

// Send implements [notify.Sender].
func (p printer) Send(_ context.Context, n notify.Notice) error {
	p.log.Warn("this would be sent, were it not a test", "route", n.Route, "mail", unsent{letter.Subject(n), letter.Body(n)})
	return nil
}

// An unsent is a mail that is shown instead.
type unsent struct{ subject, body string }

// LogValue implements [slog.LogValuer].
func (u unsent) LogValue() slog.Value {
	return slog.GroupValue(slog.String("subject", u.subject), slog.String("body", u.body))
}
