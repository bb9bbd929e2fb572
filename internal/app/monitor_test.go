package app

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/health"
)

// lookup is an environment.
func lookup(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}

// monitor returns options as the command line makes them without a word.
func monitor(flags map[string][]string, variables map[string]string) MonitorOptions {
	return MonitorOptions{Unhealthy: 2, Healthy: 2, Flags: flags, LookupEnv: lookup(variables)}
}

func TestMonitorSpec(t *testing.T) {
	const api = "https://api.example.org/status"
	tests := []struct {
		name              string
		options           MonitorOptions
		target            string
		interval, timeout time.Duration
	}{
		{"nothing but a URL", monitor(nil, map[string]string{"API_URL": api}), api, 5 * time.Second, 2 * time.Second},
		{"the argument wins", func() MonitorOptions {
			o := monitor(nil, map[string]string{"API_URL": "http://other/", "INTERVAL": "1m"})
			o.URL, o.Interval = api, "10s"
			return o
		}(), api, 10 * time.Second, 2 * time.Second},
		{"bare seconds", monitor(nil, map[string]string{"API_URL": api, "INTERVAL": "30"}), api, 30 * time.Second, 2 * time.Second},
		{"parts of a second", monitor(nil, map[string]string{"API_URL": api, "INTERVAL": "0.5"}), api, 500 * time.Millisecond, 450 * time.Millisecond},
		{"empty variables", monitor(nil, map[string]string{"API_URL": api, "INTERVAL": "", "SUPPORT": " "}), api, 5 * time.Second, 2 * time.Second},
	}
	for _, tt := range tests {
		spec, err := tt.options.spec()
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if spec.Target != tt.target || time.Duration(spec.Interval) != tt.interval || time.Duration(spec.Timeout) != tt.timeout ||
			spec.Thresholds != (health.Thresholds{Unhealthy: 2, Healthy: 2}) || spec.Expect != MonitorExpect || spec.Alerts != nil {
			t.Errorf("%s: %+v", tt.name, spec)
		}
	}
}

