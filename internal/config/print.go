package config

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
)

// Print writes c as YAML, with a comment on each value that says where it
// comes from. What it writes is a valid configuration that means the same,
// but for secrets: in place of headers and bodies stands "hidden".
func (c *Config) Print(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "# %s, merged with environment and command line\n", foreign.Text(c.where()))
	printSections(b, c.settings(), "")
	c.printAlerts(b)
	c.printWindows(b)
	if len(c.Checks) == 0 {
		fmt.Fprintf(b, "checks: []  # %s\n", FromDefault)
		return b.Flush()
	}
	fmt.Fprintln(b, "checks:")
	for i := range c.Checks {
		printItem(b, c.checkSettings(i))
	}
	return b.Flush()
}

// printSections writes settings as a mapping, of which those with a dot in their
// name stand beneath what is before it.
func printSections(w io.Writer, all []setting, indent string) {
	section := ""
	for _, s := range all {
		name, deeper := s.name, indent
		if head, key, nested := strings.Cut(s.name, "."); nested {
			if head != section {
				fmt.Fprintf(w, "%s%s:\n", indent, head)
			}
			section, name, deeper = head, key, indent+"  "
		}
		fmt.Fprintf(w, "%s%s: %s  # %s\n", deeper, name, s.yaml(), s.from)
	}
}

// printItem writes settings as an item of a list.
func printItem(w io.Writer, all []setting) {
	lead := "  - "
	for _, s := range all {
		fmt.Fprintf(w, "%s%s: %s  # %s\n", lead, s.name, s.yaml(), s.from)
		lead = "    "
	}
}

// yaml writes the value as a YAML scalar or flow collection.
func (s setting) yaml() string {
	switch v := s.value.(type) {
	case string:
		return yamlText(v, false)
	case []string:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = yamlText(item, true)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]string:
		var items []string
		for _, key := range sortedKeys(v) {
			items = append(items, yamlText(key, true)+": "+yamlText(v[key], true))
		}
		return "{" + strings.Join(items, ", ") + "}"
	case []uint16:
		return "[" + strings.Join(stringsOf(v), ", ") + "]"
	}
	return fmt.Sprint(s.value)
}
