package registry

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

func TestRegistrationOutlastsARestart(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	got := v.register(t, at("192.0.2.7"), asking("api", "http://:3000/health"))
	if got.Outcome != registration.Created || !auth.Minted(got.Secret) || got.Owner != "address 192.0.2.7" || got.Created.IsZero() || got.Restarts != 0 {
		t.Errorf("receipt: %+v", got)
	}
	if p.marked() != "registered api by address 192.0.2.7" {
		t.Errorf("marks: %s", p.marked())
	}
	d.mu.Lock()
	kept := string(d.kept["check/api"].Value)
	d.mu.Unlock()
	if strings.Contains(kept, got.Secret) || !strings.Contains(kept, auth.HashOf(got.Secret).String()) {
		t.Errorf("kept: %s", kept)
	}
	again := newPanel()
	v = admit(t, d, again)
	if r, ok := again.asks("api"); !ok || !r.Same(&got.Registration) || r.Addr != got.Addr {
		t.Errorf("after a restart there is asked: %+v", r)
	}
	if r, ok := v.Registration("api"); !ok || r.Owner != got.Owner || !r.Created.Equal(got.Created) || r.Conflict || r.Wrong != nil {
		t.Errorf("after a restart: %+v", r)
	}
	if name, ok := v.Owner(got.Secret); !ok || name != "api" {
		t.Errorf("the owner's token after a restart: %q, %v", name, ok)
	}
	if again.marked() != "" || len(v.Registrations()) != 1 {
		t.Errorf("a restart of ours is none of the app's: %s", again.marked())
	}
	for _, secret := range []string{"", "prt_", got.Secret + "x", strings.Replace(got.Secret, got.Secret[10:11], "-", 1)} {
		if name, ok := v.Owner(secret); ok {
			t.Errorf("%q is the owner's token of %s", secret, name)
		}
	}
}

// TestSigningUpAgain: it is the same app, and has restarted.
func TestSigningUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p := newDisk(), newPanel()
		v := admit(t, d, p)
		app, q := at("192.0.2.7"), asking("api", "tcp://:80")
		first := v.register(t, app, q)
		time.Sleep(time.Minute)

		shown := app
		shown.Owns = "api"
		again := v.register(t, shown, q)
		if again.Outcome != registration.Restarted || again.Secret != "" || again.Restarts != 1 || !again.Created.Equal(first.Created) || again.Renewed.Sub(first.Created) != time.Minute {
			t.Errorf("with the owner's token: %+v", again)
		}
		if name, ok := v.Owner(first.Secret); !ok || name != "api" {
			t.Error("the token that was shown is worth nothing")
		}
		lost := v.register(t, app, q)
		if lost.Outcome != registration.Restarted || !auth.Minted(lost.Secret) {
			t.Errorf("without it: %+v", lost)
		}
		if _, ok := v.Owner(first.Secret); ok {
			t.Error("the token of before is still worth something")
		}
		if name, ok := v.Owner(lost.Secret); !ok || name != "api" {
			t.Error("the new token is worth nothing")
		}
		if p.enters != 1 {
			t.Errorf("the same definition was entered %d times", p.enters)
		}
		q.Interval = health.Duration(time.Minute)
		changed := v.register(t, app, q)
		if r, _ := p.asks("api"); changed.Outcome != registration.Changed || changed.Restarts != 3 || r.Spec.Interval != q.Interval {
			t.Errorf("another definition: %+v; asked is %+v", changed, r)
		}
		if !changed.CrashLoop(time.Now()) {
			t.Error("three restarts within a minute are no crash loop")
		}
		want := "registered api by address 192.0.2.7, restarted api by address 192.0.2.7, restarted api by address 192.0.2.7, restarted api by address 192.0.2.7: crash loop: 3 restarts within 10m0s"
		if p.marked() != want {
			t.Errorf("marks: %s", p.marked())
		}
		time.Sleep(11 * time.Minute)
		if r, _ := admit(t, d, newPanel()).Registration("api"); r.Restarts != 3 || r.CrashLoop(time.Now()) {
			t.Errorf("later, after a restart of ours: %+v", r)
		}
	})
}

