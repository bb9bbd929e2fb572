package config

import (
	"slices"
	"strings"
)

// An Option is one thing that a user can set, in up to four places.
type Option struct {
	// Name is the canonical name, and where the file has it: "ports.watch" is
	// the key watch beneath ports.
	Name    string
	Flags   []string // as they are typed, the usual one first; none: not a flag
	Env     []string // variables; the first that is set counts, and an empty one is none
	Value   string   // what a value looks like, for help; empty: a switch
	Default string   // as it would be written, a list with commas
	Help    string   // a sentence

	Live  bool // takes effect with a reload
	Later bool // known, but not supported by this version yet
	// InFile tells that a YAML file has it under its name.
	InFile bool

	field func(*Config) any  // pointer to where it is kept; nil: Load knows what to do
	rule  func(string) error // what else a word must meet; may be nil
}

// List reports whether the option takes many values.
func (o Option) List() bool {
	return o.Name == "checks" || o.field != nil && isList(o.field(&Config{}))
}

// spellings are the names by which a file of NAME=value lines may call the
// option: those of flags, variables and YAML, as plain does to them.
func (o Option) spellings() []string {
	var all []string
	for _, name := range slices.Concat([]string{o.Name}, o.Flags, o.Env) {
		if name = plain(name); len(name) > 1 && !slices.Contains(all, name) && o.Name != "config" {
			all = append(all, name)
		}
	}
	return all
}

// plain makes one of the ways to spell a name: --watch-port, watch_port and
// PORTREEVE_WATCH_PORT are the same.
func plain(name string) string {
	name = strings.TrimLeft(strings.ToLower(name), "-")
	name = strings.NewReplacer("-", "_", ".", "_").Replace(name)
	return strings.TrimPrefix(name, "portreeve_")
}

// optionNamed returns the option of a canonical name.
func optionNamed(name string) (Option, bool) {
	all := Options()
	i := slices.IndexFunc(all, func(o Option) bool { return o.Name == name })
	if i < 0 {
		return Option{}, false
	}
	return all[i], true
}
