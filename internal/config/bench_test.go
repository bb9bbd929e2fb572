package config

import (
	"fmt"
	"strings"
	"testing"
)

// many returns a configuration of n checks.
func many(n int) string {
	var b strings.Builder
	b.WriteString("checks:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - name: check-%05d\n    target: http://10.0.%d.%d:80/health\n    interval: 5s\n    expect: status == 200 and json.status == \"OK\"\n", i, i/250, i%250)
	}
	return b.String()
}

func BenchmarkLoad10000Checks(b *testing.B) {
	path := write(b, many(10000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(Sources{File: path}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadBomb is the time until a file that aliases make endless is
// refused.
func BenchmarkLoadBomb(b *testing.B) {
	path := write(b, bomb())
	for b.Loop() {
		if _, err := Load(Sources{File: path}); err == nil {
			b.Fatal("it is taken")
		}
	}
}

// bomb returns a small file that merges a mapping two times in each of many
// mappings, and so on.
func bomb() string {
	var b strings.Builder
	b.WriteString("checks:\n  - &a0 {name: a}\n")
	for i := 1; i < 19; i++ {
		fmt.Fprintf(&b, "  - &a%d {name: a, <<: [*a%d, *a%d, *a%d]}\n", i, i-1, i-1, i-1)
	}
	return b.String()
}
