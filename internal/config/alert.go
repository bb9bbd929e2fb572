package config

import (
	"github.com/portreeve/portreeve/internal/health"
)

// An Alert is a route: whom to tell of outages, and how.
type Alert struct {
	Name     string
	After    health.Duration // an outage must have lasted so long
	Remind   health.Duration // between reminders; 0: none
	Soft     bool            // suspicions are told too
	Recovery bool            // that it is over is told too

	Email    Email
	Services []Secret // URLs of shoutrrr
	Webhook  Webhook

	at    Origin
	given []fieldOrigin
	wrong bool // a mistake is told of it
}

// An Email is where a route's mail goes; with no To, nowhere.
type Email struct {
	To       []string
	From     string
	SMTP     string // URL of the relay; it holds no password
	Password Secret

	passwordFile string
}

// begun reports whether something is said of mail but to whom it goes.
func (e Email) begun() bool { return e.From != "" || e.SMTP != "" || e.passwordFile != "" }

// A Webhook is where a route posts JSON; with no URL, nowhere.
type Webhook struct {
	URL    Secret
	Secret Secret // with which it is signed

	secretFile string
}

// SMTP is the relay of routes that name none.
type SMTP struct {
	URL      string
	Password Secret
	From     string

	passwordFile string
}

// Retention bounds what the journal keeps.
type Retention struct {
	Age     health.Duration
	Entries int
	Latency int // rows of response times
}

// An AlertField is one key of a route in the file; a dot stands between a
// section and its key.
type AlertField struct {
	Name    string
	Value   string // what a value looks like
	Default string // in words; empty: none
	Help    string

	field  func(*Alert) any
	rule   func(string) error
	secret bool // never shown
}

// AlertFields lists every key of a route, in the order in which they are
// printed.
func AlertFields() []AlertField {
	return []AlertField{
		{Name: "after", Value: "2m", Default: "at once", field: func(a *Alert) any { return &a.After },
			Help: "Tell of an outage once it has lasted so long; a shorter one is not told at all."},
		{Name: "remind_every", Value: "4h", Default: "never", field: func(a *Alert) any { return &a.Remind }, rule: checkReminder,
			Help: "Tell again while an outage goes on and nobody has acknowledged it; 1m at least."},
		{Name: "send_on_degrading", Value: "true", Default: "false", field: func(a *Alert) any { return &a.Soft },
			Help: "Tell suspicions too, from the first failure on."},
		{Name: "send_on_recovery", Value: "false", Default: "true", field: func(a *Alert) any { return &a.Recovery },
			Help: "Tell that an outage is over."},
		{Name: "email.to", Value: "[ops@example.org]", field: func(a *Alert) any { return &a.Email.To }, rule: checkMailbox,
			Help: "Whom to mail."},
		{Name: "email.from", Value: "portreeve@example.org", Default: "smtp.from", field: func(a *Alert) any { return &a.Email.From }, rule: checkMailbox,
			Help: "The sender."},
		{Name: "email.smtp", Value: "smtp://user@mail.example.org:587", Default: "smtp.url", field: func(a *Alert) any { return &a.Email.SMTP },
			Help: "The relay: smtp:// with STARTTLS or smtps://. No password in it."},
		{Name: "email.password_file", Value: "/run/secrets/smtp", Default: "smtp.password_file", field: func(a *Alert) any { return &a.Email.passwordFile },
			Help: "A file with the password of the relay's user."},
		{Name: "services", Value: "[ntfy://ntfy.sh/my-alerts]", secret: true, field: func(a *Alert) any { return &a.Services },
			Help: "Chat and push services, as URLs of shoutrrr: slack://, discord://, telegram://, ntfy://, teams://, gotify:// and others."},
		{Name: "webhook.url", Value: "https://hooks.example.org/portreeve", secret: true, field: func(a *Alert) any { return &a.Webhook.URL },
			Help: "Where to post JSON."},
		{Name: "webhook.secret_file", Value: "/run/secrets/webhook", field: func(a *Alert) any { return &a.Webhook.secretFile },
			Help: "A file with the secret by which the receiver knows that it is us: the JSON is signed with it."},
	}
}

// A WindowField is one key of a maintenance window in the file.
type WindowField struct {
	Name    string
	Value   string
	Default string
	Help    string

	field func(*windowDraft) any
	rule  func(string) error
}

// A windowDraft is a maintenance window as the file has it.
type windowDraft struct {
	checks      []string
	weekly      string
	zone        string
	from, until string
	why         string
}

// WindowFields lists every key of a maintenance window.
func WindowFields() []WindowField {
	return []WindowField{
		{Name: "checks", Value: "[shop-*]", Default: "all", field: func(w *windowDraft) any { return &w.checks },
			Help: "Names of checks, or patterns with * and ?."},
		{Name: "weekly", Value: "Sun 02:00-04:00", field: func(w *windowDraft) any { return &w.weekly },
			Help: "Days and times, as in Mon-Fri 22:00-06:00 or Sat,Sun 00:00-24:00. Either this or from and until."},
		{Name: "from", Value: `"2026-12-24 18:00"`, field: func(w *windowDraft) any { return &w.from },
			Help: "When it begins, once: a date with a time, in the zone, or RFC 3339."},
		{Name: "until", Value: `"2026-12-25 06:00"`, field: func(w *windowDraft) any { return &w.until },
			Help: "When it ends."},
		{Name: "zone", Value: "Europe/London", Default: "UTC", field: func(w *windowDraft) any { return &w.zone },
			Help: "By whose clocks."},
		{Name: "why", Value: "weekly backup", field: func(w *windowDraft) any { return &w.why },
			Help: "Free text for people."},
	}
}
