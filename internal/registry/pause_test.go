package registry

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestPauseOutlastsARestart(t *testing.T) {
	d := newDisk()
	h := open(t, d, newWard("api", "db"))
	if err := h.Pause(t.Context(), "api", "ops", "moves to another host"); err != nil {
		t.Fatal(err)
	}
	if err := h.Pause(t.Context(), "api", "dev", ""); err != nil {
		t.Errorf("pausing it again: %v", err)
	}
	if got := h.ward.said(); got != "pause api by ops: moves to another host" {
		t.Errorf("the watcher was told: %s", got)
	}
	again := open(t, d, newWard("api", "db"))
	if p, ok := again.Paused("api"); !ok || p.By != "ops" || p.Why != "moves to another host" || p.At.IsZero() {
		t.Errorf("after a restart: %+v, %v", p, ok)
	}
	if got := again.ward.said(); got != "pause api by ops: moves to another host" {
		t.Errorf("after a restart the watcher was told: %s", got)
	}
	if err := again.Resume(t.Context(), "api", "dev"); err != nil {
		t.Fatal(err)
	}
	if third := open(t, d, newWard("api")); third.ward.said() != "" || len(d.keys()) > 0 {
		t.Errorf("it was resumed, yet: %s; kept %v", third.ward.said(), d.keys())
	}
}

// TestPauseWaitsForItsCheck: one whose definition is away keeps its pause.
func TestPauseWaitsForItsCheck(t *testing.T) {
	d := newDisk()
	h := open(t, d, newWard("api"))
	if err := h.Pause(t.Context(), "api", "ops", ""); err != nil {
		t.Fatal(err)
	}
	later := open(t, d, newWard())
	if got := later.Pauses(); len(got) != 1 {
		t.Errorf("pauses: %v", got)
	}
	later.ward.add("api")
	later.Configure(nil)
	if got := later.ward.said(); got != "pause api by ops" {
		t.Errorf("the watcher was told: %q", got)
	}
}

func TestWhatNobodyKnowsIsNotPaused(t *testing.T) {
	h := open(t, newDisk(), newWard("api"))
	if err := h.Pause(t.Context(), "apo", "ops", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("pause: %v", err)
	}
	if err := h.Resume(t.Context(), "apo", "ops"); !errors.Is(err, ErrNotFound) {
		t.Errorf("resume: %v", err)
	}
	if keys := h.disk.keys(); len(keys) > 0 || len(h.Pauses()) > 0 {
		t.Errorf("kept: %v", keys)
	}
	var wrong Invalid
	if err := h.Pause(t.Context(), "api", "ops", "a\nb"); !errors.As(err, &wrong) || wrong[0].Field != "why" {
		t.Errorf("a text in lines: %v", err)
	}
}

// TestAFullDiskRefuses: nothing is half done, before or after a restart.
func TestAFullDiskRefuses(t *testing.T) {
	d := newDisk()
	h := open(t, d, newWard("api", "db"))
	if err := h.Pause(t.Context(), "db", "ops", ""); err != nil {
		t.Fatal(err)
	}
	for _, blind := range []bool{false, true} {
		d.set(true, false, blind)
		if err := h.Pause(t.Context(), "api", "ops", ""); !errors.Is(err, errFull) {
			t.Errorf("pause: %v", err)
		}
		if err := h.Resume(t.Context(), "db", "ops"); !errors.Is(err, errFull) {
			t.Errorf("resume: %v", err)
		}
		d.set(false, false, false)
		if got := h.ward.said(); got != "pause db by ops" {
			t.Errorf("the watcher was told: %s", got)
		}
		if again := open(t, d, newWard("api", "db")); again.ward.said() != "pause db by ops" {
			t.Errorf("after a restart: %s", again.ward.said())
		}
	}
	if err := h.Pause(t.Context(), "api", "ops", ""); err != nil {
		t.Errorf("when the disk is well again: %v", err)
	}
}

// TestALostAnswerIsLookedUp: what is kept though the store said that it failed
// has happened.
func TestALostAnswerIsLookedUp(t *testing.T) {
	d := newDisk()
	h := open(t, d, newWard("api"))
	d.set(false, true, false)
	if err := h.Pause(t.Context(), "api", "ops", ""); err != nil {
		t.Errorf("pause: %v", err)
	}
	if err := h.Resume(t.Context(), "api", "ops"); err != nil {
		t.Errorf("resume: %v", err)
	}
	if got := h.ward.said(); got != "pause api by ops, resume api by ops" {
		t.Errorf("the watcher was told: %s", got)
	}
}

// TestADoubtIsSettled: what was refused is not there after a restart, even if
// it had been kept and nobody could see that.
func TestADoubtIsSettled(t *testing.T) {
	d := newDisk()
	h := open(t, d, newWard("api"))
	d.set(false, true, true)
	if err := h.Pause(t.Context(), "api", "ops", ""); err == nil {
		t.Fatal("the pause was kept, but who could tell?")
	}
	d.set(false, false, false)
	if keys := d.keys(); !slices.Equal(keys, []string{"pause/api"}) {
		t.Fatalf("kept: %v", keys)
	}
	if err := h.turn(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if keys := d.keys(); len(keys) > 0 {
		t.Errorf("kept after it was refused: %v", keys)
	}
	// The same, and somebody asks again before it is settled.
	d.set(false, true, true)
	if err := h.Pause(t.Context(), "api", "ops", "first"); err == nil {
		t.Fatal("the pause was kept, but who could tell?")
	}
	d.set(false, false, false)
	if err := h.Pause(t.Context(), "api", "ops", "second"); err != nil {
		t.Fatal(err)
	}
	if p, _ := open(t, d, newWard("api")).Paused("api"); p.Why != "second" {
		t.Errorf("kept: %+v", p)
	}
}

// TestDamageIsLoud, left alone, and keeps nobody from what they ask for.
func TestDamageIsLoud(t *testing.T) {
	d := newDisk()
	for key, value := range map[string]string{
		"pause/api": "{", "pause/db": `{"check":"api","by":"ops"}`, "pause/web": `[]`,
		"window/w1": `{"id":"w1"}`, "window/w2": `{"id":"w1","from":"2026-01-01T00:00:00Z","until":"2026-01-02T00:00:00Z"}`,
		"window/w3": `{"id":"w3","weekly":"Sun 02:00-04:00 Europe/Atlantis"}`, "ack/check/api/1": `{"incident":"check/api/2","check":"api"}`,
		"ack/check/api/3": `"\ud800"`, "other/thing": "not ours",
	} {
		d.put(key, value)
	}
	before := d.keys()
	h := open(t, d, newWard("api", "db", "web"))
	if n := strings.Count(h.log.String(), "level=ERROR"); n != 8 {
		t.Errorf("%d errors are logged, want 8:\n%s", n, h.log)
	}
	if len(h.Pauses()) > 0 || len(h.Windows()) > 0 || !slices.Equal(d.keys(), before) {
		t.Errorf("taken: %v, %v; left: %v", h.Pauses(), h.Windows(), d.keys())
	}
	if err := h.Pause(t.Context(), "api", "ops", ""); err != nil {
		t.Errorf("over what is damaged: %v", err)
	}
	if p, ok := open(t, d, newWard("api")).Paused("api"); !ok || p.By != "ops" {
		t.Errorf("then: %+v", p)
	}
}
