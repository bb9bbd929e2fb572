package app

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/watch"
)

// TestALifeIsReadAsItWasWritten: also as the bare time, which was all at first.
func TestALifeIsReadAsItWasWritten(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	whole := life{at, []health.Recovery{{Check: "db", Began: at.Add(-time.Minute), Passes: 3}}}
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, value string
		want        life
		wrong       bool
	}{
		{"whole", string(text), whole, false},
		{"nobody recovers", `{"at":"2026-01-02T03:04:05.678Z"}`, life{At: at}, false},
		{"the bare time", "2026-01-02T03:04:05.678Z", life{At: at}, false},
		{"of a version to come", `{"at":"2026-01-02T03:04:05.678Z","mood":"fine"}`, life{At: at}, false},
		{"nothing", "", life{}, true},
		{"half of it", string(text[:40]), life{}, true},
		{"something else", `{"at":7}`, life{}, true},
	}
	for _, tt := range tests {
		got, err := lifeOf([]byte(tt.value))
		if (err != nil) != tt.wrong || !got.At.Equal(tt.want.At) || !slices.Equal(got.Recoveries, tt.want.Recoveries) {
			t.Errorf("%s: read as %+v, %v", tt.name, got, err)
		}
	}
}

// TestARestartInARecovery ends the outage at its first pass, though that was
// before the restart, by way of a journal.
func TestARestartInARecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := journal.NewMemory()
		defer j.Close()
		spec := &health.Spec{Name: "db", Target: "tcp://192.0.2.1:80", Interval: health.Duration(30 * time.Second), Timeout: health.Duration(5 * time.Second), Thresholds: health.Thresholds{Unhealthy: 2, Healthy: 10}}
		up := time.Now().Add(2 * time.Minute)
		live := func(d time.Duration) {
			h := &house{journal: j, log: quiet, board: board.New(port.Machine{}, time.Now()), beats: heartbeat.New(j, quiet)}
			h.checks = &watch.Checks{Sink: h.board, Recorder: written{t, j}, Log: quiet}
			if _, err := h.recallChecks(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.checks.Set([]watch.Check{{Spec: spec, Probe: func(context.Context) health.Result {
				if time.Now().Before(up) {
					return health.Result{Verdict: health.Fail, Reason: health.Refused}
				}
				return health.Result{Verdict: health.Pass}
			}}})
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			_ = h.checks.Run(ctx)
			h.beat(t.Context())
		}
		live(4 * time.Minute) // down, and four passes or so
		time.Sleep(5 * time.Second)
		live(4 * time.Minute)
		all, err := j.Recent(t.Context(), 10)
		if err != nil || len(all) != 2 {
			t.Fatalf("recorded %+v, %v", all, err)
		}
		slices.SortFunc(all, func(a, b event.Recorded) int { return a.At.Compare(b.At) })
		end := all[1].Change
		if late := end.Began.Sub(up); end.From != health.Unhealthy || end.To != health.Healthy || late < 0 || late > 30*time.Second {
			t.Errorf("recovered by %+v, %v after it was up", end, late)
		}
		if took := end.At.Sub(end.Began); took < 9*30*time.Second || took > 10*30*time.Second+time.Minute {
			t.Errorf("it was believed after %v, want ten passes every 30 s", took)
		}
		if kept, err := j.Kept(t.Context(), aliveKey); err != nil || len(kept) != 1 || strings.Contains(string(kept[0].Value), "recoveries") {
			t.Errorf("kept in the end: %+v, %v", kept, err)
		}
	})
}

// A written journal is one that records at once. It numbers all as one stream.
type written struct {
	t *testing.T
	j journal.Journal
}

func (w written) Record(e event.Entry) {
	all, err := w.j.Recent(context.Background(), 10)
	if err != nil {
		w.t.Error(err)
	}
	e.Number = uint64(len(all) + 1)
	if _, err := w.j.Append(context.Background(), []event.Entry{e}); err != nil {
		w.t.Error(err)
	}
}
