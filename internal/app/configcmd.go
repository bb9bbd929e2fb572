package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// ConfigOptions are the words of `config`.
type ConfigOptions struct {
	Action    string // of ConfigActions
	File      string // as in ServeOptions
	Flags     map[string][]string
	LookupEnv func(name string) (string, bool)
	JSON      bool
}

// ConfigActions lists what `config` can do.
func ConfigActions() []string { return []string{"check", "print"} }

// An Option is one thing that `serve` can be told.
type Option = config.Option

// Options lists what `serve` can be told, for its flags, its help and the
// manual.
func Options() []Option { return config.Options() }

// Configuration is `config`: it loads what `serve` would run with, and tells
// on out that it is right, or what it is and where each value comes from. Every
// mistake goes to errs.
func Configuration(o ConfigOptions, out, errs io.Writer) error {
	if !slices.Contains(ConfigActions(), o.Action) {
		return usage(fmt.Errorf("unknown action %q", o.Action), nearOr(o.Action, ConfigActions(), "actions are "+strings.Join(ConfigActions(), ", ")))
	}
	sources := ServeOptions{Flags: o.Flags, LookupEnv: o.LookupEnv, File: o.File}.sources()
	if o.Action == "check" && o.JSON {
		return checkJSON(sources, out)
	}
	c, err := tellMistakes(sources, errs)
	if err != nil {
		return err
	}
	switch {
	case o.Action == "check":
		_, err = fmt.Fprintln(out, fine(c))
	case o.JSON:
		err = c.PrintJSON(out)
	default:
		err = c.Print(out)
	}
	return err
}

// tellMistakes loads a configuration. All that is wrong with it goes to errs
// with its lines, and the error says how much that is; but a single wrong word
// of the command line or the environment is the error itself.
func tellMistakes(s config.Sources, errs io.Writer) (*config.Config, error) {
	c, err := config.Load(s)
	var wrong *config.Error
	switch {
	case err == nil:
		for _, w := range c.Warnings {
			fmt.Fprintln(errs, "portreeve: warning:", w)
		}
		return c, nil
	case !errors.As(err, &wrong):
		return nil, err
	case !wrong.Usage() || len(wrong.Mistakes) > 1:
		if _, err := io.WriteString(errs, wrong.Report()); err != nil {
			return nil, err
		}
		err = mistaken(len(wrong.Mistakes) + wrong.More)
	}
	if wrong.Usage() {
		err = UsageError{err}
	}
	return nil, err
}

// mistaken is the error of so many mistakes that were told.
func mistaken(n int) error {
	return errors.New("the configuration has " + some(n, "mistake"))
}

// fine words what a configuration without mistakes comes to.
func fine(c *config.Config) string {
	file := "no configuration file"
	if c.File != "" {
		file = foreign.Text(c.File).String()
	}
	return fmt.Sprintf("%s: ok, %s%s, listens on %s", file, some(len(c.Checks), "check"), kinds(c.Checks), c.Listen)
}

// kinds words how many checks there are of each kind; "" for none.
func kinds(checks []*health.Spec) string {
	counts := map[string]int{}
	for _, s := range checks {
		if t, err := health.ParseTarget(s.Target); err == nil {
			counts[t.Kind]++
		}
	}
	var words []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d %s", counts[kind], kind))
	}
	if words == nil {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// some words a number of things.
func some(n int, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// checkJSON is `config check --json`.
func checkJSON(s config.Sources, out io.Writer) error {
	c, err := config.Load(s)
	answer := struct {
		OK       bool             `json:"ok"`
		File     string           `json:"file,omitempty"`
		Checks   int              `json:"checks"`
		Mistakes []config.Mistake `json:"mistakes"`
		More     int              `json:"more,omitempty"` // mistakes that are not listed
	}{OK: err == nil, Mistakes: []config.Mistake{}}
	var wrong *config.Error
	switch {
	case err == nil:
		answer.File, answer.Checks = c.File, len(c.Checks)
	case errors.As(err, &wrong):
		answer.Mistakes, answer.More = wrong.Mistakes, wrong.More
		err = mistaken(len(wrong.Mistakes) + wrong.More)
	default:
		return err
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return errors.Join(e.Encode(answer), err)
}
