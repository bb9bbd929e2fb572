package config

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

const docs = "../../docs/"

// TestReference: the tables of docs/configuration.md are those of the code.
func TestReference(t *testing.T) {
	const path = docs + "configuration.md"
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := between(t, string(b), "options", optionTable())
	text = between(t, text, "checks", checkTable())
	text = between(t, text, "alerts", alertTable())
	text = between(t, text, "maintenance", windowTable())
	golden(t, path, text)
	for _, name := range slices.Sorted(maps.Keys(later())) {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("that %s is not supported yet is not told", name)
		}
	}
}

// between replaces what is between two comments.
func between(t *testing.T, text, name, content string) string {
	t.Helper()
	open, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
	i, j := strings.Index(text, open), strings.Index(text, end)
	if i < 0 || j < i {
		t.Fatalf("no place for the table of %s", name)
	}
	return text[:i+len(open)] + content + text[j:]
}

func optionTable() string {
	var b strings.Builder
	b.WriteString("| key in the file | flags | variables | default | |\n|---|---|---|---|---|\n")
	for _, o := range Options() {
		if o.Later {
			continue
		}
		key, def, help := "", code(o.Default), o.Help
		if o.InFile {
			key = code(o.Name)
		}
		if o.Live {
			help += " *Reload.*"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", key, code(o.Flags...), code(o.Env...), def, help)
	}
	return b.String()
}

// table is what a table of keys begins with, and row one of its lines.
const table = "| key | for example | default | |\n|---|---|---|---|\n"

func row(name, value, def, help string) string {
	return fmt.Sprintf("| %s | %s | %s | %s |\n", code(name), code(value), def, help)
}

func checkTable() string {
	text := table
	for _, f := range CheckFields() {
		if !f.Later {
			text += row(f.Name, f.Value, f.Default, f.Help)
		}
	}
	return text
}

func alertTable() string {
	text := table
	for _, f := range AlertFields() {
		text += row(f.Name, f.Value, f.Default, f.Help)
	}
	return text
}

func windowTable() string {
	text := table
	for _, f := range WindowFields() {
		text += row(f.Name, f.Value, f.Default, f.Help)
	}
	return text
}

func code(words ...string) string {
	var all []string
	for _, w := range words {
		if w != "" {
			all = append(all, "`"+w+"`")
		}
	}
	return strings.Join(all, " ")
}

// TestExample: the example is right, and has every key.
func TestExample(t *testing.T) {
	const path = docs + "portreeve.example.yaml"
	c := load(t, Sources{File: path, Check: kinds})
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	shown := func(key string) bool { return strings.Contains(string(b), "# "+key+": ") } // beside its value
	for _, o := range Options() {
		_, key, _ := strings.Cut(o.Name, ".")
		if o.InFile && o.Name != "checks" && c.origins[o.Name] == nil && !shown(key) {
			t.Errorf("%s is not in the example", o.Name)
		}
	}
	for _, f := range CheckFields() {
		given := slices.ContainsFunc(c.history, func(h checkOrigin) bool {
			return slices.ContainsFunc(h.given, func(g fieldOrigin) bool { return g.name == f.Name })
		})
		if !given && !f.Later && !shown(f.Name) {
			t.Errorf("%s of a check is not in the example", f.Name)
		}
	}
}

// TestExampleValues: what the reference gives as an example of a check's field
// is one.
func TestExampleValues(t *testing.T) {
	for _, f := range CheckFields() {
		if f.Later {
			continue
		}
		check := map[string]string{"name": "a", "target": "https://h/", "interval": "10s"}
		switch f.Name {
		case "mode":
			check["target"] = "tcp://h:1"
		case "period", "grace":
			check = map[string]string{"name": "a", "target": "push://a", "period": "12h"}
		}
		check[f.Name] = f.Value
		text := "alerts: {ops: {services: [x]}}\nchecks:\n  - name: router\n    target: tcp://r:1\n  -\n"
		for key, value := range check {
			text += "    " + key + ": " + value + "\n"
		}
		load(t, Sources{File: write(t, text)})
	}
}
