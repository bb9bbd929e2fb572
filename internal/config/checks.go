package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portreeve/portreeve/internal/health"
)

// A draft is a check as a source has it, before it is judged.
type draft struct {
	spec  health.Spec
	bare  bool            // a target alone, which makes the name
	at    Origin          // of the check
	given []fieldOrigin   // what the source says of it
	named []word          // its parents
	wrong map[string]bool // fields that a mistake is told of
}

// A fieldOrigin is where a field of a check was written.
type fieldOrigin struct {
	name         string
	line, column int32
}

// A checkOrigin is where a check was written.
type checkOrigin struct {
	at    Origin
	given []fieldOrigin
}

// field returns where a field was written: its own place, else the check's.
func (d *draft) field(name string) Origin { return checkOrigin{d.at, d.given}.field(name) }

// field returns where a field was written: its own place, else the check's.
func (h checkOrigin) field(name string) Origin {
	for _, f := range h.given {
		if f.name == name {
			return Origin{h.at.Source, h.at.Name, int(f.line), int(f.column)}
		}
	}
	return h.at
}

// about names the check for a message.
func (d *draft) about() string {
	if d.spec.Name == "" {
		return "a check"
	}
	return "check " + quoted(d.spec.Name)
}

// checks reads the list of checks.
func (t *tree) checks(n *yaml.Node) {
	for i, item := range t.items(n, "checks", "write a list: each check begins with a dash") {
		if i > maxChecks || t.ended {
			break // and judgeChecks says so
		}
		d := &draft{at: t.at(item), spec: health.Spec{Origin: health.FromConfig}}
		if node := t.follow(item); node == nil || node.Kind != yaml.MappingNode || len(node.Content) == 0 {
			t.add(d.at, "write a name and a target beneath the dash, as in {name: db, target: tcp://db:5432}", "a check must be a mapping")
			continue
		}
		pairs := t.pairs(item, "a check")
		t.nameFirst(d, pairs)
		for _, p := range pairs {
			t.field(d, p)
		}
		t.loading.drafts = append(t.loading.drafts, d)
	}
}

// nameFirst reads the name before everything else, for messages to have it.
func (t *tree) nameFirst(d *draft, pairs []pair) {
	for _, p := range pairs {
		if n := t.follow(p.value); p.key.Value == "name" && n != nil && n.Kind == yaml.ScalarNode {
			d.spec.Name = n.Value
		}
	}
}

// field reads one key of a check.
func (t *tree) field(d *draft, p pair) {
	name := p.key.Value
	f, ok := t.fields[name]
	if !ok {
		t.add(t.at(p.key), t.meantField(name), "%s: unknown key %s", d.about(), quoted(name))
		return
	}
	if f.Later {
		if !empty(p.value) {
			t.add(t.at(p.key), "leave it out", "%s: %s: not supported by this version yet", d.about(), name)
		}
		return
	}
	at := t.at(p.value)
	d.given = append(d.given, fieldOrigin{name, int32(at.Line), int32(at.Column)})
	before := t.found
	t.value(f, d, p.value)
	if t.found > before {
		d.tell(name)
	}
}

// value reads the value of a check's key.
func (t *tree) value(f CheckField, d *draft, n *yaml.Node) {
	about := d.about() + ": " + f.Name
	field := f.field(&d.spec)
	if headers, ok := field.(*map[string]string); ok {
		*headers = t.texts(n, about)
		return
	}
	words := t.words(n, about, isList(field))
	if len(words) == 0 {
		return
	}
	if f.Name == "parents" {
		d.named = words
	}
	wrong := func(w word, err error) { t.refuse(about, w, err) }
	if !breaks(f.rule, words, wrong) {
		set(field, words, wrong)
	}
}

// texts reads a mapping of texts.
func (t *tree) texts(n *yaml.Node, about string) map[string]string {
	all := map[string]string{}
	for _, p := range t.pairs(n, about) {
		name := about + ": " + quoted(p.key.Value)
		if v := t.follow(p.value); v != nil && v.Kind == yaml.ScalarNode && v.ShortTag() == "!!null" {
			t.add(t.at(p.value), `write "" for an empty one`, "%s has no value", name)
		} else if w, ok := t.word(p.value, name); ok {
			all[p.key.Value] = w.text
		}
	}
	return all
}

// meantField guesses what an unknown key of a check means.
func (t *tree) meantField(name string) string {
	if t.full() {
		return ""
	}
	var names []string
	for _, f := range CheckFields() {
		if !f.Later {
			names = append(names, f.Name)
		}
	}
	if near, ok := nearest(plain(name), names); ok {
		return "did you mean " + near + "?"
	}
	slices.Sort(names)
	return "keys of a check are " + strings.Join(names, ", ")
}

// targets adds the checks of bare targets.
func (l *loading) targets(words []word) {
	for _, w := range words[:min(len(words), maxChecks+1)] {
		spec := health.SpecFor(w.text)
		spec.Origin = health.FromFlag
		if w.at.Source == FromFile {
			spec.Origin = health.FromConfig
		}
		l.drafts = append(l.drafts, &draft{spec: spec, bare: true, at: w.at})
	}
}
