package registry

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// TestInAJournalsFile: the registry agrees with the store that it is used with
// about keys, revisions and what is no value.
func TestInAJournalsFile(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "portreeve.db")
	for round := range 3 {
		j, err := journal.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		w := newWard("api")
		h := New(j, w, slog.New(slog.DiscardHandler))
		if err := h.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := len(h.Pauses())+len(h.Windows()), 2*min(round, 1); got != want {
			t.Errorf("in round %d there are %d requests, want %d", round, got, want)
		}
		if _, ok := h.Acknowledged("check/api/1"); ok != (round > 0) {
			t.Errorf("in round %d acknowledged: %v", round, ok)
		}
		for _, old := range h.Windows() {
			if err := h.EndWindow(t.Context(), old.ID, "ops"); err != nil {
				t.Error(err)
			}
		}
		if err := h.Resume(t.Context(), "api", "ops"); err != nil {
			t.Error(err)
		}
		if err := h.Pause(t.Context(), "api", "ops", ""); err != nil {
			t.Error(err)
		}
		if err := h.Acknowledge(t.Context(), ack("api", 1, "ann")); err != nil {
			t.Error(err)
		}
		if _, err := h.AddWindow(t.Context(), health.Window{Until: time.Now().Add(time.Hour)}); err != nil {
			t.Error(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if err := h.Resume(t.Context(), "api", "ops"); err == nil {
			t.Error("what cannot be kept is done")
		}
	}
}
