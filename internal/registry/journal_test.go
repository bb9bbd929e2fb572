package registry

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/registration"
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

// A mortal is a Store whose process ends at one of its writes, before or after it
// is kept: from then on nothing is, and nobody is told.
type mortal struct {
	Store
	left  int // writes until then
	after bool
}

var errDead = errors.New("the process has ended")

func (m *mortal) Keep(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	m.left--
	if m.left > 0 || m.left == 0 && m.after {
		if revision, err := m.Store.Keep(ctx, key, value, revision); m.left > 0 {
			return revision, err
		}
	}
	return 0, errDead
}

func (m *mortal) Kept(ctx context.Context, prefix string) ([]event.Kept, error) {
	if m.left <= 0 {
		return nil, errDead
	}
	return m.Store.Kept(ctx, prefix)
}

// TestTheProcessEndsAtAnyWrite: what an app was told to have is there after the
// restart, what it was not told is as before or as it was to be, and the app goes
// on as if nothing had been.
func TestTheProcessEndsAtAnyWrite(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "portreeve.db")
	for at, done := 1, false; !done; at++ {
		for _, after := range []bool{false, true} {
			if done = endsAt(t, dsn, at, after); done && at < 10 || at > 20 {
				t.Fatalf("the story ends at write %d: %v", at, done)
			}
		}
	}
}

// endsAt has a process live until a write, and another take up what it left. It
// reports whether the first lived to the end.
func endsAt(t *testing.T, dsn string, write int, after bool) (done bool) {
	j, err := journal.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}()
	app, told := at("192.0.2.7"), map[string]registration.Receipt{}
	v := admitTo(t, &mortal{j, write, after}, newDisk(), newPanel())
	pending := v.live(t, app, told)

	v = admitTo(t, j, newDisk(), newPanel())
	for name, receipt := range told {
		if name == pending {
			continue
		}
		r, ok := v.panel.asks(name)
		if owner, owns := v.Owner(receipt.Secret); !ok || !r.Same(&receipt.Registration) || r.Restarts != receipt.Restarts || !owns || owner != name {
			t.Errorf("at write %d: %s was told %+v, and now it is %+v", write, name, receipt, r)
		}
	}
	for _, name := range []string{"a", "b", "c"} { // all can be had, and let go
		v.register(t, app, asking(name, "tcp://"+name+":80"))
		if _, paused := v.Paused(name); paused {
			t.Errorf("at write %d: %s is paused", write, name)
		}
		if err := v.Remove(t.Context(), app, name); err != nil {
			t.Errorf("at write %d: %v", write, err)
		}
	}
	if left, err := j.Kept(t.Context(), ""); err != nil || len(left) > 0 {
		t.Errorf("at write %d: left %v, %v", write, left, err)
	}
	return pending == ""
}

// live does what apps do, until it fails. It returns whose doing failed, and
// writes down what each was told to have.
func (v village) live(t *testing.T, app registration.Caller, told map[string]registration.Receipt) (pending string) {
	sign := func(name, target string) func() error {
		return func() error {
			by := app
			if receipt, ok := told[name]; ok {
				by.Owns = name
				defer func(secret string) {
					again := told[name]
					again.Secret = secret
					told[name] = again
				}(receipt.Secret)
			}
			receipt, err := v.Register(t.Context(), by, asking(name, target))
			if err == nil {
				told[name] = receipt
			}
			return err
		}
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"a", sign("a", "tcp://a:80")}, {"b", sign("b", "tcp://b:80")}, {"c", sign("c", "tcp://c:80")}, {"a", sign("a", "tcp://a:80")}, {"b", sign("b", "tcp://b:81")},
		{"a", func() error { return v.PauseOwn(t.Context(), app, "a", "") }}, {"a", sign("a", "tcp://a:80")},
		{"c", func() error { return v.PauseOwn(t.Context(), app, "c", "") }},
		{"c", func() error { delete(told, "c"); return v.Remove(t.Context(), app, "c") }},
	} {
		if err := step.do(); err != nil {
			if !errors.Is(err, errDead) {
				t.Errorf("%s: %v", step.name, err)
			}
			return step.name
		}
	}
	return ""
}
