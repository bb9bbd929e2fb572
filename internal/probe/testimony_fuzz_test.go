package probe

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzTestimony reads anything at all as a report, and compares with how package
// encoding/json walks through it.
func FuzzTestimony(f *testing.F) {
	for _, pattern := range []string{"draft", "odd"} {
		files, err := filepath.Glob("testdata/health/" + pattern + "/*.json")
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		said, err := readTestimony(raw)
		if err != nil {
			return
		}
		r := said.report(nil)
		bounded(t, r)
		if said.judge(r) == nil && said.word != passes {
			t.Errorf("%q is well by the word %q", raw, said.status)
		}
		mustWalk(t, []byte(strings.TrimPrefix(string(raw), "\xef\xbb\xbf")))
	})
}

// mustWalk demands that members finds what package encoding/json does.
func mustWalk(t *testing.T, raw []byte) {
	t.Helper()
	var want map[string]json.RawMessage
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatalf("%q is read as a report: %v", raw, err)
	}
	got := map[string]json.RawMessage{}
	for key, value := range members(raw) {
		got[textOf(key)] = value
	}
	if len(got) != len(want) {
		t.Fatalf("%q has the members %q, want %q", raw, got, want)
	}
	for key, value := range want {
		if string(got[key]) != string(value) {
			t.Errorf("%q has %q as %q, want %q", raw, key, got[key], value)
		}
	}
}

// BenchmarkTestimony measures reports: the draft's own, and one of thousands of
// entries.
func BenchmarkTestimony(b *testing.B) {
	for _, file := range []string{"draft/minimal.json", "draft/section4.json", "odd/many-entries.json"} {
		raw := []byte(read(b, file))
		b.Run(filepath.Base(file), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				said, err := readTestimony(raw)
				if err != nil {
					b.Fatal(err)
				}
				said.report(nil)
			}
		})
	}
}
