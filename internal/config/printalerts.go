package config

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// settings returns the keys of a route that are given, in the table's order. Of
// secrets no more is shown than what kind they are of.
func (a *Alert) settings() []setting {
	var all []setting
	for _, f := range AlertFields() {
		if !a.says(f.Name) {
			continue
		}
		value := shown(f.field(a))
		if f.secret {
			value = schemes(f.field(a))
		}
		all = append(all, setting{f.Name, value, a.field(f.Name).String()})
	}
	return all
}

// says reports whether a key is given.
func (a *Alert) says(name string) bool {
	return slices.ContainsFunc(a.given, func(f fieldOrigin) bool { return f.name == name })
}

// schemes shows of a secret URL what comes before its colon.
func schemes(field any) any {
	hide := func(s Secret) string {
		scheme, _, _ := strings.Cut(s.Reveal(), "://")
		return scheme + "://" + mask
	}
	if list, ok := field.(*[]Secret); ok {
		all := make([]string, len(*list))
		for i, s := range *list {
			all[i] = hide(s)
		}
		return all
	}
	return hide(*field.(*Secret))
}

// printAlerts writes the routes as YAML.
func (c *Config) printAlerts(w io.Writer) {
	if len(c.Alerts) == 0 {
		return
	}
	fmt.Fprintln(w, "alerts:")
	for _, a := range c.Alerts {
		fmt.Fprintf(w, "  %s:\n", a.Name)
		printSections(w, a.settings(), "    ")
	}
}

// windowSettings returns the keys of a maintenance window.
func (c *Config) windowSettings(i int) []setting {
	w, from := c.Maintenance[i], ""
	if i < len(c.windowOrigins) {
		from = c.windowOrigins[i].String()
	}
	var all []setting
	add := func(name string, value any) {
		if !zero(value) {
			all = append(all, setting{name, value, from})
		}
	}
	add("checks", w.Checks)
	if w.From.IsZero() {
		add("weekly", w.Weekly.String())
	} else {
		add("from", w.From.Format("2006-01-02T15:04:05Z07:00"))
		add("until", w.Until.Format("2006-01-02T15:04:05Z07:00"))
	}
	add("why", w.Why)
	return all
}

// printWindows writes the maintenance windows as YAML.
func (c *Config) printWindows(w io.Writer) {
	if len(c.Maintenance) == 0 {
		return
	}
	fmt.Fprintln(w, "maintenance:")
	for i := range c.Maintenance {
		printItem(w, c.windowSettings(i))
	}
}

// nested makes an object of settings, and notes where each comes from.
func nested(all []setting, path string, origins map[string]string) map[string]any {
	values := map[string]any{}
	for _, s := range all {
		into, key := values, s.name
		if head, rest, deep := strings.Cut(s.name, "."); deep {
			section, ok := values[head].(map[string]any)
			if !ok {
				section = map[string]any{}
				values[head] = section
			}
			into, key = section, rest
		}
		into[key], origins[path+s.name] = s.value, s.from
	}
	return values
}

// Route returns the route of that name.
func (c *Config) Route(name string) (*Alert, bool) {
	i := slices.IndexFunc(c.Alerts, func(a *Alert) bool { return a.Name == name })
	if i < 0 {
		return nil, false
	}
	return c.Alerts[i], true
}
