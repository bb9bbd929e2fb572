package journal_test

import (
	"fmt"
	"testing"

	"github.com/portreeve/portreeve/internal/journal"
)

// BenchmarkAppend: entries per second, each append on the disk when it
// returns.
func BenchmarkAppend(b *testing.B) {
	for _, engine := range []string{"sqlite", "memory"} {
		for _, batch := range []int{1, 200} {
			b.Run(fmt.Sprint(engine, "/batch=", batch), func(b *testing.B) {
				var j journal.Journal = journal.NewMemory()
				if engine == "sqlite" {
					j = openFile(b, b.TempDir()+"/portreeve.db")
				}
				defer j.Close()
				b.ReportAllocs()
				next := uint64(1)
				for b.Loop() {
					appendAll(b, j, numbered("check/a", next, batch)...)
					next += uint64(batch)
				}
				b.ReportMetric(float64(next-1)/b.Elapsed().Seconds(), "entries/s")
			})
		}
	}
}

// BenchmarkRead reads a page from the middle of a journal.
func BenchmarkRead(b *testing.B) {
	j := openFile(b, b.TempDir()+"/portreeve.db")
	defer j.Close()
	for n := uint64(1); n < 10_000; n += 200 {
		appendAll(b, j, numbered("check/a", n, 200)...)
	}
	middle := readAll(b, j, "")[5000].Cursor
	b.ReportAllocs()
	for b.Loop() {
		if found, err := j.Read(b.Context(), middle, 100); err != nil || len(found) != 100 {
			b.Fatal(len(found), err)
		}
	}
}
