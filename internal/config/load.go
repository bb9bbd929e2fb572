package config

import (
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// Sources is where values come from, and who knows what they may be.
type Sources struct {
	// Flags are the values given on the command line by the canonical name of
	// their option, a switch as "true" or "false".
	Flags map[string][]string
	// LookupEnv is os.LookupEnv, or nil when the environment does not count.
	LookupEnv func(string) (string, bool)
	// File names the file; empty: PORTREEVE_CONFIG, else where it usually lies.
	File string
	// Check tells what only a check's kind knows to be wrong with it, such as
	// an expression that does not compile. It is asked about checks whose
	// target can be read, and may be nil.
	Check func(*health.Spec) []health.FieldError
	// Database tells what is wrong with a DSN. It may be nil.
	Database func(dsn string) error
	// Alert tells what is wrong with a route, by its keys. It may be nil.
	Alert func(*Alert) []health.FieldError
	// Mirror tells what is wrong with the DSN of a mirror. It may be nil.
	Mirror func(dsn string) error
	// Certificate tells why a certificate and its private key cannot be used,
	// and which of the two files is to blame. It may be nil.
	Certificate func(certFile, keyFile string) (key bool, err error)

	// NoFile has no file read, wherever it lies.
	NoFile bool
	// Checks and Alerts are what a command adds of its own. They come last, and
	// are told of as if they stood on the command line.
	Checks []health.Spec
	Alerts []*Alert

	paths []string // instead of DefaultPaths
}

// DefaultPaths lists where the file lies when nobody names one; the first that
// is there is read.
func DefaultPaths() []string { return []string{"portreeve.yaml", "/etc/portreeve/portreeve.yaml"} }

// Load reads all sources. Its error is an [*Error] with every mistake. It is
// safe for concurrent use as far as the functions of s are.
func Load(s Sources) (*Config, error) {
	l := &loading{sources: s, config: Default()}
	l.readFile()
	l.readEnvironment()
	l.readFlags()
	l.readCommand()
	l.chooseListen()
	l.judgeDefaults()
	l.judgeChecks()
	l.judgeRules()
	l.judgeRegistration()
	l.readPasswords()
	l.judgeMail()
	l.judgeAlerts()
	l.judgeMirror()
	if err := l.err(l.text); err != nil {
		return nil, err
	}
	return l.config, nil
}

// A loading is one call of Load: what was found so far.
type loading struct {
	mistakes
	sources Sources
	config  *Config
	text    string // of the file

	addresses []address // what each source says of where to listen, the highest last
	drafts    []*draft
}

// put gives an option what a source says of it. Sources are put from the
// lowest up, so the last one stays.
func (l *loading) put(o Option, words []word, at Origin) {
	if len(words) == 0 && !o.List() {
		return
	}
	wrong := func(w word, err error) { l.refuse(o.Name, w, err) }
	switch {
	case breaks(o.rule, words, wrong):
	case o.Name == "checks":
		l.targets(words)
	case o.Name == "listen" || o.Name == "bind_addr" || o.Name == "port":
		l.address(o.Name, words[len(words)-1])
	default:
		set(o.field(l.config), words, wrong)
		l.config.origins[o.Name] = []Origin{at}
	}
}

// breaks reports whether a word breaks a rule, and tells each that does. No
// rule cannot be broken.
func breaks(rule func(string) error, words []word, wrong func(word, error)) bool {
	broken := false
	for _, w := range words {
		if rule == nil {
			break
		}
		if err := rule(w.text); err != nil {
			broken = true
			wrong(w, err)
		}
	}
	return broken
}

func (l *loading) readEnvironment() {
	if l.sources.LookupEnv == nil {
		return
	}
	for _, o := range Options() {
		name, value := l.variable(o)
		if value == "" || o.Name == "config" {
			continue
		}
		at := Origin{Source: FromEnvironment, Name: name}
		switch {
		case o.Later:
			l.config.Warnings = append(l.config.Warnings, name+" is set, and has no effect: this version does not support it yet")
		case l.overridden(o):
		case o.List():
			l.put(o, words(split(value), at), at)
		default:
			l.put(o, words([]string{value}, at), at)
		}
	}
}

// overridden reports whether the command line says all that an option's
// variable could: then nobody looks at what that is.
func (l *loading) overridden(o Option) bool {
	_, given := l.sources.Flags[o.Name]
	if o.Name == "bind_addr" || o.Name == "port" {
		_, listen := l.sources.Flags["listen"]
		return given || listen
	}
	return given && o.Name != "checks" // which add up
}

// variable returns the first variable of an option that is not empty.
func (l *loading) variable(o Option) (name, value string) {
	for _, name := range o.Env {
		if value, ok := l.sources.LookupEnv(name); ok && strings.TrimSpace(value) != "" {
			return name, strings.TrimSpace(value)
		}
	}
	return "", ""
}

func (l *loading) readFlags() {
	for _, o := range Options() {
		given, ok := l.sources.Flags[o.Name]
		if !ok || o.Name == "config" || len(o.Flags) == 0 {
			continue
		}
		at := Origin{Source: FromFlag, Name: o.Flags[0]}
		if o.Later {
			l.add(at, "leave it out", "not supported by this version yet")
			continue
		}
		l.put(o, words(trimmed(given), at), at)
	}
}

// readCommand takes what the command adds.
func (l *loading) readCommand() {
	for _, spec := range l.sources.Checks {
		l.drafts = append(l.drafts, &draft{spec: spec, bare: true, at: Origin{Source: FromFlag, Name: spec.Name}, given: []fieldOrigin{{name: "alerts"}}})
	}
	for _, a := range l.sources.Alerts {
		a := *a
		a.at = Origin{Source: FromFlag, Name: a.Name}
		l.config.Alerts = append(l.config.Alerts, &a)
	}
}

func trimmed(texts []string) []string {
	all := slices.Clone(texts)
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}
