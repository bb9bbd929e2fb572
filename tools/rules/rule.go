package main

import (
	"fmt"
	"go/token"
)

// rule finds the breaches of one house rule in a file.
type rule func(file) []breach

// rules is the table of all of them.
func rules() []rule {
	return []rule{noExec, noInit, fileSize, functionSize}
}

// breach is a place where a rule is broken.
type breach struct {
	at   token.Position
	text string
}

// String gives the breach in the form that editors jump to.
func (b breach) String() string {
	return fmt.Sprintf("%s:%d: %s", b.at.Filename, b.at.Line, b.text)
}
