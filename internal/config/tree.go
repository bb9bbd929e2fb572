package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portreeve/portreeve/internal/port"
)

// readYAML reads the text of the file as YAML.
func (l *loading) readYAML() {
	file := l.config.File
	root := document(l.text, func(line, column int, hint, message string) {
		l.add(Origin{FromFile, file, line, column}, hint, "%s", message)
	})
	if root == nil {
		return
	}
	t := &tree{walk: walk{mistakes: &l.mistakes, file: file, visits: len(l.text) + 1<<20}, loading: l, options: map[string]Option{}, later: later()}
	for _, o := range Options() {
		if o.InFile {
			t.options[o.Name] = o
		}
	}
	t.fields = fieldsByName()
	t.section(root, "")
	if t.ended {
		l.drafts = nil
	}
}

// A tree reads the options and checks of a YAML document.
type tree struct {
	walk
	loading *loading
	options map[string]Option
	later   map[string]string
	fields  map[string]CheckField
}

// section reads the keys of a mapping whose options' names begin with prefix.
func (t *tree) section(n *yaml.Node, prefix string) {
	about := strings.TrimSuffix(prefix, ".")
	if about == "" {
		about = "a configuration"
	}
	for _, p := range t.pairs(n, about) {
		name := prefix + p.key.Value
		option, known := t.options[name]
		hint, unsupported := t.later[name]
		switch {
		case strings.Contains(p.key.Value, "."): // our own way to write what is beneath what
			t.unknown(p.key, prefix)
		case name == "checks":
			t.checks(p.value)
		case name == "alerts":
			t.alerts(p.value)
		case name == "maintenance":
			t.windows(p.value)
		case known:
			t.option(option, p.value)
		case unsupported && !empty(p.value):
			t.add(t.at(p.key), hint, "%s: not supported by this version yet", name)
		case unsupported:
		case len(t.keys(name+".")) > 0:
			t.section(p.value, name+".")
		default:
			t.unknown(p.key, prefix)
		}
	}
}

func (t *tree) option(o Option, n *yaml.Node) {
	before := t.found
	words := t.words(n, o.Name, o.List())
	if t.found > before || len(words) == 0 && n.Kind == yaml.ScalarNode {
		return
	}
	t.loading.put(o, words, t.at(n))
}

// keys lists the keys beneath a prefix that this version reads, sorted.
func (t *tree) keys(prefix string) []string {
	var all []string
	for name := range t.options {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			key, _, _ := strings.Cut(rest, ".")
			all = append(all, key)
		}
	}
	if prefix == "" {
		all = append(all, "alerts", "maintenance")
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// unknown adds a key that there is not, with the one that was meant.
func (t *tree) unknown(key *yaml.Node, prefix string) {
	where := ""
	if prefix != "" {
		where = " in " + strings.TrimSuffix(prefix, ".")
	}
	t.add(t.at(key), t.meant(key.Value, prefix), "unknown key %s%s", quoted(key.Value), where)
}

// meant guesses what an unknown key means: an option by another name or in
// another place, else a key beside it that is spelt alike.
func (t *tree) meant(key, prefix string) string {
	if t.full() {
		return ""
	}
	for _, o := range Options() {
		head, last, nested := strings.Cut(o.Name, ".")
		spellings := o.spellings()
		switch named := slices.Contains(spellings, plain(key)) || slices.Contains(spellings, plain(prefix+key)); {
		case o.InFile && nested && (named || last == plain(key)):
			return "in the file it is " + o.Name + ": the key " + last + " beneath " + head
		case o.InFile && named:
			return "did you mean " + o.Name + "?"
		case named && (o.Name == "bind_addr" || o.Name == "port"):
			return "write listen: ADDRESS:PORT"
		case named && !o.Later && len(o.Env) > 0:
			return "a secret has no place here: set " + o.Env[0]
		}
	}
	keys := t.keys(prefix)
	if near, ok := nearest(plain(key), keys); ok {
		return "did you mean " + near + "?"
	}
	return "keys here are " + strings.Join(keys, ", ")
}

// empty reports whether a key has no value at all.
func empty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Value == "" || n.ShortTag() == "!!null")
}

// nearest is [port.Nearest] for words of a sensible length: what is longer is
// no misspelling.
func nearest(word string, candidates []string) (string, bool) {
	const longest = 64
	if len(word) > longest {
		return "", false
	}
	return port.Nearest(word, candidates)
}
