// Rules checks the house rules that no ready-made linter knows:
//
//	go run ./rules ..
//
// It prints one line for each breach, file:line: text, and exits with 1 when
// there was any, with 2 when the tree cannot be read. A new rule is one file
// and one line in the table of rules.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run checks the trees named by roots and returns the exit code.
func run(roots []string, out, errs io.Writer) int {
	code := 0
	for _, root := range roots {
		breaches, err := check(root)
		if err != nil {
			fmt.Fprintf(errs, "rules: error: %v\n", err)
			return 2
		}
		for _, b := range breaches {
			fmt.Fprintln(out, b)
			code = 1
		}
	}
	return code
}
