package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// file is a Go source file, parsed.
type file struct {
	path   string // relative to the root, with slashes
	fset   *token.FileSet
	syntax *ast.File
}

// check applies every rule to every Go file under root. It leaves out hidden
// directories, what was built or fetched, and test data.
func check(root string) ([]breach, error) {
	var breaches []breach
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(rel)
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		found, err := checkFile(path, filepath.ToSlash(rel))
		breaches = append(breaches, found...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", root, err)
	}
	slices.SortFunc(breaches, func(a, b breach) int {
		return cmp.Or(cmp.Compare(a.at.Filename, b.at.Filename), cmp.Compare(a.at.Line, b.at.Line))
	})
	return breaches, nil
}

func skip(rel string) error {
	base := filepath.Base(rel)
	built := rel == "build" || rel == "bin" || rel == "dist"
	if rel != "." && (built || base == "testdata" || strings.HasPrefix(base, ".")) {
		return filepath.SkipDir
	}
	return nil
}

func checkFile(path, rel string) ([]breach, error) {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := file{path: rel, fset: fset, syntax: syntax}
	var breaches []breach
	for _, r := range rules() {
		breaches = append(breaches, r(f)...)
	}
	return breaches, nil
}

// isTest tells whether the file is compiled for tests only: by its name, or
// because it lies in e2e, whose packages serve tests alone.
func (f file) isTest() bool {
	return strings.HasSuffix(f.path, "_test.go") || strings.HasPrefix(f.path, "e2e/")
}

// breach makes a breach at pos, with the path relative to the root.
func (f file) breach(pos token.Pos, format string, args ...any) breach {
	at := f.fset.Position(pos)
	at.Filename = f.path
	return breach{at, fmt.Sprintf(format, args...)}
}

// imports maps the names by which the file calls its imports to their paths.
// An import without a name goes by the last element of its path.
func (f file) imports() map[string]string {
	names := map[string]string{}
	for _, spec := range f.syntax.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it, so this cannot be
		}
		name := path[strings.LastIndex(path, "/")+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = path
	}
	return names
}

// functions lists the functions and methods that have a body.
func (f file) functions() []*ast.FuncDecl {
	var all []*ast.FuncDecl
	for _, d := range f.syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			all = append(all, fn)
		}
	}
	return all
}
