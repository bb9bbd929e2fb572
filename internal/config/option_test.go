package config

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// samples are values of an option, as people write them: of flag, environment
// and file. What they come to is written alike.
func samples(o Option) map[Source]string {
	three := func(flag, environment, file string) map[Source]string {
		return map[Source]string{FromFlag: flag, FromEnvironment: environment, FromFile: file}
	}
	switch o.field(&Config{}).(type) {
	case *bool:
		return three(not(o.Default), o.Default, not(o.Default))
	case *int:
		return three("7", "8", "9")
	}
	switch o.Name {
	case "listen":
		return three("127.0.0.1:1", "127.0.0.2:2", "[::1]:3")
	case "defaults.timeout":
		return three("1s", "2s", "3s")
	case "defaults.interval", "ports.interval":
		return three("31s", "1m5s", "1m")
	case "retention.age", "registration.pause_after":
		return three("25h", "26h", "27h")
	case "url":
		return three("https://flag", "https://environment", "https://file")
	case "smtp.from", "gmail_user":
		return three("flag@example.org", "environment@example.org", "file@example.org")
	case "smtp.password_file", "mirror_password_file":
		return three("testdata/passwords/flag", "testdata/passwords/environment", "testdata/passwords/file")
	case "hosts", "defaults.alerts", "registration.default_alerts":
		return three("a,b", "c", "d,e")
	case "ports.watch":
		return three("1,2", "3", "4,5")
	case "flappy.allow", "registration.allow":
		return three("10.0.0.0/8", "::1/128", "192.168.0.0/16,10.0.0.1/32")
	}
	return three("of-the-flag", "of-the-environment", "of-the-file")
}

func not(value string) string {
	if value == "true" {
		return "false"
	}
	return "true"
}

// inFile writes an option as the file has it.
func inFile(o Option, value string) string {
	if o.List() {
		value = "[" + value + "]"
	} else {
		value = yamlText(value, false)
	}
	if head, key, nested := strings.Cut(o.Name, "."); nested {
		return fmt.Sprintf("%s: {%s: %s}\n", head, key, value)
	}
	return fmt.Sprintf("%s: %s\n", o.Name, value)
}

// TestPrecedence sets every option in every set of sources: the highest wins,
// and is told as the origin.
func TestPrecedence(t *testing.T) {
	for _, o := range Options() {
		if o.field == nil {
			continue
		}
		values := samples(o)
		for set := range 1 << 3 {
			if set&1 != 0 && !o.InFile || set&4 != 0 && len(o.Flags) == 0 {
				continue
			}
			s, want, origin := Sources{paths: []string{}}, o.Default, string(FromDefault)
			if set&1 != 0 {
				s.File = write(t, inFile(o, values[FromFile]))
				want, origin = values[FromFile], s.File+":1"
			}
			if set&2 != 0 {
				s.LookupEnv = variables{o.Env[0]: values[FromEnvironment]}.lookup
				want, origin = values[FromEnvironment], "environment "+o.Env[0]
			}
			if set&4 != 0 {
				s.Flags = map[string][]string{o.Name: split(values[FromFlag])}
				want, origin = values[FromFlag], "flag "+o.Flags[0]
			}
			t.Run(fmt.Sprintf("%s/%03b", o.Name, set), func(t *testing.T) {
				c := load(t, neighbours(t, o, s))
				if got := strings.Join(texts(o.field(c)), ","); got != want {
					t.Errorf("%q, want %q", got, want)
				}
				if got := c.from(o.Name); got != origin {
					t.Errorf("comes from %q, want %q", got, origin)
				}
			})
		}
	}
}

// neighbours adds what an option must not be without.
func neighbours(t *testing.T, o Option, s Sources) Sources {
	if namesRoutes(o) && (s.Flags != nil || s.LookupEnv != nil || s.File != "") {
		if s.File == "" {
			s.File = write(t, "")
		}
		return withRoutes(t, s)
	}
	other, value := "", "true"
	switch o.Name {
	case "auth.tls_cert":
		other, value = "auth.tls_key", "other.pem"
	case "auth.tls_key":
		other, value = "auth.tls_cert", "other.pem"
	case "registration.compat", "registration.announce":
		other = "registration.enabled"
	}
	if other == "" || s.Flags == nil && s.LookupEnv == nil && s.File == "" {
		return s
	}
	flags := map[string][]string{other: {value}}
	for name, values := range s.Flags {
		flags[name] = values
	}
	s.Flags = flags
	return s
}

