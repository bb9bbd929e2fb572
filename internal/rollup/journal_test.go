package rollup

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// TestInAJournalsFile: the collector agrees with the store that it is used with
// about adding up, replacing shorter spans and reading again.
func TestInAJournalsFile(t *testing.T) {
	j, err := journal.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "portreeve.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	c := NewCollector(j, slog.New(slog.DiscardHandler))
	at := time.Now().UTC().Truncate(time.Hour).Add(-26 * time.Hour)
	for n := range 3 * 60 { // three hours, every minute
		c.Check(&health.State{Spec: &health.Spec{Name: "api"}, Last: &health.Result{At: at.Add(time.Duration(n) * time.Minute), Verdict: health.Pass, Took: health.Duration(n) * health.Duration(time.Millisecond)}})
		if n%7 == 0 { // buckets are written in parts
			c.sweep(at, true)
			if err := c.write(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.begin("api")
	if err := c.end(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		now  time.Time
		rows int
	}{{at.Add(24 * time.Hour), 36}, {at.Add(26 * time.Hour), 2 + 12}, {at.Add(26 * time.Hour), 14}, {at.Add(48 * time.Hour), 3}} {
		if _, err := c.fold(t.Context(), want.now, 0); err != nil {
			t.Fatal(err)
		}
		found, err := c.Latency(t.Context(), "api", time.Time{}, time.Time{})
		var all uint64
		for i := range found {
			all += found[i].Count()
		}
		if err != nil || len(found) != want.rows || all != 3*60 {
			t.Errorf("at %v there are %d rows of %d answers, %v; want %d of %d", want.now, len(found), all, err, want.rows, 3*60)
		}
	}
}