// TestSigningUpAgainResumes whoever paused it, over restarts of ours.
func TestSigningUpAgainResumes(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	app, q := at("192.0.2.7"), asking("api", "tcp://:80")
	v.register(t, app, q)
	if err := v.PauseOwn(t.Context(), app, "api", "moves"); err != nil {
		t.Fatal(err)
	}
	d.set(true, false, false)
	if _, err := v.Register(t.Context(), app, q); !errors.Is(err, errFull) {
		t.Errorf("on a full disk: %v", err)
	}
	if _, ok := v.Paused("api"); !ok {
		t.Error("resumed, though it was refused")
	}
	d.set(false, false, false)
	v.register(t, app, q)
	if got := v.ward.said(); got != "pause api by address 192.0.2.7: moves, resume api by address 192.0.2.7" {
		t.Errorf("the watcher was told: %s", got)
	}
	if keys := d.keys(); !slices.Equal(keys, []string{"check/api"}) {
		t.Errorf("kept: %v", keys)
	}
}

// TestOldClients know no tokens, and are mailed.
func TestOldClients(t *testing.T) {
	v := admit(t, newDisk(), newPanel())
	app := at("192.0.2.7")
	modern := v.register(t, app, asking("api", "tcp://:80"))
	app.Compat = true
	q := asking("api", "tcp://:80")
	q.Email = "ann@example.org"
	got := v.register(t, app, q)
	if got.Secret != "" || got.Email != q.Email || got.Spec.Origin != health.FromCompat || got.Outcome != registration.Changed {
		t.Errorf("receipt: %+v", got)
	}
	if _, ok := v.Owner(modern.Secret); ok {
		t.Error("a token that nobody knows any more is worth something")
	}
	if got := v.register(t, app, q); got.Outcome != registration.Restarted || got.Secret != "" {
		t.Errorf("again: %+v", got)
	}
}

// TestANameOfAnAppThatIsDown may be taken over, and of one that answers not.
func TestANameOfAnAppThatIsDown(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	old, other := at("192.0.2.7"), at("192.0.2.8")
	first := v.register(t, old, asking("api", "tcp://:80"))
	for _, status := range []health.Status{"", health.Unknown, health.Healthy, health.Degrading} {
		if status != "" {
			p.set(func() { p.statuses["api"] = status })
		}
		_, err := v.Register(t.Context(), other, asking("api", "tcp://:80"))
		refused(t, err, registration.Taken)
	}
	p.set(func() { p.statuses["api"], p.unasked = health.Unhealthy, map[string]bool{"api": true} })
	_, err := v.Register(t.Context(), other, asking("api", "tcp://:80"))
	refused(t, err, registration.Taken) // nobody has asked since our start: it may have come back
	p.set(func() { p.unasked = nil })
	got := v.register(t, other, asking("api", "tcp://:80"))
	if got.Outcome != registration.TakenOver || got.Restarts != 0 || got.Owner != "address 192.0.2.8" || got.Spec.Target != "tcp://192.0.2.8:80" {
		t.Errorf("taken over: %+v", got)
	}
	if _, ok := v.Owner(first.Secret); ok {
		t.Error("the token of who lost it is worth something")
	}
	refused(t, v.MayChange(old, "api"), registration.Forbidden)
	if name, ok := v.Owner(got.Secret); !ok || name != "api" {
		t.Error("the new owner's token is worth nothing")
	}
	if !strings.HasSuffix(p.marked(), "taken_over api by address 192.0.2.8: the app of another address did not answer any more") {
		t.Errorf("marks: %s", p.marked())
	}
	if r, _ := admit(t, d, newPanel()).Registration("api"); r.Owner != got.Owner {
		t.Errorf("after a restart it is %s's", r.Owner)
	}
	p.set(func() { p.statuses["ci"] = health.Unhealthy })
	v.register(t, registration.Caller{Token: "ci", Addr: old.Addr}, asking("ci", "tcp://:81"))
	_, err = v.Register(t.Context(), other, asking("ci", "tcp://:80"))
	refused(t, err, registration.Taken)
}

