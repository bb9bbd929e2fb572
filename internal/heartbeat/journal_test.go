package heartbeat

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// TestInAJournalsFile: the book agrees with the store that it is used with, and
// what was answered is there when the next process opens it, whatever became of
// this one.
func TestInAJournalsFile(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "portreeve.db")
	for round := range 4 {
		j, err := journal.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		b := open(t, j)
		r := b.Ask(hourly("job"), time.Now())
		if round > 0 && (r.Answer == nil || r.Answer.Beat.Code != round) {
			t.Errorf("in round %d: %s %s %+v", round, r.Verdict, r.Text, r.Answer)
		}
		if _, err := b.Beat(t.Context(), "job", health.Beat{Signal: health.Start}); err != nil {
			t.Error(err)
		}
		if _, err := b.Beat(t.Context(), "job", health.Beat{Code: round + 1}); err != nil {
			t.Error(err)
		}
		if _, err := b.Beat(t.Context(), "job.other", health.Beat{}); err != nil {
			t.Error(err)
		}
		if err := b.Forget(t.Context(), "job.other"); err != nil {
			t.Error(err)
		}
		kept, err := j.Kept(t.Context(), prefix)
		if err != nil || len(kept) != 1 || kept[0].Key != "beat/job" {
			t.Errorf("in round %d kept are %v: %v", round, kept, err)
		}
		if err := j.Close(); err != nil { // and the book is left as it is
			t.Fatal(err)
		}
		if _, err := b.Beat(t.Context(), "job", health.Beat{}); err == nil {
			t.Error("kept in a journal that is closed")
		}
	}
}

// BenchmarkAsk measures what a look costs: there may be thousands each second.
func BenchmarkAsk(b *testing.B) {
	book, spec := open(b, newDisk()), hourly("job")
	if _, err := book.Beat(b.Context(), "job", health.Beat{}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := book.Ask(spec, time.Now()); r.Verdict != health.Pass {
			b.Fatal(r.Text)
		}
	}
}
