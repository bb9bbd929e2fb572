package config

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// gmail is the relay of those who give an app password and nothing else.
// https://support.google.com/a/answer/176600
const gmail = "smtp.gmail.com:587"

// readPasswords reads the files that hold the passwords of relay and mirror.
func (l *loading) readPasswords() {
	c := l.config
	l.password("smtp.password_file", c.SMTP.passwordFile, &c.SMTP.Password)
	l.password("mirror_password_file", c.Mirror.passwordFile, &c.Mirror.Password)
	for _, a := range c.Alerts {
		l.routePassword(a, "email.password_file", a.Email.passwordFile, &a.Email.Password)
		l.routePassword(a, "webhook.secret_file", a.Webhook.secretFile, &a.Webhook.Secret)
	}
}

// password reads the file of an option. What a variable says wins over it.
func (l *loading) password(option, path string, into *Secret) {
	if path == "" || *into != "" {
		return
	}
	secret, err := passwordFile(path)
	if err != nil {
		l.clash(option, hintOf(err), err.Error())
	}
	*into = secret
}

func (l *loading) routePassword(a *Alert, field, path string, into *Secret) {
	if path == "" {
		return
	}
	secret, err := passwordFile(path)
	if err != nil {
		l.add(a.field(field), hintOf(err), "alerts.%s: %s: %s", a.Name, field, err)
	}
	*into = secret
}

// judgeMail chooses the relay of those who name none.
func (l *loading) judgeMail() {
	c := l.config
	if c.gmailToken == "" {
		if c.gmailUser != "" {
			l.warn("GMAIL_USER is set without GMAIL_TOKEN: mail by Gmail is off")
		}
		return
	}
	switch {
	case c.gmailUser == "":
		l.warn("there is a Gmail token without GMAIL_USER: mail by Gmail is off")
		return
	case c.SMTP.URL != "":
		l.warn("GMAIL_TOKEN has no effect: smtp.url names another relay")
		return
	}
	if l.config.origin("gmail_token").Source == FromFlag {
		l.warn("a token on the command line can be read by every user of this machine: set GMAIL_TOKEN instead")
	}
	user := &url.URL{Scheme: "smtp", User: url.User(c.gmailUser), Host: gmail}
	c.SMTP.URL, c.SMTP.Password = user.String(), c.gmailToken
	if c.SMTP.From == "" {
		c.SMTP.From = c.gmailUser
	}
}

func (l *loading) warn(text string) { l.config.Warnings = append(l.config.Warnings, text) }

// judgeAlerts fills in what routes take from the defaults and tells what is
// wrong with them.
func (l *loading) judgeAlerts() {
	for _, a := range l.config.Alerts {
		before := l.found
		if len(a.Email.To) > 0 {
			l.relay(a)
		} else if a.Email.begun() && !a.says("email.to") {
			l.add(a.field("email.to"), "say whom to mail: to: [ops@example.org]", "alerts.%s: email.to: it is missing", a.Name)
		}
		if a.Webhook.URL == "" && a.Webhook.secretFile != "" {
			l.add(a.field("webhook.secret_file"), "say where to post: url: https://…", "alerts.%s: webhook.url: it is missing", a.Name)
		}
		if l.found > before {
			continue
		}
		if len(a.Email.To) == 0 && len(a.Services) == 0 && a.Webhook.URL == "" && !a.wrong {
			l.add(a.at, "give it email:, services: or webhook:", "alerts.%s tells nobody", a.Name)
		}
		if l.sources.Alert != nil && !a.wrong {
			for _, e := range l.sources.Alert(a) {
				if e.Field == "email.password_file" && a.Email.passwordFile != "" && a.Email.Password == "" {
					continue // why it could not be read is told already
				}
				l.add(a.field(e.Field), e.Hint, "alerts.%s: %s: %s", a.Name, e.Field, e.Reason)
			}
		}
	}
	l.judgeRoutes()
	l.judgeWindows()
}

// relay fills in how a route's mail goes out.
func (l *loading) relay(a *Alert) {
	smtp := l.config.SMTP
	if a.Email.SMTP == "" {
		a.Email.SMTP = smtp.URL
		if a.Email.Password == "" {
			a.Email.Password = smtp.Password
		}
	}
	if a.Email.From == "" {
		a.Email.From = smtp.From
	}
	if u, err := url.Parse(a.Email.SMTP); err == nil && u.User != nil {
		if _, given := u.User.Password(); given {
			l.add(a.field("email.smtp"), "write the user alone, and the password into the file of password_file", "alerts.%s: email.smtp: there is a password in it, which everybody may read here", a.Name)
		}
	}
	switch {
	case l.config.Test: // it is printed
	case a.Email.SMTP == "":
		l.add(a.field("email.to"), "name one beneath smtp: url: smtp://smtp.example.org:587", "alerts.%s: there is no relay to mail by", a.Name)
	case a.Email.From == "":
		l.add(a.field("email.to"), "name a sender beneath smtp: from: portreeve@example.org", "alerts.%s: its mail has no sender", a.Name)
	}
}

