package config

import (
	"encoding/json"
	"io"
	"strings"
)

// PrintJSON writes what Print writes as JSON: the configuration, and where
// each value comes from by its path, a check's by its name.
func (c *Config) PrintJSON(w io.Writer) error {
	values, origins := map[string]any{}, map[string]string{}
	for _, s := range c.settings() {
		into, key := values, s.name
		if head, rest, nested := strings.Cut(s.name, "."); nested {
			section, ok := values[head].(map[string]any)
			if !ok {
				section = map[string]any{}
				values[head] = section
			}
			into, key = section, rest
		}
		into[key], origins[s.name] = s.value, s.from
	}
	checks := []map[string]any{}
	for i, spec := range c.Checks {
		check := map[string]any{}
		for _, s := range c.checkSettings(i) {
			check[s.name], origins["checks."+spec.Name+"."+s.name] = s.value, s.from
		}
		checks = append(checks, check)
	}
	values["checks"] = checks
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{"file": c.File, "config": values, "origins": origins})
}
