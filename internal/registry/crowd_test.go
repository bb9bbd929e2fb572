package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// TestACrowdSignsUp at the same time, changes, is read and configured away: what
// each was told last is so, before and after a restart.
func TestACrowdSignsUp(t *testing.T) {
	d, p := newDisk(), newPanel()
	v := admit(t, d, p)
	ctx, cancel := context.WithCancel(t.Context())
	var running, apps sync.WaitGroup
	running.Go(func() { _ = v.Run(ctx) })
	running.Go(func() {
		for ctx.Err() == nil {
			v.Configure(nil)
			for _, r := range v.Registrations() {
				_ = v.MayChange(owning("x"), r.Spec.Name)
			}
		}
	})
	var mu sync.Mutex
	last := map[string]registration.Receipt{}
	for i := range 8 {
		apps.Go(func() {
			app := at(fmt.Sprintf("192.0.2.%d", i+1))
			for round := range 10 {
				receipt, ok := v.story(t, app, fmt.Sprintf("own-%d", i), round)
				mu.Lock()
				if delete(last, receipt.Spec.Name); ok {
					last[receipt.Spec.Name] = receipt
				}
				mu.Unlock()
				// And one name that all want: one has it.
				_, err := v.Register(ctx, app, asking("wanted", "tcp://:80"))
				var r *registration.Refusal
				if err != nil && (!errors.As(err, &r) || r.Because != registration.Taken) {
					t.Error(err)
				}
			}
		})
	}
	apps.Wait()
	cancel()
	running.Wait()
	for _, v := range []village{v, admit(t, d, newPanel())} {
		if n := len(v.Registrations()); n != len(last)+1 {
			t.Errorf("%d are registered, want %d", n, len(last)+1)
		}
		for name, want := range last {
			r, _ := v.Registration(name)
			asked, _ := v.panel.asks(name)
			if owner, _ := v.Owner(want.Secret); owner != name || !r.Same(&want.Registration) || !asked.Same(&want.Registration) {
				t.Errorf("%s was told %+v, and it is %+v", name, want, r)
			}
		}
	}
	if len(last) != 8 {
		t.Errorf("%d apps are left", len(last))
	}
}

// story signs an app up, changes it, pauses it, and every third time signs it off.
func (v village) story(t *testing.T, app registration.Caller, name string, round int) (receipt registration.Receipt, there bool) {
	ctx := context.Background()
	q := asking(name, fmt.Sprintf("tcp://:%d", 1000+round))
	receipt, err := v.Register(ctx, app, q)
	if err != nil {
		t.Error(err)
	}
	q.Interval = health.Duration(60e9)
	changed, err := v.Change(ctx, app, name, q)
	if err != nil {
		t.Error(err)
	}
	receipt.Registration = changed.Registration
	for _, err := range []error{v.PauseOwn(ctx, app, name, ""), v.ResumeOwn(ctx, owning(name), name)} {
		if err != nil {
			t.Error(err)
		}
	}
	if round%3 == 1 {
		if err := v.Remove(ctx, app, name); err != nil {
			t.Error(err)
		}
		return receipt, false
	}
	return receipt, true
}
