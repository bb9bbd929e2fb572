package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

func TestWriterGoesOnWithTheNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFlaky(none)
		for start := range 3 {
			w := journal.NewWriter(j, quiet)
			stop := run(t, w)
			putAll(t, w, "check/a", []string{fmt.Sprint(2 * start)})
			putAll(t, w, "check/b", []string{fmt.Sprint(start)})
			putAll(t, w, "check/a", []string{fmt.Sprint(2*start + 1)})
			synctest.Wait()
			counters(t, w, 0, 3, 0)
			if err := stop(); err != nil {
				t.Error(err)
			}
		}
		equalTexts(t, texts(t, j, "check/a"), count(6))
		equalTexts(t, texts(t, j, "check/b"), count(3))
	})
}

// TestWriterOutlastsAnOutage: an hour without storage delays nobody and loses
// nothing, whether the storage refuses or stores and does not say so.
func TestWriterOutlastsAnOutage(t *testing.T) {
	for name, how := range map[string]fault{"refused": refuses, "answers lost": mumbles} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newFlaky(how)
				w := journal.NewWriter(j, quiet)
				stop := run(t, w)
				for i := range 60 {
					putAll(t, w, "check/a", []string{fmt.Sprint(i)})
					time.Sleep(time.Minute)
				}
				if err := w.Err(); !errors.Is(err, errDisk) {
					t.Errorf("err = %v, want the storage's", err)
				}
				if n := j.count(); w.Len() != 60 || n < 60 || n > 130 {
					t.Errorf("%d queued after %d tries, want 60 after about two a minute", w.Len(), n)
				}
				j.set(none)
				time.Sleep(31 * time.Second)
				counters(t, w, 0, 60, 0)
				if err := w.Err(); err != nil {
					t.Errorf("err = %v when it works again", err)
				}
				if err := stop(); err != nil {
					t.Error(err)
				}
				equalTexts(t, texts(t, j, "check/a"), count(60))
			})
		})
	}
}

// TestWriterIsBounded: of too many entries the oldest stay, and the loss is
// counted and logged.
func TestWriterIsBounded(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string // after the number
		most int
	}{
		{"by number", "", 32_768},
		{"by size", strings.Repeat("x", 1<<20-200), 32},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				j := newFlaky(hangs)
				w := journal.NewWriter(j, slog.New(slog.NewTextHandler(&log, nil)))
				stop := run(t, w)
				taken := 0
				for i := range tt.most + 10 {
					if w.Put(said("check/a", fmt.Sprint(i, tt.text))) {
						taken++
					}
				}
				synctest.Wait()
				counters(t, w, tt.most, 0, 10)
				if taken != tt.most {
					t.Errorf("%d taken, want %d", taken, tt.most)
				}
				if err := stop(); err == nil {
					t.Error("entries were lost without an error")
				}
				if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "lost=10") {
					t.Errorf("the log does not tell of the loss: %.300s", log.String())
				}
			})
		})
	}
}

// TestWriterTakesACrowd: ten thousand checks that change three times while
// storage hangs fit, nobody who puts waits, and all is written in the end.
func TestWriterTakesACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFlaky(refuses)
		w := journal.NewWriter(j, quiet)
		stop := run(t, w)
		began := time.Now()
		for range 3 {
			for _, e := range crowd(10_000, health.Unhealthy, 0) {
				if !w.Put(e) {
					t.Fatal("refused")
				}
			}
		}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("who put waited for %v", waited)
		}
		j.set(none)
		time.Sleep(time.Minute)
		counters(t, w, 0, 30_000, 0)
		if err := stop(); err != nil {
			t.Error(err)
		}
		heads, err := j.Heads(t.Context(), "check/")
		if err != nil || len(heads) != 10_000 || heads[5000].Number != 3 {
			t.Errorf("%d heads, %v", len(heads), err)
		}
	})
}

// TestWriterKeepsTheOldest: what was taken before the flood is what is kept.
func TestWriterKeepsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFlaky(refuses)
		w := journal.NewWriter(j, quiet)
		stop := run(t, w)
		for i := range 33_000 {
			w.Put(said("check/a", fmt.Sprint(i)))
		}
		j.set(none)
		time.Sleep(time.Minute)
		counters(t, w, 0, 32_768, 33_000-32_768)
		putAll(t, w, "check/a", []string{"after the flood"})
		if err := stop(); err != nil {
			t.Error(err)
		}
		head, _, err := j.Head(t.Context(), "check/a")
		if err != nil || head.Number != 32_769 || head.Change.Text != "after the flood" {
			t.Errorf("head is %s %q, %v", head.Key(), head.Change.Text, err)
		}
		recent, err := j.Recent(t.Context(), 2)
		if err != nil || recent[0].Change.Text != "32767" {
			t.Errorf("before the flood: %v, %v", recent, err)
		}
	})
}

func TestWriterRefusesWhatNoJournalTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFlaky(none)
		w := journal.NewWriter(j, quiet)
		stop := run(t, w)
		empty, nameless := said("check/a", ""), said("", "")
		empty.Change = nil
		for _, e := range []event.Entry{empty, nameless, said("check/a", strings.Repeat("x", 1<<20))} {
			if w.Put(e) {
				t.Errorf("%s was taken", e.Key())
			}
		}
		putAll(t, w, "check/a", count(1))
		if err := stop(); err != nil {
			t.Error(err)
		}
		counters(t, w, 0, 1, 3)
		equalTexts(t, texts(t, j, "check/a"), count(1))
	})
}

// TestWriterNumbersAnew: when another has written to a stream, our entries
// come behind his, in order, and other streams do not notice.
func TestWriterNumbersAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newFlaky(none)
		w := journal.NewWriter(j, quiet)
		stop := run(t, w)
		putAll(t, w, "check/a", []string{"ours 1"})
		synctest.Wait()
		theirs := said("check/a", "theirs 1")
		theirs.Number = 2
		appendAll(t, j, theirs)
		j.set(refuses)
		putAll(t, w, "check/c", []string{"c 1"})
		synctest.Wait() // it tries that one, so the next ones make one batch
		putAll(t, w, "check/a", []string{"ours 2"})
		putAll(t, w, "check/b", []string{"b 1"})
		putAll(t, w, "check/a", []string{"ours 3"})
		j.set(none)
		time.Sleep(time.Second)
		counters(t, w, 0, 5, 0)
		putAll(t, w, "check/a", []string{"ours 4"})
		if err := stop(); err != nil {
			t.Error(err)
		}
		equalTexts(t, texts(t, j, "check/a"), []string{"ours 1", "theirs 1", "ours 2", "ours 3", "ours 4"})
		equalTexts(t, texts(t, j, "check/b"), []string{"b 1"})
	})
}

// TestWriterDrains: what was queued before the stop is written, the queue is
// closed behind it, and it takes ten seconds at most.
func TestWriterDrains(t *testing.T) {
	tests := []struct {
		name      string
		at, later fault // at the stop, and three seconds after it
		lost      uint64
		most      time.Duration
	}{
		{"at once", none, none, 0, 0},
		{"when storage comes back", refuses, none, 0, 4 * time.Second},
		{"never", refuses, refuses, 1000, 10 * time.Second},
		{"hanging", hangs, hangs, 1000, 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newFlaky(refuses)
				w := journal.NewWriter(j, quiet)
				stop := run(t, w)
				putAll(t, w, "check/a", count(1000))
				time.Sleep(5 * time.Minute) // delays have grown to their longest
				j.set(tt.at)
				before := time.Now()
				time.AfterFunc(3*time.Second, func() { j.set(tt.later) })
				err := stop()
				if took := time.Since(before); took > tt.most {
					t.Errorf("took %v, want %v at most", took, tt.most)
				}
				if (err != nil) != (tt.lost > 0) {
					t.Errorf("lost %d: %v", tt.lost, err)
				}
				counters(t, w, 0, 1000-tt.lost, tt.lost)
				if w.Put(said("check/a", "late")) {
					t.Error("put after the end was taken")
				}
				equalTexts(t, texts(t, j, "check/a"), count(1000-int(tt.lost)))
			})
		})
	}
}

// TestWriterOfManyHands: everything that many hand over at once is stored,
// each stream in order.
func TestWriterOfManyHands(t *testing.T) {
	const hands, each = 8, 300
	j := openIn(t, t.TempDir())
	defer j.Close()
	w := journal.NewWriter(j, quiet)
	stop := run(t, w)
	var wg sync.WaitGroup
	for h := range hands {
		wg.Go(func() {
			for _, word := range count(each) {
				if !w.Put(said(fmt.Sprint("check/", h), word)) {
					t.Errorf("put %s: refused", word)
				}
			}
		})
	}
	wg.Wait()
	if err := stop(); err != nil {
		t.Error(err)
	}
	counters(t, w, 0, hands*each, 0)
	for h := range hands {
		equalTexts(t, texts(t, j, fmt.Sprint("check/", h)), count(each))
	}
}