// judgeRoutes tells of checks that name routes which there are not. A check
// that names none tells those of defaults.alerts.
func (l *loading) judgeRoutes() {
	var names []string
	for _, a := range l.config.Alerts {
		names = append(names, a.Name)
	}
	l.judgeDefaultRoutes("defaults.alerts", l.config.Defaults.Alerts, names)
	l.judgeDefaultRoutes("registration.default_alerts", l.config.Registration.DefaultAlerts, names)
	untold := 0
	for i, spec := range l.config.Checks {
		h := l.config.history[i]
		given := slices.ContainsFunc(h.given, func(f fieldOrigin) bool { return f.name == "alerts" })
		if !given {
			spec.Alerts = l.config.Defaults.Alerts
		}
		for _, name := range spec.Alerts {
			if given && !slices.Contains(names, name) && !l.full() {
				l.add(h.field("alerts"), l.likelyRoute(name, names), "check %s: alerts: there is no route %s", quoted(spec.Name), quoted(name))
			}
		}
		if len(spec.Alerts) == 0 && !given {
			untold++
		}
	}
	if len(names) > 0 && untold > 0 {
		l.warn("nobody is told of checks without alerts: name routes in them, or in defaults.alerts")
	}
}

// judgeDefaultRoutes tells of routes that an option names and there are not.
func (l *loading) judgeDefaultRoutes(option string, routes, names []string) {
	for _, name := range routes {
		if !slices.Contains(names, name) {
			l.clash(option, l.likelyRoute(name, names), "there is no route "+quoted(name))
		}
	}
}

func (l *loading) likelyRoute(name string, names []string) string {
	if near, ok := nearest(name, names); ok && !l.full() {
		return "did you mean " + near + "?"
	}
	if len(names) == 0 {
		return "write the route beneath alerts:, as in alerts: {ops: {email: {to: [ops@example.org]}}}"
	}
	return "routes are " + strings.Join(names, ", ")
}

// judgeWindows warns of windows that cover nothing or are over.
func (l *loading) judgeWindows() {
	for i, w := range l.config.Maintenance {
		covers := func(s *health.Spec) bool { return w.Covers(s.Name) }
		if len(w.Checks) > 0 && !slices.ContainsFunc(l.config.Checks, covers) {
			l.warn(l.config.windowOrigins[i].place() + ": the maintenance window covers no check that there is")
		}
		if !w.Until.IsZero() && w.Until.Before(time.Now()) {
			l.warn(l.config.windowOrigins[i].place() + ": the maintenance window is over")
		}
	}
}

// judgeMirror tells what is wrong with the mirror.
func (l *loading) judgeMirror() {
	if m := l.config.Mirror; m.DSN != "" && l.sources.Mirror != nil {
		if err := l.sources.Mirror(m.DSN.Reveal()); err != nil {
			l.clash("mirror", hintOf(err), strings.TrimPrefix(err.Error(), "mirror: "))
		}
	}
}

// checkMailbox is the rule of an address that mail goes to or comes from.
func checkMailbox(text string) error {
	a, err := mail.ParseAddress(text)
	if err != nil || strings.ContainsAny(text, "\r\n\x00") || !strings.Contains(a.Address, "@") {
		return wrongWord(text, "is no mail address", "write it as in ops@example.org")
	}
	return nil
}

// checkSender is the rule of the address of an option, which may be none.
func checkSender(text string) error {
	if text == "" {
		return nil
	}
	return checkMailbox(text)
}

// checkReminder keeps reminders from being a nuisance.
func checkReminder(text string) error {
	if d, err := time.ParseDuration(text); err == nil && d > 0 && d < time.Minute {
		return wrongWord(text, "is out of range: 1m at least", "")
	}
	return nil
}

// checkURL is the rule of the page's own URL.
func checkURL(text string) error {
	u, err := url.Parse(text)
	if text == "" {
		return nil
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return wrongWord(text, "is no URL of a page", "write it as in https://ports.example.org")
	}
	return nil
}