// namesRoutes reports whether the words of an option must be routes of the file.
func namesRoutes(o Option) bool {
	return o.Name == "defaults.alerts" || o.Name == "registration.default_alerts"
}

// withRoutes adds the routes that the samples name to the file.
func withRoutes(t *testing.T, s Sources) Sources {
	t.Helper()
	text, err := os.ReadFile(s.File)
	if err != nil {
		t.Fatal(err)
	}
	routes := "alerts: {a: &r {services: [x]}, b: *r, c: *r, d: *r, e: *r}\n"
	if err := os.WriteFile(s.File, append(text, routes...), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEverySpelling: each variable and each name of a NAME=value file reaches
// its option, whatever its case.
func TestEverySpelling(t *testing.T) {
	for _, o := range Options() {
		if o.field == nil {
			continue
		}
		want := samples(o)[FromFlag]
		check := func(name string, s Sources) {
			t.Helper()
			c := load(t, neighbours(t, o, s))
			if got := strings.Join(texts(o.field(c)), ","); got != want {
				t.Errorf("%s by %s: %q, want %q", o.Name, name, got, want)
			}
		}
		for _, name := range o.Env {
			check(name, Sources{LookupEnv: variables{name: " " + want + " "}.lookup})
		}
		for _, name := range slices.Concat(o.Flags, o.Env, []string{o.Name}) {
			if namesRoutes(o) {
				break // such a file has no routes
			}
			if len(name) == 2 || strings.HasPrefix(name, "-") && !strings.HasPrefix(name, "--") {
				continue // short flags are for the command line
			}
			for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name), strings.TrimLeft(name, "-"), strings.ReplaceAll(name, "-", "_")} {
				if strings.HasPrefix(spelling, "_") {
					continue
				}
				check(spelling, Sources{File: write(t, "# seed\n\n"+spelling+" = "+want+" # so be it\n")})
			}
		}
	}
}

// TestOptionsAreTold: the table has what help, manual and reference need, and
// no name twice.
func TestOptionsAreTold(t *testing.T) {
	owner := map[string]string{}
	for _, o := range Options() {
		if o.Help == "" || !strings.HasSuffix(o.Help, ".") {
			t.Errorf("%s: help %q is no sentence", o.Name, o.Help)
		}
		for _, name := range slices.Concat(o.Flags, o.Env) {
			if owner[name] != "" {
				t.Errorf("%s is of %s and of %s", name, owner[name], o.Name)
			}
			owner[name] = o.Name
		}
		for _, name := range o.spellings() {
			if other := owner["="+name]; other != "" {
				t.Errorf("%s= is of %s and of %s", name, other, o.Name)
			}
			owner["="+name] = o.Name
		}
		if _, isSwitch := fieldOf(o).(*bool); isSwitch != (o.Value == "") && o.field != nil {
			t.Errorf("%s: value %q", o.Name, o.Value)
		}
		if o.InFile && (len(o.Flags) == 0 || len(o.Env) == 0) {
			t.Errorf("%s cannot be set everywhere", o.Name)
		}
	}
}

func fieldOf(o Option) any {
	if o.field == nil {
		return nil
	}
	return o.field(&Config{})
}

// TestDefaultIsValid, and every default is what the table says.
func TestDefaultIsValid(t *testing.T) {
	c := load(t, Sources{})
	for _, o := range Options() {
		if o.field != nil && strings.Join(texts(o.field(c)), ",") != o.Default {
			t.Errorf("%s is %v, the table says %q", o.Name, texts(o.field(c)), o.Default)
		}
	}
	if c.File != "" || len(c.Warnings) > 0 || len(c.Checks) > 0 {
		t.Errorf("Load without sources = %+v", c)
	}
}
