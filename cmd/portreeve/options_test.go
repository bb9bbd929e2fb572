package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/app"
)

// parseFlags returns what a command line says of options.
func parseFlags(t *testing.T, args ...string) map[string][]string {
	t.Helper()
	parser, err := newParser(streams{strings.NewReader(""), io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	line, err := parser.Parse(arrange(args, parser.Model))
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return given(line)
}

// TestEverySpellingOfAFlag reaches its option, and is all that is given.
func TestEverySpellingOfAFlag(t *testing.T) {
	for _, o := range app.Options() {
		for _, spelling := range o.Flags {
			forms := [][]string{{spelling}, {spelling + "=false"}}
			wants := []string{"true", "false"}
			switch {
			case o.Value != "":
				forms = [][]string{{spelling, "-1"}, {spelling + "=b"}}
				wants = []string{"-1", "b"}
			case !strings.HasPrefix(spelling, "--"):
				forms = forms[:1]
			}
			for i, form := range forms {
				for _, command := range []string{"serve", "config"} {
					args := slices.Concat([]string{command}, form)
					if command == "config" {
						args = append(args, "print")
					}
					got := parseFlags(t, args...)
					if len(got) != 1 || strings.Join(got[o.Name], ",") != wants[i] {
						t.Errorf("%v gives %v, want %s: %s", args, got, o.Name, wants[i])
					}
				}
			}
		}
	}
}

func TestFlagsThatAreListsOrTurnOff(t *testing.T) {
	if got := parseFlags(t, "serve", "--watch-port", "1,2", "--watch-port=3"); strings.Join(got["ports.watch"], " ") != "1 2 3" {
		t.Errorf("ports.watch = %v", got)
	}
	if got := parseFlags(t, "serve", "--no-flappy"); strings.Join(got["flappy.enabled"], " ") != "false" {
		t.Errorf("flappy.enabled = %v", got)
	}
	if got := parseFlags(t, "serve"); len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
}

// TestFlagsAreInTheTable, with help and variables from there, and those that
// are not supported yet are hidden.
func TestFlagsAreInTheTable(t *testing.T) {
	parser, err := newParser(streams{strings.NewReader(""), io.Discard, io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, f := range command.Flags {
			i := slices.IndexFunc(app.Options(), func(o app.Option) bool { return slices.Contains(o.Flags, "--"+f.Name) })
			if i < 0 {
				t.Errorf("--%s is no option", f.Name)
				continue
			}
			o := app.Options()[i]
			if !strings.HasPrefix(f.Help, strings.TrimSuffix(o.Help, ".")) || !o.Later && !slices.Equal(f.Envs, o.Env) || f.Hidden != o.Later || (o.Value == "") != f.IsBool() {
				t.Errorf("--%s: help %q, variables %v, hidden %v", f.Name, f.Help, f.Envs, f.Hidden)
			}
		}
	}
}
