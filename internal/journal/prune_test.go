package journal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// TestPrunedFileStopsGrowing: the pages of what was dropped are used again.
func TestPrunedFileStopsGrowing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	size := func(number uint64) int64 {
		j := openFile(t, path)
		for i := range uint64(4) {
			appendAll(t, j, crowd(pruneCrowd, []health.Status{health.Unhealthy, health.Healthy}[i%2], 4*number+i+1)...)
		}
		if n, err := j.Prune(t.Context(), journal.Retention{Entries: pruneCrowd}); err != nil || number > 0 && n == 0 {
			t.Fatalf("%d dropped, %v", n, err)
		}
		check(t, j.Close())
		info, err := os.Stat(path)
		check(t, err)
		return info.Size()
	}
	var sizes []int64
	for number := range uint64(8) {
		sizes = append(sizes, size(number))
	}
	if first, last := sizes[2], sizes[7]; last > first*11/10 {
		t.Errorf("the file grows and grows: %v", sizes)
	}
}

// TestPruneWhileOthersWork: those who write and read meanwhile do not notice.
func TestPruneWhileOthersWork(t *testing.T) {
	j := openFile(t, filepath.Join(t.TempDir(), "p.db"))
	defer j.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	dropped := 0
	wg.Go(func() {
		for ctx.Err() == nil {
			n, err := j.Prune(t.Context(), journal.Retention{Entries: 50})
			if dropped += n; err != nil {
				t.Errorf("prune: %v", err)
			}
		}
	})
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := j.Scrub(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("scrub: %v", err)
			}
		}
	})
	const rounds = 100
	for n := range uint64(rounds) {
		appendAll(t, j, crowd(10, []health.Status{health.Unhealthy, health.Healthy}[n%2], n+1)...)
		heads, err := j.Heads(t.Context(), "check/")
		if err != nil || len(heads) != 10 || heads[9].Number != n+1 {
			t.Fatalf("%d heads, %v", len(heads), err)
		}
	}
	cancel()
	wg.Wait()
	if dropped < 500 {
		t.Errorf("only %d of %d dropped", dropped, rounds*10)
	}
}

// TestPruneLetsOthersWrite: however much there is to drop, an append never
// waits for more than a batch of it.
func TestPruneLetsOthersWrite(t *testing.T) {
	j := openFile(t, filepath.Join(t.TempDir(), "p.db"))
	defer j.Close()
	const each, rounds = 500, pruneRounds
	for n := range uint64(rounds) {
		appendAll(t, j, crowd(each, []health.Status{health.Unhealthy, health.Healthy}[n%2], n+1)...)
	}
	done := make(chan time.Duration)
	go func() {
		began := time.Now()
		if n, err := j.Prune(t.Context(), journal.Retention{Entries: 1}); err != nil || n < each*(rounds-4) {
			t.Errorf("%d dropped, %v", n, err)
		}
		done <- time.Since(began)
	}()
	appends, longest := 0, time.Duration(0)
	for {
		select {
		case took := <-done:
			t.Logf("%d rows took %v; %d appends meanwhile, the longest %v", each*rounds, took, appends, longest)
			if appends < 5 {
				t.Errorf("%d appends while it took %v", appends, took)
			}
			return
		default:
		}
		began := time.Now()
		appends++
		appendAll(t, j, numbered(fmt.Sprint("check/during-", appends), 1, 1)...)
		longest = max(longest, time.Since(began))
	}
}