// TestACrashLoopOutlastsARestart of ours: it is the app's, and is told as soon as it
// is one; and it ends by itself.
func TestACrashLoopOutlastsARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, app := newDisk(), at("192.0.2.7")
		var got registration.Receipt
		for i := range 1 + registration.CrashRestarts {
			p := newPanel()
			got = admit(t, d, p).register(t, app, asking("api", "tcp://:80"))
			if loop := got.CrashLoop(time.Now()); loop != (i == registration.CrashRestarts) || loop != strings.Contains(p.marked(), "crash loop: 3 restarts within 10m0s") {
				t.Errorf("after %d restarts: %v, %s", i, loop, p.marked())
			}
			time.Sleep(time.Minute)
		}
		time.Sleep(registration.CrashWithin)
		if r, _ := admit(t, d, newPanel()).Registration("api"); r.CrashLoop(time.Now()) || r.Restarts != registration.CrashRestarts {
			t.Errorf("later: %+v", r)
		}
	})
}

// TestAnAppThatMoves shows its token, and is at home where it is now.
func TestAnAppThatMoves(t *testing.T) {
	p := newPanel()
	v := admit(t, newDisk(), p)
	v.register(t, at("192.0.2.7"), asking("api", "tcp://:80"))
	moved := at("192.0.2.8")
	moved.Owns = "api"
	got := v.register(t, moved, asking("api", "tcp://:80"))
	if got.Owner != "address 192.0.2.8" || got.Spec.Target != "tcp://192.0.2.8:80" || got.Outcome != registration.Changed || got.Secret != "" {
		t.Errorf("moved: %+v", got)
	}
	if _, err := v.Register(t.Context(), at("192.0.2.7"), asking("api", "tcp://:80")); err == nil {
		t.Error("who has its old address may still have its name")
	}
	// The same target from another address: what it may reach has changed with it.
	v.register(t, registration.Caller{Token: "ci", Addr: netip.MustParseAddr("192.0.2.7")}, asking("ci", "tcp://db:80"))
	v.register(t, registration.Caller{Token: "ci", Addr: netip.MustParseAddr("192.0.2.8")}, asking("ci", "tcp://db:80"))
	if r, _ := p.asks("ci"); r.Addr != netip.MustParseAddr("192.0.2.8") {
		t.Errorf("it is asked as if it were at %v", r.Addr)
	}
}

// TestWhoMayNot do anything: whom nobody knows, and anybody when it is off.
func TestWhoMayNot(t *testing.T) {
	d := newDisk()
	v := admit(t, d, newPanel())
	v.register(t, at("192.0.2.7"), asking("api", "tcp://:80"))
	_, err := v.Register(t.Context(), registration.Caller{}, asking("db", "tcp://db:80"))
	refused(t, err, registration.Forbidden)
	_, err = v.Register(t.Context(), owning("api"), asking("db", "tcp://db:80")) // of another
	refused(t, err, registration.Forbidden)
	v.register(t, owning("api"), asking("api", "tcp://192.0.2.7:80"))

	v.Admit(nil, registration.Terms{})
	v.Configure(nil)
	_, err = v.Register(t.Context(), at("192.0.2.7"), asking("db", "tcp://:80"))
	refused(t, err, registration.Forbidden)
	refused(t, v.MayChange(at("192.0.2.7"), "api"), registration.Absent)
	if _, ok := v.Registration("api"); ok || v.Registrations() != nil {
		t.Error("it is off, and shows what was registered")
	}
	if len(d.keys()) != 1 {
		t.Errorf("what was registered is gone: %v", d.keys())
	}
	unread := New(d, newWard(), slog.New(slog.DiscardHandler))
	unread.Admit(newPanel(), registration.Terms{})
	if _, err := unread.Register(t.Context(), at("192.0.2.8"), asking("api", "tcp://:80")); !errors.Is(err, errUnread) {
		t.Errorf("before anybody knows what is registered: %v", err)
	}
}

