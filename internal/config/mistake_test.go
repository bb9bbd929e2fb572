package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/health"
)

var update = flag.Bool("update", false, "write what is produced to the golden files")

// kinds stands for package probe: it knows what kinds of checks there are and
// one expression.
func kinds(s *health.Spec) []health.FieldError {
	var wrong []health.FieldError
	if kind, _, _ := strings.Cut(s.Target, "://"); !strings.Contains("tcp tls http https push", kind) {
		wrong = append(wrong, health.FieldError{Field: "target", Reason: `"` + kind + `" is no kind of check`, Hint: "one of http, https, tcp, tls"})
	}
	if strings.HasPrefix(s.Expect, "stats ") {
		wrong = append(wrong, health.FieldError{Field: "expect", Reason: "unknown name stats at column 1", Hint: "did you mean status?"})
	}
	if strings.HasPrefix(s.CAFile, "/nowhere") {
		wrong = append(wrong, health.FieldError{Field: "ca_file", Reason: "no such file"})
	}
	return wrong
}

// TestMistakes loads each file of testdata/mistakes, which must be told as the
// golden file beside it says, without a secret.
func TestMistakes(t *testing.T) {
	t.Chdir("testdata/mistakes")
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Ext(file) == ".golden" {
			continue
		}
		t.Run(file, func(t *testing.T) {
			_, err := Load(Sources{File: file, Check: kinds})
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Fatalf("Load = %v, want an *Error", err)
			}
			report := wrong.Report()
			if strings.Contains(report+wrong.Error()+wrong.Hint(), "hunter") {
				t.Error("a secret is told")
			}
			golden(t, file+".golden", report)
		})
	}
}

// golden compares what was produced with a file, or writes it with -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", file, d)
	}
}

// TestMistakesAreCountedWhenThereAreTooMany to be read, and each has its line.
func TestMistakesAreCountedWhenThereAreTooMany(t *testing.T) {
	var b strings.Builder
	b.WriteString("checks:\n")
	for i := range 3 * maxMistakes {
		fmt.Fprintf(&b, "  - {name: N%d, target: \"tcp://a:1\"}\n", i)
	}
	_, err := Load(Sources{File: write(t, b.String())})
	var wrong *Error
	if !errors.As(err, &wrong) || len(wrong.Mistakes) != maxMistakes || wrong.More != 2*maxMistakes {
		t.Fatalf("Load = %v", err)
	}
	for i, m := range wrong.Mistakes {
		if want := fmt.Sprintf("  - {name: N%d, target: \"tcp://a:1\"}", i); m.At.Line != i+2 || m.Line != want {
			t.Errorf("line %d: %q, want line %d: %q", m.At.Line, m.Line, i+2, want)
		}
	}
	if text := err.Error(); !strings.HasSuffix(text, `"N0" is no name (and 299 more mistakes)`) {
		t.Errorf("Error = %q", text)
	}
}

// TestMistakesOfTheCommandLineComeFirst, then those of the environment, and
// they are what the one-line error tells.
func TestMistakesOfTheCommandLineComeFirst(t *testing.T) {
	_, err := Load(Sources{
		Flags:     map[string][]string{"defaults.interval": {"soon"}, "gmail_token": {"hunter2"}},
		LookupEnv: variables{"PORTREEVE_WATCH_PORT": "80,web", "PORTREEVE_CHECK": "tcp://a:1, tcp://a:1"}.lookup,
		File:      write(t, "lisen: x\n"),
		paths:     []string{},
	})
	var wrong *Error
	if !errors.As(err, &wrong) {
		t.Fatalf("Load = %v", err)
	}
	var places []string
	for _, m := range wrong.Mistakes {
		places = append(places, filepath.Base(m.At.place()))
	}
	if got, want := strings.Join(places, " "), "--check-interval PORTREEVE_WATCH_PORT PORTREEVE_CHECK portreeve.yaml:1:1"; got != want {
		t.Errorf("places = %s, want %s", got, want)
	}
	if got, want := err.Error(), `--check-interval: "soon" is no duration (and 3 more mistakes)`; got != want || !wrong.Usage() || !strings.Contains(wrong.Hint(), "1m30s") {
		t.Errorf("Error = %q, want %q; Usage %v; Hint %q", got, want, wrong.Usage(), wrong.Hint())
	}
	if strings.Contains(wrong.Report(), "hunter") {
		t.Error("a token is told")
	}
}
