package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/portreeve/portreeve/internal/health"
)

// maxRoutes bounds the routes and the maintenance windows of a file.
const maxRoutes = 1000

// alerts reads the routes, by name.
func (t *tree) alerts(n *yaml.Node) {
	fields := map[string]AlertField{}
	for _, f := range AlertFields() {
		fields[f.Name] = f
	}
	for _, p := range t.pairs(n, "alerts") {
		a := &Alert{Name: p.key.Value, Recovery: true, at: t.at(p.key)}
		if err := health.CheckName(a.Name); err != nil {
			t.add(a.at, "write a-z, 0-9, dot, dash and underscore, as in ops", "alerts: %s is no name: it %s", quoted(a.Name), err)
			continue
		}
		before := t.found
		t.route(a, p.value, "", fields)
		a.wrong = t.found > before
		t.loading.config.Alerts = append(t.loading.config.Alerts, a)
	}
}

// route reads the keys of a route beneath a prefix.
func (t *tree) route(a *Alert, n *yaml.Node, prefix string, fields map[string]AlertField) {
	about := "alerts." + a.Name
	for _, p := range t.pairs(n, strings.TrimSuffix(about+"."+prefix, ".")) {
		name := prefix + p.key.Value
		f, known := fields[name]
		switch {
		case known:
			t.alertValue(a, f, p.value, about+": "+name)
		case !strings.Contains(p.key.Value, ".") && slices.ContainsFunc(AlertFields(), func(f AlertField) bool { return strings.HasPrefix(f.Name, name+".") }):
			t.route(a, p.value, name+".", fields)
		default:
			t.add(t.at(p.key), t.meantAmong(name, alertKeys(), "a route"), "%s: unknown key %s", about, quoted(name))
		}
	}
}

// alertValue reads the value of a route's key.
func (t *tree) alertValue(a *Alert, f AlertField, n *yaml.Node, about string) {
	at := t.at(n)
	a.given = append(a.given, fieldOrigin{f.Name, int32(at.Line), int32(at.Column)})
	t.put(f.field(a), f.rule, n, about)
}

// put reads a value into a field.
func (t *tree) put(field any, rule func(string) error, n *yaml.Node, about string) {
	words := t.words(n, about, isList(field))
	if len(words) == 0 {
		return
	}
	wrong := func(w word, err error) { t.refuse(about, w, err) }
	if !breaks(rule, words, wrong) {
		set(field, words, wrong)
	}
}

// meantAmong guesses which key is meant of those that there are.
func (t *tree) meantAmong(name string, keys []string, of string) string {
	if t.full() {
		return ""
	}
	if near, ok := nearest(plain(name), keys); ok {
		return "did you mean " + near + "?"
	}
	return "keys of " + of + " are " + strings.Join(keys, ", ")
}

func alertKeys() []string {
	var all []string
	for _, f := range AlertFields() {
		all = append(all, f.Name)
		if head, _, nested := strings.Cut(f.Name, "."); nested {
			all = append(all, head)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// field returns where a key of the route was written: its own place, else the
// route's.
func (a *Alert) field(name string) Origin { return checkOrigin{a.at, a.given}.field(name) }

// windows reads the list of maintenance windows.
func (t *tree) windows(n *yaml.Node) {
	fields, keys := map[string]WindowField{}, []string{}
	for _, f := range WindowFields() {
		fields[f.Name] = f
		keys = append(keys, f.Name)
	}
	slices.Sort(keys)
	for i, item := range t.items(n, "maintenance", "write a list: each window begins with a dash") {
		if i == maxRoutes {
			t.add(t.at(item), "", "too many maintenance windows: %d are the most", maxRoutes)
			return
		}
		var w windowDraft
		at, before := t.at(item), t.found
		for _, p := range t.pairs(item, "a maintenance window") {
			f, known := fields[p.key.Value]
			if !known {
				t.add(t.at(p.key), t.meantAmong(p.key.Value, keys, "a maintenance window"), "maintenance: unknown key %s", quoted(p.key.Value))
				continue
			}
			t.put(f.field(&w), f.rule, p.value, "maintenance: "+f.Name)
		}
		if t.found == before {
			t.window(w, at)
		}
	}
}

// window takes a maintenance window in.
func (t *tree) window(w windowDraft, at Origin) {
	read, err := w.read()
	if err != nil {
		t.add(at, hintOf(err), "maintenance: %s", err)
		return
	}
	wrong := read.Validate()
	for _, e := range wrong {
		t.add(at, e.Hint, "maintenance: %s: %s", e.Field, e.Reason)
	}
	if wrong == nil {
		t.loading.config.Maintenance = append(t.loading.config.Maintenance, read)
		t.loading.config.windowOrigins = append(t.loading.config.windowOrigins, at)
	}
}
