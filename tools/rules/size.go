package main

import "go/ast"

// The longest file and function, in lines. Tests are longer: they are tables.
const (
	maxFile     = 400
	maxTestFile = 800
	maxFunction = 60
)

// fileSize keeps files readable at one sitting.
func fileSize(f file) []breach {
	limit := maxFile
	if f.isTest() {
		limit = maxTestFile
	}
	if lines := f.fset.Position(f.syntax.FileEnd).Line; lines > limit {
		return []breach{f.breach(f.syntax.Pos(), "%d lines in a file, at most %d: split it by noun", lines, limit)}
	}
	return nil
}

// functionSize keeps functions on one screen. A function that only returns one
// value is a table, which may be as long as it likes.
func functionSize(f file) []breach {
	if f.isTest() {
		return nil
	}
	var breaches []breach
	for _, fn := range f.functions() {
		first, last := f.fset.Position(fn.Pos()).Line, f.fset.Position(fn.End()).Line
		if lines := last - first + 1; lines > maxFunction && !isTable(fn) {
			breaches = append(breaches, f.breach(fn.Pos(), "%d lines in function %s, at most %d", lines, fn.Name.Name, maxFunction))
		}
	}
	return breaches
}

func isTable(fn *ast.FuncDecl) bool {
	if len(fn.Body.List) != 1 {
		return false
	}
	_, returns := fn.Body.List[0].(*ast.ReturnStmt)
	return returns
}
