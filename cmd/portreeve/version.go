package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker where the build knows better than its version
// control: -ldflags "-X main.version=v1.2.3".
var version string

type versionCmd struct {
	JSON bool `help:"Print JSON."`
}

// Help is the long help.
func (versionCmd) Help() string {
	return `Examples:

  portreeve version
  portreeve version --json
`
}

// Run prints the version.
func (c *versionCmd) Run(s streams) error {
	b := build()
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(b)
	}
	_, err := fmt.Fprintf(s.out, "portreeve  %s\ncommit     %s\ngo         %s\nplatform   %s\n", b.Version, b.commit(), b.Go, b.Platform)
	return err
}

// A buildInfo says what this binary was built from.
type buildInfo struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`   // empty when built outside version control
	Modified bool   `json:"modified"` // built from a tree with changes
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// build reads what the compiler wrote down.
func build() buildInfo {
	b := buildInfo{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	b.Version = cmp.Or(b.Version, "(devel)")
	return b
}

func (b buildInfo) commit() string {
	switch {
	case b.Commit == "":
		return "unknown"
	case b.Modified:
		return b.Commit + " with changes"
	}
	return b.Commit
}
