package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/mirror"
	"github.com/portreeve/portreeve/internal/term"
)

// MonitorOptions are the words of `monitor`.
type MonitorOptions struct {
	URL       string // API_URL when empty
	Interval  string // a duration, or seconds; INTERVAL when empty
	Timeout   time.Duration
	Unhealthy int
	Healthy   int
	Expect    string   // an expression over each answer
	To        []string // mail addresses; SUPPORT when empty
	JSON      bool

	Flags     map[string][]string // of options that serve has, too
	LookupEnv func(name string) (string, bool)
	Version   string
}

// MonitorExpect is what `monitor` expects of an API when nobody says otherwise.
const MonitorExpect = `status == 200 and json.status == "OK"`

// supportRoute is the name of the route that --to makes.
const supportRoute = "support"

// Monitor is `monitor`: it asks one API again and again until ctx ends, keeps
// each change in the journal, mails outages and recoveries, and prints each
// failure and each change to out.
func Monitor(ctx context.Context, o MonitorOptions, out, errs io.Writer) error {
	spec, err := o.spec()
	if err != nil {
		return err
	}
	c, err := tellMistakes(o.sources(spec), errs)
	if err != nil {
		return err
	}
	t := newTeller(out, o.JSON)
	if err := term.Remark(errs, []term.Line{{Text: o.announce(spec, c), Tone: term.Faint}}); err != nil {
		return err
	}
	err = Run(ctx, Config{Config: c, Version: o.Version, Teller: t}, o.log(errs, c))
	if err == nil {
		err = term.Remark(errs, []term.Line{t.sum()})
	}
	return err
}

// log is for what is not about the API: that is told on out already.
func (o MonitorOptions) log(w io.Writer, c *config.Config) *slog.Logger {
	if c.Verbose || c.Debug {
		return NewLogger(w, c.Verbose, c.Debug)
	}
	return slog.New(atLeast{slog.LevelWarn, NewLogger(w, false, false).Handler()})
}

// spec is the check that is asked for.
func (o MonitorOptions) spec() (health.Spec, error) {
	target := cmp.Or(o.URL, o.variable("API_URL"))
	if target == "" {
		return health.Spec{}, usage(fmt.Errorf("monitor what?"), "give a URL, or set API_URL")
	}
	if !strings.Contains(target, "://") {
		return health.Spec{}, usage(fmt.Errorf("%q is no URL", target), "write it with its scheme, as in https://"+target)
	}
	interval, err := seconds(cmp.Or(o.Interval, o.variable("INTERVAL"), "5s"))
	if err != nil {
		return health.Spec{}, err
	}
	spec := health.SpecFor(target)
	spec.Origin, spec.Alerts = health.FromFlag, nil
	spec.Interval, spec.Timeout = health.Duration(interval), health.Duration(min(cmp.Or(o.Timeout, 2*time.Second), interval*9/10))
	spec.Thresholds = health.Thresholds{Unhealthy: o.Unhealthy, Healthy: o.Healthy}
	spec.Expect = cmp.Or(o.Expect, MonitorExpect)
	if err := o.judgeMail(); err != nil {
		return spec, err
	}
	if len(o.recipients()) > 0 {
		spec.Alerts = []string{supportRoute}
	}
	wrong := spec.Validate()
	if wrong == nil {
		wrong = fieldChecker()(&spec)
	}
	if wrong != nil {
		return spec, usage(fmt.Errorf("%s: %s", wrong[0].Field, wrong[0].Reason), wrong[0].Hint)
	}
	return spec, nil
}

// seconds reads a duration; a bare number is of seconds.
func seconds(text string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Duration(n * float64(time.Second)), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, usage(fmt.Errorf("interval: %q is no duration", text), "write it as in 5s or 1m30s; a bare number is of seconds")
	}
	return d, nil
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

// judgeMail tells what is wrong with whom to mail, and by what, in the words of
// the command line.
func (o MonitorOptions) judgeMail() error {
	for _, to := range o.recipients() {
		if a, err := mail.ParseAddress(to); err != nil || !strings.Contains(a.Address, "@") {
			return usage(fmt.Errorf("--to: %q is no mail address", to), "write it as in support@example.org")
		}
	}
	relay := len(o.Flags["smtp.url"])+len(o.Flags["gmail_token"]) > 0 || o.variable("PORTREEVE_SMTP_URL")+o.variable("SMTP_URL")+o.variable("GMAIL_TOKEN") != ""
	if len(o.recipients()) > 0 && !relay && len(o.Flags["test"]) == 0 {
		return usage(errors.New("there is no mail server to send by"), "name one with --smtp (SMTP_URL), or set GMAIL_USER and GMAIL_TOKEN; without --to nobody is mailed")
	}
	return nil
}

// sources are where the rest comes from: no file, and of the options of serve
// those that are about the journal, its mirror and mail.
func (o MonitorOptions) sources(spec health.Spec) config.Sources {
	s := ServeOptions{Flags: o.Flags, LookupEnv: o.environment}.sources()
	s.NoFile, s.Checks = true, []health.Spec{spec}
	if to := o.recipients(); len(to) > 0 {
		s.Alerts = []*config.Alert{{Name: supportRoute, Recovery: true, Email: config.Email{To: to}}}
	}
	return s
}

// environment looks a variable up that concerns a monitor. Four variables that
// name a MySQL database make a mirror.
func (o MonitorOptions) environment(name string) (string, bool) {
	switch name {
	case "PORTREEVE_MIRROR", "PORTREEVE_MIRROR_PASSWORD":
		if value := o.variable(name); value != "" || o.variable("DB_HOST") == "" {
			return value, value != ""
		}
		if name == "PORTREEVE_MIRROR_PASSWORD" {
			return o.variable("DB_PW"), true
		}
		return mirror.MySQL(o.variable("DB_HOST"), cmp.Or(o.variable("DB_USER"), "root"), cmp.Or(o.variable("DB_NAME"), "portreeve")), true
	case "PORTREEVE_CHECK", "PORTREEVE_CHECK_ALERTS", "PORTREEVE_LISTEN", "BIND_ADDR", "PORT", "DEBUG":
		return "", false // of serve
	}
	if o.LookupEnv == nil {
		return "", false
	}
	return o.LookupEnv(name)
}

func (o MonitorOptions) variable(name string) string {
	if o.LookupEnv == nil {
		return ""
	}
	value, _ := o.LookupEnv(name)
	return strings.TrimSpace(value)
}

// announce says what is about to happen.
func (o MonitorOptions) announce(spec health.Spec, c *config.Config) string {
	text := fmt.Sprintf("asking %s every %v; %d failures in a row are an outage, %d good answers end it",
		spec.Target, time.Duration(spec.Interval), spec.Thresholds.Unhealthy, spec.Thresholds.Healthy)
	switch to := o.recipients(); {
	case len(to) == 0:
		text += "; nobody is mailed (--to does)"
	case c.Test:
		text += "; mail is printed, not sent"
	default:
		text += "; mail goes to " + strings.Join(to, ", ")
	}
	text += "; changes are kept in " + c.Journal()
	if c.Mirror.DSN != "" {
		text += " and its mirror"
	}
	return text + "; Ctrl-C ends"
}

// atLeast is a handler that leaves out what is of less than a level.
type atLeast struct {
	least slog.Level
	slog.Handler
}

// Enabled reports whether a record of a level is wanted.
func (h atLeast) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.least && h.Handler.Enabled(ctx, level)
}
