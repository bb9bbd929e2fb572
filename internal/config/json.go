package config

import (
	"encoding/json"
	"fmt"
	"io"
)

// PrintJSON writes what Print writes as JSON: the configuration, and where
// each value comes from by its path, a check's by its name.
func (c *Config) PrintJSON(w io.Writer) error {
	origins := map[string]string{}
	values := nested(c.settings(), "", origins)
	alerts := map[string]any{}
	for _, a := range c.Alerts {
		alerts[a.Name] = nested(a.settings(), "alerts."+a.Name+".", origins)
	}
	windows := []any{}
	for i := range c.Maintenance {
		windows = append(windows, nested(c.windowSettings(i), fmt.Sprintf("maintenance.%d.", i), origins))
	}
	values["alerts"], values["maintenance"] = alerts, windows
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
