package app

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/term"
)

// MonitorOptions are the words of `monitor`.
type MonitorOptions struct {
	URL       string // API_URL when empty
	Interval  string // a duration, or seconds; INTERVAL when empty
	Timeout   string // a duration, or seconds; 2s, or less of a short interval, when empty
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

// Monitor is `monitor`: it asks one API again and again until ctx ends, keeps
// each change in the journal, mails outages and recoveries, and prints each
// failure and each change to out.
func Monitor(ctx context.Context, o MonitorOptions, out, errs io.Writer) error {
	spec, err := o.spec()
	if err == nil {
		err = o.judge()
	}
	if err != nil {
		return err
	}
	c, err := tellMistakes(o.sources(spec), errs)
	if err != nil {
		return err
	}
	if err := term.Remark(errs, o.announce(spec, c)); err != nil {
		return err
	}
	t := newTeller(out, o.JSON)
	err = Run(ctx, Config{Config: c, Version: o.Version, Teller: t}, monitorLog(errs, c.Verbose, c.Debug))
	if err == nil {
		err = term.Remark(errs, []term.Line{t.sum()})
	}
	return err
}

// announce says what is about to happen.
func (o MonitorOptions) announce(spec health.Spec, c *config.Config) []term.Line {
	text := fmt.Sprintf("asking %s every %v; %s in a row %s an outage, %s %s it", spec.Target, time.Duration(spec.Interval),
		some(spec.Thresholds.Unhealthy, "failure"), verb(spec.Thresholds.Unhealthy, "is", "are"),
		some(spec.Thresholds.Healthy, "good answer"), verb(spec.Thresholds.Healthy, "ends", "end"))
	switch to := o.recipients(); {
	case len(to) == 0:
		text += "; nobody is mailed (--to does)"
	case c.Test:
		text += "; mail is printed, not sent"
	default:
		text += "; mail goes to " + strings.Join(to, ", ")
	}
	lines := []term.Line{{Text: text + "; " + kept(c) + "; Ctrl-C ends", Tone: term.Faint}}
	if o.variable("DB_HOST") == "" && o.variable("DB_USER")+o.variable("DB_PW")+o.variable("DB_NAME") != "" {
		lines = append(lines, term.Line{Text: "DB_HOST is not set, so DB_USER, DB_PW and DB_NAME have no effect", Tone: term.Caution})
	}
	return lines
}

// kept says where changes are kept.
func kept(c *config.Config) string {
	text := "changes are kept in " + c.Journal()
	if c.Journal() == "memory:" {
		text = "changes are kept in memory only"
	}
	if c.Mirror.DSN != "" {
		text += " and its mirror"
	}
	return text
}

// verb chooses the form for one thing, or for more.
func verb(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
