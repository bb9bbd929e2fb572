package config

import (
	"fmt"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Source is one of the four places that a value can come from.
type Source string

// The sources, the one that wins last.
const (
	FromDefault     Source = "default"
	FromFile        Source = "file"
	FromEnvironment Source = "environment"
	FromFlag        Source = "flag"
)

// rank orders the sources: the higher one wins.
func (s Source) rank() int {
	switch s {
	case FromFlag:
		return 3
	case FromEnvironment:
		return 2
	case FromFile:
		return 1
	}
	return 0
}

// An Origin says where a value was written. The zero Origin is the default.
type Origin struct {
	Source Source `json:"source"`
	Name   string `json:"name"`             // the flag or variable as it is written, or the path of the file
	Line   int    `json:"line,omitempty"`   // of a file, from 1; 0 when all of it is meant
	Column int    `json:"column,omitempty"` // from 1, in characters
}

// String words the origin for people: "flag --listen".
func (o Origin) String() string {
	name := foreign.Text(o.Name).String()
	switch {
	case o.Source == FromFile && o.Line > 0:
		return fmt.Sprintf("%s:%d", name, o.Line)
	case o.Source == FromFile:
		return name
	case o.Source == FromFlag, o.Source == FromEnvironment:
		return string(o.Source) + " " + name
	}
	return string(FromDefault)
}

// place words the origin as compilers do, for editors to jump to:
// "portreeve.yaml:3:5".
func (o Origin) place() string {
	name := foreign.Text(o.Name).String()
	if o.Source == FromFile && o.Line > 0 {
		return fmt.Sprintf("%s:%d:%d", name, o.Line, max(o.Column, 1))
	}
	return name
}
