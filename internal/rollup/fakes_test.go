package rollup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

var errFull = errors.New("disk is full")

// A disk is a Store that fails when it is told to.
type disk struct {
	mu     sync.Mutex
	rows   map[string]map[row]history.Latency // by check
	err    error
	writes int
	reads  int
}

type row struct {
	at   int64
	span time.Duration
}

func (d *disk) AddLatency(_ context.Context, buckets []history.Latency) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	if d.err != nil {
		return d.err
	}
	if d.rows == nil {
		d.rows = map[string]map[row]history.Latency{}
	}
	for _, b := range buckets {
		rows := d.rows[b.Check]
		if rows == nil {
			rows = map[row]history.Latency{}
			d.rows[b.Check] = rows
		}
		if b.Span == coarse {
			for at := b.At; at.Before(b.At.Add(coarse)); at = at.Add(fine) {
				delete(rows, row{at.Unix(), fine})
			}
		}
		key := row{b.At.Unix(), b.Span}
		have := rows[key].Sketch
		b.Merge(&have)
		rows[key] = b
	}
	return nil
}

func (d *disk) Latency(_ context.Context, check string, from, until time.Time) (found []history.Latency, _ error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reads++
	for _, r := range d.rows[check] {
		if !r.At.Before(from) && (until.IsZero() || r.At.Before(until)) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b history.Latency) int { return a.At.Compare(b.At) })
	return found, d.err
}

// all returns the rows.
func (d *disk) all() []history.Latency {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []history.Latency
	for _, rows := range d.rows {
		all = slices.AppendSeq(all, maps.Values(rows))
	}
	return all
}

func (d *disk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// table shows rows as "check 00:05 5m ×3".
func table(rows []history.Latency) string {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b history.Latency) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Check, b.Check)) })
	var lines []string
	for i := range rows {
		r := &rows[i]
		lines = append(lines, fmt.Sprintf("%s %s %v ×%d", r.Check, r.At.UTC().Format("15:04"), r.Span, r.Count()))
	}
	return strings.Join(lines, ", ")
}

func (d *disk) table() string { return table(d.all()) }

// A lab is a collector that runs in virtual time, which begins on 2000-01-01 at
// midnight.
type lab struct {
	*Collector
	disk *disk
	log  *bytes.Buffer
	stop func()
}

func start(t *testing.T) lab {
	var log bytes.Buffer
	d := &disk{}
	l := lab{Collector: NewCollector(d, slog.New(slog.NewTextHandler(&log, nil))), disk: d, log: &log}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := l.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	l.stop = func() { cancel(); <-done }
	t.Cleanup(l.stop)
	return l
}

// pass gives the collector an answer that took so long.
func (l lab) pass(check string, took time.Duration) {
	l.result(check, health.Result{Verdict: health.Pass, Took: health.Duration(took)})
}

func (l lab) result(check string, r health.Result) {
	r.At = time.Now()
	l.Check(&health.State{Spec: &health.Spec{Name: check}, Last: &r})
}
