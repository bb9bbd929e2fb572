package journal_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
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

// BenchmarkAdvance: what a notifier commits before and after it tells somebody.
func BenchmarkAdvance(b *testing.B) {
	for _, notes := range []int{0, 1, 20} {
		b.Run(fmt.Sprint("notes=", notes), func(b *testing.B) {
			j := openFile(b, b.TempDir()+"/portreeve.db")
			defer j.Close()
			appendAll(b, j, numbered("check/a", 1, 2)...)
			places := readAll(b, j, "")
			said := make([]event.Note, notes)
			for i := range said {
				said[i] = event.Note{Key: fmt.Sprint("check", i), Value: make([]byte, 200)}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				for _, n := range said {
					n.Value[0]++ // SQLite does not write what is there already
				}
				if err := j.Advance(b.Context(), "ops/mail", places[i%2].Cursor, said...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}

// crowd returns a change of each of n checks.
func crowd(n int, to health.Status, number uint64) []event.Entry {
	entries := make([]event.Entry, n)
	for i := range entries {
		name := fmt.Sprintf("shop-%05d", i)
		entries[i] = event.Entry{Stream: event.CheckStream(name), Number: number, At: epoch, Observer: "web-1", Change: &health.Change{
			Check: name, From: health.Healthy, To: to, At: epoch, Began: epoch, Reason: health.Refused, Text: "dial tcp 192.0.2.1:443: connection refused",
		}}
	}
	return entries
}

// BenchmarkBurst: ten thousand checks change at once, from the first Put until
// all is on the disk.
func BenchmarkBurst(b *testing.B) {
	j := openFile(b, b.TempDir()+"/portreeve.db")
	defer j.Close()
	w := journal.NewWriter(j, quiet)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	const checks = 10_000
	all := map[bool][]event.Entry{true: crowd(checks, health.Unhealthy, 0), false: crowd(checks, health.Healthy, 0)}
	var seq event.Cursor
	for i := 0; b.Loop(); i++ {
		for _, e := range all[i%2 == 0] {
			if !w.Put(e) {
				b.Fatal("the queue is full")
			}
		}
		for left := checks; left > 0; {
			found, err := j.Read(b.Context(), seq, journal.MaxRead)
			if err != nil {
				b.Fatal(err)
			}
			if left -= len(found); len(found) > 0 {
				seq = found[len(found)-1].Cursor
			} else if err := j.Wait(b.Context(), seq); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N*checks)/b.Elapsed().Seconds(), "entries/s")
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}

// BenchmarkHistory asks a journal of ten thousand checks with ten changes each.
func BenchmarkHistory(b *testing.B) {
	j := openFile(b, b.TempDir()+"/portreeve.db")
	defer j.Close()
	const checks = 10_000
	for number := range uint64(10) {
		for i, all := 0, crowd(checks, []health.Status{health.Unhealthy, health.Healthy}[number%2], number+1); i < checks; i += 500 {
			appendAll(b, j, all[i:i+500]...)
		}
	}
	for name, ask := range map[string]func() (int, error){
		"check":  func() (int, error) { return length(j.Changes(b.Context(), event.Query{Check: "shop-05000"})) },
		"newest": func() (int, error) { return length(j.Changes(b.Context(), event.Query{Newest: true, Limit: 200})) },
		"outages": func() (int, error) {
			return length(j.Changes(b.Context(), event.Query{Newest: true, Limit: 200, Outages: true}))
		},
		"heads": func() (int, error) { return length(j.Heads(b.Context(), "check/")) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := ask(); err != nil || n == 0 {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func length[T any](list []T, err error) (int, error) { return len(list), err }
