package main

import "go/ast"

// noExec forbids starting programs outside tests: portreeve holds capabilities
// that no child of it may ever inherit, and answers requests from the network.
func noExec(f file) []breach {
	if f.isTest() {
		return nil
	}
	var breaches []breach
	names := f.imports()
	for _, spec := range f.syntax.Imports {
		if spec.Path.Value == `"os/exec"` {
			breaches = append(breaches, f.breach(spec.Pos(), "os/exec outside tests: portreeve starts no programs"))
		}
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && starts(names[pkg.Name], sel.Sel.Name) {
			breaches = append(breaches, f.breach(sel.Pos(), "%s.%s outside tests: portreeve starts no programs", pkg.Name, sel.Sel.Name))
		}
		return true
	})
	return breaches
}

// starts tells whether a function of the standard library or of x/sys starts a
// program.
func starts(path, name string) bool {
	switch path + "." + name {
	case "os.StartProcess", "syscall.StartProcess", "syscall.ForkExec", "syscall.Exec", "golang.org/x/sys/unix.Exec":
		return true
	}
	return false
}
