package main

import (
	"os"

	"github.com/alecthomas/kong"
)

// unsetEmpty makes variables of ours that are empty absent: units and compose
// files hand on variables that nobody has set.
func unsetEmpty(m *kong.Application) error {
	for _, command := range m.Children {
		for _, f := range command.Flags {
			for _, name := range f.Envs {
				if os.Getenv(name) != "" {
					continue
				}
				if err := os.Unsetenv(name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