// TestMonitorSources: of serve's options those about journal, mirror, mail and
// log reach a monitor, and no others; four variables make a mirror.
func TestMonitorSources(t *testing.T) {
	relay := map[string]string{"API_URL": "http://api/", "SUPPORT": "a@example.org, b@example.org", "SMTP_URL": "smtp://relay:587", "MAIL_FROM": "p@example.org"}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range []map[string]string{relay, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	tests := []struct {
		name      string
		flags     map[string][]string
		variables map[string]string
		holds     func(c *config.Config) bool
	}{
		{"two to mail", nil, relay, func(c *config.Config) bool {
			e := c.Alerts[0].Email
			return len(e.To) == 2 && e.SMTP == "smtp://relay:587" && e.From == "p@example.org" && c.Alerts[0].Recovery
		}},
		{"a flag before a variable", map[string][]string{"smtp.url": {"smtps://other"}}, relay, func(c *config.Config) bool {
			return c.Alerts[0].Email.SMTP == "smtps://other"
		}},
		{"Gmail", nil, map[string]string{"API_URL": "http://api/", "SUPPORT": "a@example.org", "GMAIL_USER": "me@gmail.com", "GMAIL_TOKEN": "abcd efgh"}, func(c *config.Config) bool {
			e := c.Alerts[0].Email
			return strings.Contains(e.SMTP, "smtp.gmail.com") && e.From == "me@gmail.com" && e.Password.Reveal() == "abcd efgh"
		}},
		{"a trial without a relay", map[string][]string{"test": {"true"}}, map[string]string{"API_URL": "http://api/", "SUPPORT": "a@example.org"}, func(c *config.Config) bool {
			return c.Test && len(c.Alerts) == 1 && c.Journal() == "memory:"
		}},
		{"four variables make a mirror", nil, with(map[string]string{"DB_HOST": "db", "DB_USER": "me", "DB_PW": "secret", "DB_NAME": "events"}), func(c *config.Config) bool {
			return c.Mirror.DSN.Reveal() == "mysql://me@db/events" && c.Mirror.Password.Reveal() == "secret"
		}},
		{"one will do", nil, with(map[string]string{"DB_HOST": "db:3307"}), func(c *config.Config) bool {
			return c.Mirror.DSN.Reveal() == "mysql://root@db:3307/portreeve" && c.Mirror.Password == ""
		}},
		{"a mirror that is named goes before, and its password is not another's", map[string][]string{"mirror": {"postgres://me@pg/events"}}, with(map[string]string{"DB_HOST": "db", "DB_PW": "secret"}), func(c *config.Config) bool {
			return c.Mirror.DSN.Reveal() == "postgres://me@pg/events" && c.Mirror.Password == ""
		}},
		{"empty variables of a compose file", nil, map[string]string{"API_URL": "http://api/", "SUPPORT": "", "SMTP_URL": "", "DB_HOST": "", "PORTREEVE_TEST": ""}, func(c *config.Config) bool {
			return len(c.Alerts) == 0 && c.Mirror.DSN == "" && !c.Test
		}},
		{"what is serve's", nil, with(map[string]string{"PORTREEVE_CHECK": "nonsense", "PORT": "nonsense", "PORTREEVE_CHECK_ALERTS": "gone", "PORTREEVE_CONFIG": "/nowhere"}), func(c *config.Config) bool {
			return len(c.Checks) == 1 && c.File == "" && c.Checks[0].Alerts[0] == supportRoute
		}},
	}
	for _, tt := range tests {
		o := monitor(tt.flags, tt.variables)
		spec, err := o.spec()
		if err == nil {
			err = o.judge()
		}
		var c *config.Config
		if err == nil {
			c, err = config.Load(o.sources(spec))
		}
		if err != nil || !tt.holds(c) {
			t.Errorf("%s: does not hold: %v: %+v", tt.name, err, c)
		}
	}
}

// TestMonitorRefuses what cannot be, in the words of the command line and
// without a secret.
func TestMonitorRefuses(t *testing.T) {
	tests := map[string]map[string]string{
		"monitor what?": {},
		"--to: the recipient \"nobody\" is no mail address":                 {"API_URL": "http://api/", "SUPPORT": "nobody"},
		"there is no mail server to send by":                                {"API_URL": "http://api/", "SUPPORT": "a@b.c"},
		"--mail-from: the sender is missing":                                {"API_URL": "http://api/", "SUPPORT": "a@b.c", "SMTP_URL": "smtp://relay"},
		"--smtp: the relay's URL has a password in it":                      {"API_URL": "http://api/", "SUPPORT": "a@b.c", "SMTP_URL": "smtp://u:hunter2@relay", "MAIL_FROM": "a@b.c"},
		"--smtp-password-file: the password of the relay's user is missing": {"API_URL": "http://api/", "SUPPORT": "a@b.c", "SMTP_URL": "smtp://u@relay", "MAIL_FROM": "a@b.c"},
		"DB_HOST, DB_USER and DB_NAME name no database":                     {"API_URL": "http://api/", "DB_HOST": "hunter2/x"},
		"this is no URL":                       {"API_URL": "me:hunter2@api"},
		"--interval: \"1e300\" is no duration": {"API_URL": "http://api/", "INTERVAL": "1e300"},
		"--interval: \"-Inf\" is no duration":  {"API_URL": "http://api/", "INTERVAL": "-Inf"},
	}
	for want, variables := range tests {
		var out, errs bytes.Buffer
		err := Monitor(t.Context(), monitor(nil, variables), &out, &errs)
		var wrong UsageError
		if !errors.As(err, &wrong) || err.Error() != want || out.Len()+errs.Len() > 0 {
			t.Errorf("%v: %v, want %s", variables, err, want)
		}
	}
}
