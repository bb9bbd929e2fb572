package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// A setting is a value with where it comes from, as it may be shown.
type setting struct {
	name  string
	value any // string, bool, int, or a list or map of such
	from  string
}

// settings returns the values of all options but checks, in the table's order.
func (c *Config) settings() []setting {
	var all []setting
	for _, o := range Options() {
		if o.field != nil && o.InFile {
			all = append(all, setting{o.Name, shown(o.field(c)), c.from(o.Name)})
		}
	}
	return all
}

// from words where the value of an option comes from.
func (c *Config) from(name string) string {
	var all []string
	for _, o := range c.origins[name] {
		all = append(all, o.String())
	}
	if len(all) == 0 {
		return string(FromDefault)
	}
	return strings.Join(all, " and ")
}

// checkSettings returns the fields of a check that mean something, in the
// table's order.
func (c *Config) checkSettings(i int) []setting {
	var all []setting
	spec := *c.Checks[i]
	for _, f := range CheckFields() {
		field := f.field(&spec)
		value := shown(field)
		if t, ok := field.(*timeOrNever); zero(value) || ok && *t == 0 {
			continue
		}
		from := c.checkFrom(i, f.Name)
		if f.secret() {
			value, from = masked(value), "a secret, "+from
		}
		all = append(all, setting{f.Name, value, from})
	}
	return all
}

// checkFrom words where a field of a check comes from.
func (c *Config) checkFrom(i int, name string) string {
	spec, h := c.Checks[i], c.history[i]
	for _, f := range h.given {
		if f.name == name {
			return Origin{h.at.Source, h.at.Name, int(f.line), int(f.column)}.String()
		}
	}
	switch _, profile := health.Profiles()[spec.Profile]; {
	case name == "name" || name == "target":
		return h.at.String()
	case spec.Period > 0 && follows(name):
		return "its period"
	case profile:
		return "profile " + spec.Profile
	case c.from("defaults."+name) != string(FromDefault):
		return "defaults." + name
	}
	return string(FromDefault)
}

// follows reports whether a field of a check follows from its period, if it has
// one.
func follows(name string) bool {
	switch name {
	case "interval", "timeout", "unhealthy_threshold", "healthy_threshold", "grace":
		return true
	}
	return false
}

// shown returns the value of a field as it is shown.
func shown(field any) any {
	switch f := field.(type) {
	case *string:
		return scrubValue(*f)
	case *bool:
		return *f
	case *int:
		return *f
	case *health.Duration:
		if *f == 0 {
			return ""
		}
		return short(*f)
	case *timeOrNever:
		return f.String()
	case *[]uint16:
		return append([]uint16{}, *f...)
	case *Secret:
		return f.String()
	case *[]string:
		return append([]string{}, *f...)
	case *[]Secret:
		return stringsOf(*f)
	case *[]netip.Prefix:
		return stringsOf(*f)
	case *map[string]string:
		return maps.Clone(*f)
	}
	return fmt.Sprint(field)
}

// zero reports whether a value is the one of a field that is not given.
func zero(value any) bool {
	switch v := value.(type) {
	case string:
		return v == ""
	case bool:
		return !v
	case int:
		return v == 0
	case []string:
		return len(v) == 0
	case map[string]string:
		return len(v) == 0
	}
	return false
}

// masked returns a secret value without the secret.
func masked(value any) any {
	if m, ok := value.(map[string]string); ok {
		for key := range m {
			m[key] = mask
		}
		return m
	}
	return mask
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
