package journaltest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
)

// testFollowersSkipNothing: readers that follow the end while several writers
// push it all see the same journal, and all of it.
func testFollowersSkipNothing(t *testing.T, open func(*testing.T) Journal) {
	const writers, readers, each, batch = 4, 3, 60, 3
	j := open(t)
	ctx := deadline(t)
	seen := make([][]event.Entry, readers)
	var wg sync.WaitGroup
	for r := range readers {
		wg.Go(func() {
			for at := event.Cursor(""); len(seen[r]) < writers*each; {
				if err := j.Wait(ctx, at); err != nil {
					t.Errorf("reader %d, after %d entries: wait: %v", r, len(seen[r]), err)
					return
				}
				found, err := j.Read(ctx, at, 1+r*10)
				if err != nil || len(found) == 0 {
					t.Errorf("reader %d, woken after %d entries: read %d: %v", r, len(seen[r]), len(found), err)
					return
				}
				seen[r] = append(seen[r], entries(found)...)
				at = found[len(found)-1].Cursor
			}
		})
	}
	for w := range writers {
		wg.Go(func() {
			list := changes(fmt.Sprint("check/", w), 1, each)
			for i := 0; i < each; i += batch {
				if outcomes, err := j.Append(ctx, list[i:i+batch]); err != nil || spell(outcomes) != "SSS" {
					t.Errorf("writer %d: %s, %v", w, spell(outcomes), err)
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for r := range readers {
		equal(t, fmt.Sprint("what reader ", r, " saw"), seen[r], entries(all(t, j, "")))
	}
	next := map[string]uint64{}
	for _, e := range seen[0] {
		if next[e.Stream]++; e.Number != next[e.Stream] {
			t.Errorf("%s where number %d is next", e.Key(), next[e.Stream])
		}
	}
}

// testContendersShareAStream: of several who mean to write the same number,
// one does; each gets all its entries in by trying the next.
func testContendersShareAStream(t *testing.T, open func(*testing.T) Journal) {
	const contenders, each = 4, 25
	j := open(t)
	ctx := deadline(t)
	var wg sync.WaitGroup
	for c := range contenders {
		wg.Go(func() {
			for i := 0; i < each; {
				head, _, err := j.Head(ctx, "check/a")
				if err != nil {
					t.Errorf("head: %v", err)
					return
				}
				outcomes, err := j.Append(ctx, []event.Entry{change("check/a", head.Number+1, fmt.Sprint(c, "/", i))})
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				if outcomes[0] == event.Stored {
					i++
				}
			}
		})
	}
	wg.Wait()
	times := map[string]int{}
	for i, r := range all(t, j, "") {
		if r.Number != uint64(i+1) {
			t.Errorf("entry %d has number %d", i+1, r.Number)
		}
		times[string(r.Change.Text)]++
	}
	for c := range contenders {
		for i := range each {
			if text := fmt.Sprint(c, "/", i); times[text] != 1 {
				t.Errorf("entry %s stored %d times", text, times[text])
			}
		}
	}
}
