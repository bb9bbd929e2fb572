package rollup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

func TestBucketsAreOfFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t)
		for range 13 { // every minute, from 00:00 to 00:12
			l.pass("api", time.Second)
			l.pass("db", time.Millisecond)
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if got, want := l.disk.table(), "api 00:00 5m0s ×5, db 00:00 5m0s ×5, api 00:05 5m0s ×5, db 00:05 5m0s ×5"; got != want {
			t.Errorf("written: %s\nwant: %s", got, want)
		}
		found, err := l.Latency(t.Context(), "api", time.Time{}, time.Time{})
		if got, want := table(found), "api 00:00 5m0s ×5, api 00:05 5m0s ×5, api 00:10 5m0s ×3"; err != nil || got != want {
			t.Errorf("read: %s, %v\nwant: %s", got, err, want)
		}
		if found, _ := l.Latency(t.Context(), "api", time.Now().Truncate(time.Hour), time.Now().Truncate(time.Hour).Add(10*time.Minute)); len(found) != 2 {
			t.Errorf("until 00:10: %s", table(found))
		}
		l.stop()
		if got, want := l.disk.table(), "api 00:10 5m0s ×3, db 00:10 5m0s ×3"; !strings.HasSuffix(got, want) {
			t.Errorf("at the end: %s\nwant: … %s", got, want)
		}
		if took := found[0].Max(); took != time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestASilentCheckIsWritten too, and a check that is no more.
func TestASilentCheckIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t)
		l.pass("api", time.Second)
		l.pass("db", time.Second)
		l.Uncheck("db")
		l.Uncheck("who")
		time.Sleep(5*time.Minute + slack - 1)
		if got := l.disk.table(); got != "" && got != "db 00:00 5m0s ×1" {
			t.Errorf("written too early: %s", got)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got, want := l.disk.table(), "api 00:00 5m0s ×1, db 00:00 5m0s ×1"; got != want {
			t.Errorf("written: %s, want %s", got, want)
		}
		writes := l.disk.writes
		time.Sleep(time.Hour)
		synctest.Wait()
		if l.disk.writes != writes || l.disk.reads > 10 {
			t.Errorf("%d writes and %d reads while nothing happened", l.disk.writes-writes, l.disk.reads)
		}
	})
}

// TestEachResultCountsOnce: a state comes again when something else has
// changed.
func TestEachResultCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t)
		st := &health.State{Spec: &health.Spec{Name: "api"}, Last: &health.Result{At: time.Now(), Verdict: health.Pass}}
		l.Check(&health.State{Spec: st.Spec})
		l.Check(st)
		l.Check(st)
		again := *st
		l.Check(&again)
		time.Sleep(6 * time.Minute) // over the end of the bucket, too
		l.Check(&again)
		l.stop()
		if got, want := l.disk.table(), "api 00:00 5m0s ×1"; got != want {
			t.Errorf("written: %s, want %s", got, want)
		}
	})
}

func TestWhatCounts(t *testing.T) {
	http, tls, none := &health.Answer{HTTP: &health.HTTP{}}, &health.Answer{TLS: &health.TLS{}}, &health.Answer{}
	tests := []struct {
		name string
		r    health.Result
		want bool
	}{
		{"a pass", health.Result{Verdict: health.Pass}, true},
		{"a warning", health.Result{Verdict: health.Warn, Reason: health.TLSExpiring}, true},
		{"an answer that is no good", health.Result{Verdict: health.Fail, Reason: health.HTTPStatus, Answer: http}, true},
		{"a certificate that is no good", health.Result{Verdict: health.Fail, Reason: health.TLSExpired, Answer: tls}, true},
		{"half an answer", health.Result{Verdict: health.Fail, Reason: health.Timeout, Answer: http}, false},
		{"a refusal", health.Result{Verdict: health.Fail, Reason: health.Refused, Answer: none}, false},
		{"silence", health.Result{Verdict: health.Fail, Reason: health.Timeout}, false},
		{"a fault of our own", health.Result{Verdict: health.Indeterminate, Reason: health.LocalFDs, Answer: http}, false},
		{"nothing", health.Result{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := counts(&tt.r); got != tt.want {
				t.Errorf("counts: %v", got)
			}
		})
	}
}

// TestAClockThatWasNeverSet: no store takes such times, so they do not count.
func TestAClockThatWasNeverSet(t *testing.T) {
	for _, year := range []int{-300, 1, 1970, 2200, 9999} {
		var b bucket
		b.add(&health.Result{At: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), Verdict: health.Pass})
		if l, ok := b.take("api"); ok {
			t.Errorf("counts in the year %d: %v", year, l.At)
		}
	}
}