// TestWrongFieldsAreNamed, also those that the roster alone knows to be wrong.
func TestWrongFieldsAreNamed(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	q := asking("api", "tcp://:80")
	q.Interval, q.Unhealthy = health.Duration(time.Second), 11
	_, err := v.Register(t.Context(), at("192.0.2.7"), q)
	if r := refused(t, err, registration.Invalid); len(r.Fields) != 2 || !r.Fields[0].OutOfRange {
		t.Errorf("fields: %v", r.Fields)
	}
	p.wrong = func(registration.Registration) []health.FieldError {
		return []health.FieldError{{Field: "target", Reason: "is not reached"}}
	}
	_, err = v.Register(t.Context(), at("192.0.2.7"), asking("api", "tcp://10.0.0.1:80"))
	if r := refused(t, err, registration.Invalid); len(r.Fields) != 1 || r.Error() != "The registration is not valid; target: is not reached" {
		t.Errorf("fields: %v", r)
	}
	if d.writes > 0 || len(v.Registrations()) > 0 || p.marked() != "" {
		t.Error("refused, and yet something has happened")
	}
}

// TestNothingIsHalfDone where it could not be kept, or not be asked.
func TestNothingIsHalfDone(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	app := at("192.0.2.7")
	first := v.register(t, app, asking("api", "tcp://:80"))
	other := asking("api", "tcp://:81")
	for _, blind := range []bool{false, true} {
		d.set(true, false, blind)
		for what, err := range map[string]error{
			"sign up": second(v.Register(t.Context(), app, asking("db", "tcp://:5432"))), "sign up again": second(v.Register(t.Context(), app, other)),
			"change": second(v.Change(t.Context(), app, "api", other)), "remove": v.Remove(t.Context(), app, "api"), "pause": v.PauseOwn(t.Context(), app, "api", ""),
		} {
			if !errors.Is(err, errFull) {
				t.Errorf("%s: %v", what, err)
			}
		}
		v.unchanged(t, first)
		d.set(false, false, false)
		admit(t, d, newPanel()).unchanged(t, first)
	}
	p.set(func() { p.full = true })
	for what, err := range map[string]error{
		"sign up": second(v.Register(t.Context(), app, asking("db", "tcp://:5432"))), "sign up again": second(v.Register(t.Context(), app, other)),
		"change": second(v.Change(t.Context(), app, "api", other)),
	} {
		if !errors.Is(err, errEnter) {
			t.Errorf("%s where nobody can ask: %v", what, err)
		}
	}
	v.unchanged(t, first)
	if p.marked() != "registered api by address 192.0.2.7" {
		t.Errorf("marks: %s", p.marked())
	}
	admit(t, d, newPanel()).unchanged(t, first)
}

func second(_ registration.Receipt, err error) error { return err }

// unchanged fails unless there is one registration, as it was.
func (v village) unchanged(t *testing.T, want registration.Receipt) {
	t.Helper()
	all := v.Registrations()
	if len(all) != 1 || !all[0].Same(&want.Registration) || all[0].Restarts != want.Restarts || all[0].Hash != want.Hash {
		t.Errorf("registered: %+v", all)
	}
	if r, ok := v.panel.asks("api"); !ok || !r.Same(&want.Registration) || len(v.panel.entered) != 1 {
		t.Errorf("asked: %+v", v.panel.entered)
	}
	if name, ok := v.Owner(want.Secret); !ok || name != "api" {
		t.Error("the owner's token is worth nothing")
	}
	if _, paused := v.Paused("api"); paused {
		t.Error("it is paused")
	}
}

// TestALostAnswerIsNoLostRegistration: what is kept though the store said that it
// failed has happened.
func TestALostAnswerIsNoLostRegistration(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	d.set(false, true, false)
	got := v.register(t, at("192.0.2.7"), asking("api", "tcp://:80"))
	v.unchanged(t, got)
	if err := v.Remove(context.Background(), owning("api"), "api"); err != nil {
		t.Error(err)
	}
	if len(d.keys()) > 0 || len(p.entered) > 0 {
		t.Errorf("kept: %v", d.keys())
	}
}
