package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/mirror"
	"github.com/portreeve/portreeve/internal/notify/mail"
)

// monitorOptions lists the options of serve that a monitor has, too: those about
// the journal, its mirror, mail and the log.
func monitorOptions() []string {
	return []string{
		"database", "mirror", "mirror_password_file", "mirror_password", "retention.age", "retention.entries", "retention.latency",
		"verbose", "debug", "test", "smtp.url", "smtp.password_file", "smtp.password", "smtp.from", "gmail_token", "gmail_user",
	}
}

// sources are where the configuration comes from: no file, the one check, and
// of the options of serve those of a monitor.
func (o MonitorOptions) sources(spec health.Spec) config.Sources {
	s := ServeOptions{Flags: o.Flags, LookupEnv: o.environment}.sources()
	s.NoFile, s.Checks = true, []health.Spec{spec}
	to := o.recipients()
	if len(to) == 0 {
		return s
	}
	a := &config.Alert{Name: supportRoute, Recovery: true, Email: config.Email{To: to}}
	if o.trial() && !o.hasRelay() {
		a.Email.SMTP, a.Email.From = "smtp://localhost", cmp.Or(o.option("smtp.from"), "portreeve@localhost") // a route has a relay, if none that is ever asked
	}
	s.Alerts = []*config.Alert{a}
	return s
}

// environment looks up a variable that concerns a monitor. Those that name a
// MySQL database make a mirror, unless another is named.
func (o MonitorOptions) environment(name string) (string, bool) {
	i := slices.IndexFunc(Options(), func(opt Option) bool { return slices.Contains(opt.Env, name) })
	if i < 0 || !slices.Contains(monitorOptions(), Options()[i].Name) {
		return "", false
	}
	value := o.variable(name)
	if dsn := o.database(); value == "" && dsn != "" {
		switch name {
		case "PORTREEVE_MIRROR":
			value = dsn
		case "PORTREEVE_MIRROR_PASSWORD":
			value = o.variable("DB_PW")
		}
	}
	return value, value != ""
}

// database is the mirror that DB_HOST and its like name; empty when they do not,
// or another is named.
func (o MonitorOptions) database() string {
	host := o.variable("DB_HOST")
	if host == "" || o.option("mirror") != "" {
		return ""
	}
	return mirror.MySQL(host, cmp.Or(o.variable("DB_USER"), "root"), cmp.Or(o.variable("DB_NAME"), "portreeve"))
}

func (o MonitorOptions) variable(name string) string {
	if o.LookupEnv == nil {
		return ""
	}
	value, _ := o.LookupEnv(name)
	return strings.TrimSpace(value)
}

// option is what flags or environment say of an option.
func (o MonitorOptions) option(name string) string {
	if given := o.Flags[name]; len(given) > 0 {
		return strings.TrimSpace(given[len(given)-1])
	}
	for _, opt := range Options() {
		if opt.Name != name {
			continue
		}
		for _, env := range opt.Env {
			if value := o.variable(env); value != "" {
				return value
			}
		}
	}
	return ""
}

// trial reports whether mail is shown instead of sent.
func (o MonitorOptions) trial() bool { return o.option("test") == "true" || o.option("test") == "1" }

// hasRelay reports whether there is something to mail by. Gmail wants both its
// variables.
func (o MonitorOptions) hasRelay() bool {
	return o.option("smtp.url") != "" || o.option("gmail_token") != "" && o.option("gmail_user") != ""
}

// recipients are the addresses that are mailed.
func (o MonitorOptions) recipients() []string {
	to := o.To
	if len(to) == 0 {
		to = strings.Split(o.variable("SUPPORT"), ",")
	}
	var all []string
	for _, address := range to {
		if address = strings.TrimSpace(address); address != "" {
			all = append(all, address)
		}
	}
	return all
}

// judge tells what is wrong with whom to mail, by what, and with the mirror, in
// the words of the command line. What it does not know the configuration tells.
func (o MonitorOptions) judge() error {
	if dsn := o.database(); dsn != "" && checkMirror(dsn) != nil {
		return usage(errors.New("DB_HOST, DB_USER and DB_NAME name no database"), "DB_HOST is a host, or host:port, and nothing else")
	}
	if len(o.recipients()) == 0 {
		return nil
	}
	if err := o.judgeMail(); err != nil {
		return err
	}
	if !o.hasRelay() && !o.trial() {
		return usage(errors.New("there is no mail server to send by"), "name one with --smtp (SMTP_URL), or set GMAIL_USER and GMAIL_TOKEN; without --to nobody is mailed")
	}
	return nil
}

// judgeMail has the channel look at all that is given. Its password may be in a
// file that nobody has read yet.
func (o MonitorOptions) judgeMail() error {
	c := mail.Config{URL: o.option("smtp.url"), From: o.option("smtp.from"), To: o.recipients(), Password: o.option("smtp.password") + o.option("smtp.password_file")}
	if c.URL == "" { // by Gmail, or not at all
		c.URL, c.Password, c.From = "smtp://localhost", "", cmp.Or(c.From, "portreeve@localhost")
	}
	_, err := mail.New(c)
	wrong, ok := errors.AsType[*mail.ConfigError](err)
	if !ok {
		return err
	}
	flag, hint := map[string]string{
		"email.to": "--to", "email.from": "--mail-from", "email.smtp": "--smtp", "email.password_file": "--smtp-password-file",
	}[wrong.Key()], wrong.Hint()
	if strings.Contains(hint, "password_file") {
		hint = "write it into a file and name that, or set SMTP_PASSWORD"
	}
	return usage(fmt.Errorf("%s: %w", flag, wrong.Err), hint)
}