// TestAClockThatIsSetBack makes another bucket, and loses nothing.
func TestAClockThatIsSetBack(t *testing.T) {
	d := &disk{}
	c := NewCollector(d, slog.New(slog.DiscardHandler))
	at := time.Date(2026, 1, 1, 12, 7, 0, 0, time.UTC)
	for _, back := range []time.Duration{0, time.Hour, time.Minute, -24 * time.Hour} {
		c.Check(&health.State{Spec: &health.Spec{Name: "api"}, Last: &health.Result{At: at.Add(-back), Verdict: health.Pass}})
	}
	c.sweep(at, true)
	if err := c.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := d.table(), "api 11:05 5m0s ×1, api 12:05 5m0s ×2, api 12:05 5m0s ×1"; got != want {
		t.Errorf("written: %s, want %s", got, want)
	}
}

// TestAStoreThatFails: buckets wait for it, and are read meanwhile.
func TestAStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t)
		l.disk.fail(errFull)
		for range 12 {
			l.pass("api", time.Millisecond)
			time.Sleep(fine)
		}
		if n := strings.Count(l.log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings, want one: %s", n, l.log)
		}
		if _, err := l.Latency(t.Context(), "api", time.Time{}, time.Time{}); !errors.Is(err, errFull) {
			t.Errorf("read: %v", err)
		}
		l.disk.fail(nil)
		for range 2 {
			if found, err := l.Latency(t.Context(), "api", time.Time{}, time.Time{}); err != nil || len(found) != 12 {
				t.Errorf("read: %s, %v", table(found), err)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		if n := len(l.disk.all()); n != 12 || l.Dropped() > 0 {
			t.Errorf("%d buckets are written, %d dropped", n, l.Dropped())
		}
		if !strings.Contains(l.log.String(), "written again") {
			t.Errorf("nobody says that it is well again: %s", l.log)
		}
	})
}

// TestADayAgoIsToldInHours, and what an earlier process has left is, too.
func TestADayAgoIsToldInHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t)
		var left history.Latency
		left.Check, left.At, left.Span = "api", time.Now().UTC().Add(-72*time.Hour).Add(25*time.Minute), fine
		left.Add(time.Second)
		if err := l.disk.AddLatency(t.Context(), []history.Latency{left}); err != nil {
			t.Fatal(err)
		}
		for range 30 * 60 { // 30 hours
			l.pass("api", time.Second)
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		hours, fines, all := 0, 0, uint64(0)
		for _, r := range l.disk.all() {
			all += r.Count()
			switch age := time.Since(r.At); {
			case r.Span == coarse && age > 24*time.Hour:
				hours++
			case r.Span == fine && age < 25*time.Hour:
				fines++
			default:
				t.Errorf("%s is %v ago", table([]history.Latency{r}), age)
			}
		}
		if hours != 7 || fines != 24*12 || all != 30*60+1 {
			t.Errorf("%d hours, %d fine buckets, %d answers in all", hours, fines, all)
		}
	})
}

// TestManyChecksAreFoldedInTurn: some each second.
func TestManyChecksAreFoldedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := start(t)
		const checks = 10 * foldsAtOnce
		for range 2 {
			for i := range checks {
				l.pass(fmt.Sprint("check-", i), time.Millisecond)
			}
			time.Sleep(26 * time.Hour)
		}
		rows := l.disk.all()
		for _, r := range rows {
			if r.Span != coarse {
				t.Fatalf("not folded: %s", table([]history.Latency{r}))
			}
		}
		if len(rows) != 2*checks {
			t.Errorf("%d rows", len(rows))
		}
	})
}

// TestManyAtOnce: every answer is counted, whoever asks and stops meanwhile.
func TestManyAtOnce(t *testing.T) {
	d := &disk{}
	c := NewCollector(d, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var run, all sync.WaitGroup
	run.Go(func() { _ = c.Run(ctx) })
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const checks, each = 8, 2000
	for i := range checks {
		spec := &health.Spec{Name: fmt.Sprint("check-", i)}
		all.Go(func() {
			for n := range each {
				c.Check(&health.State{Spec: spec, Last: &health.Result{At: base.Add(time.Duration(n) * time.Second), Verdict: health.Pass}})
				if n%500 == 0 {
					c.sweep(base, n%1000 == 0)
					if _, err := c.Latency(ctx, spec.Name, time.Time{}, time.Time{}); err != nil {
						t.Error(err)
					}
				}
			}
			if i%2 == 0 {
				c.Uncheck(spec.Name)
			}
		})
	}
	all.Wait()
	cancel()
	run.Wait()
	var n uint64
	for _, r := range d.all() {
		n += r.Count()
	}
	if n != checks*each {
		t.Errorf("%d answers are counted, want %d", n, checks*each)
	}
}
