package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	long := strings.Repeat("\n", 401)
	body := strings.Repeat("\tprintln()\n", 60)
	for _, test := range []struct {
		name, path, source string
		want               []string
	}{
		{"exec", "internal/a/a.go", "package a\nimport \"os/exec\"\nvar _ = exec.Command", []string{"internal/a/a.go:2: os/exec outside tests"}},
		{"exec under another name", "internal/a/a.go", "package a\nimport x \"os/exec\"\nvar _ = x.Command", []string{"a.go:2: os/exec"}},
		{"exec without os/exec", "cmd/a.go", "package a\nimport o \"os\"\nvar _ = o.StartProcess", []string{"a.go:3: o.StartProcess"}},
		{"fork", "cmd/a.go", "package a\nimport \"syscall\"\nvar _, _ = syscall.ForkExec, syscall.Exec", []string{"syscall.ForkExec", "syscall.Exec"}},
		{"exec by x/sys", "cmd/a.go", "package a\nimport \"golang.org/x/sys/unix\"\nvar _ = unix.Exec", []string{"unix.Exec"}},
		{"exec in a test", "internal/a/a_test.go", "package a\nimport \"os/exec\"\nvar _ = exec.Command", nil},
		{"exec in e2e", "e2e/opener/a.go", "package a\nimport \"os/exec\"\nvar _ = exec.Command", nil},
		{"another exec", "internal/a/a.go", "package a\nimport \"database/sql\"\nvar _ = sql.DB{}.Exec", nil},
		{"init", "internal/a/a.go", "package a\nfunc init() {}", []string{"a.go:2: func init"}},
		{"init in a test", "internal/a/a_test.go", "package a\nfunc init() {}", []string{"func init"}},
		{"a method named init", "internal/a/a.go", "package a\ntype t struct{}\nfunc (t) init() {}", nil},
		{"long file", "internal/a/a.go", "package a" + long, []string{"a.go:1: 401 lines in a file, at most 400"}},
		{"long test file", "internal/a/a_test.go", "package a" + long, nil},
		{"longer test file", "internal/a/a_test.go", "package a" + long + long, []string{"802 lines in a file, at most 800"}},
		{"long function", "internal/a/a.go", "package a\nfunc f() {\n" + body + "}", []string{"a.go:2: 62 lines in function f, at most 60"}},
		{"long function in a test", "internal/a/a_test.go", "package a\nfunc f() {\n" + body + "}", nil},
		{"table", "internal/a/a.go", "package a\nfunc f() []int {\n\treturn []int{\n" + strings.Repeat("\t\t1,\n", 80) + "\t}\n}", nil},
		{"test data", "internal/a/testdata/a.go", "package a\nfunc init() {}", nil},
		{"what was fetched", "build/a.go", "package a\nfunc init() {}", nil},
		{"hidden", ".cache/a.go", "package a\nfunc init() {}", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			write(t, filepath.Join(root, test.path), test.source)
			breaches, err := check(root)
			if err != nil {
				t.Fatal(err)
			}
			if len(breaches) != len(test.want) {
				t.Fatalf("%d breaches, want %d: %v", len(breaches), len(test.want), breaches)
			}
			for i, want := range test.want {
				if !strings.Contains(breaches[i].String(), want) {
					t.Errorf("%s does not say %q", breaches[i], want)
				}
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	root := t.TempDir()
	for _, step := range []struct {
		source string
		code   int
	}{
		{"package a", 0},
		{"package a\nfunc init() {}", 1},
		{"package a\nfunc {", 2},
	} {
		write(t, filepath.Join(root, "a.go"), step.source)
		var out, errs strings.Builder
		if code := run([]string{root}, &out, &errs); code != step.code {
			t.Errorf("%q: exit code %d, want %d", step.source, code, step.code)
		}
		if (out.Len() > 0) != (step.code == 1) || (errs.Len() > 0) != (step.code == 2) {
			t.Errorf("%q: printed %q and %q", step.source, out.String(), errs.String())
		}
	}
	if code := run([]string{filepath.Join(root, "none")}, &strings.Builder{}, &strings.Builder{}); code != 2 {
		t.Errorf("a directory that is not there: exit code %d, want 2", code)
	}
}

func write(t *testing.T, path, source string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
}
