package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/client"
)

// TestReloadOfRegistration reloads while an app is signed up: its routes and its
// patience change with the configuration, it makes room for a configured check of
// its name and comes back when that goes, and a bad file changes nothing.
func TestReloadOfRegistration(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "portreeve.yaml")
	configure := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("alerts: {one: {services: [\"ntfy://127.0.0.1:1/one\"]}, two: {services: [\"ntfy://127.0.0.1:1/two\"]}}\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	configure("registration: {enabled: true, default_alerts: [one]}\n")
	well := newMoody(t, 1).URL + "/0"
	s := serve(t, "--config", file)
	owner := &client.Server{URL: s.URL}
	sign := func(name string, alerts []string) string {
		t.Helper()
		r, err := owner.Register(t.Context(), client.Check{Name: name, URL: well, Interval: time.Minute, Alerts: alerts})
		if err != nil {
			t.Fatal(err)
		}
		return r.Token
	}
	sign("usual", nil)
	token := sign("chosen", []string{"two"})
	info := func(name string) (i *client.Info) {
		t.Helper()
		i, err := (&client.Server{URL: s.URL}).Info(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	until := func(what string, is func() bool) {
		t.Helper()
		eventually(t, 30*time.Second, func() string {
			if !is() {
				return fmt.Sprintf("not so: %s\n%s", what, s.stderr)
			}
			return ""
		})
	}
	alerts := func(name string, want ...string) func() bool {
		return func() bool { return slices.Equal(info(name).Spec.Alerts, want) }
	}
	until("HEALTHY", func() bool { return info("usual").Status == "HEALTHY" && info("chosen").Status == "HEALTHY" })
	since := info("usual").Since

	configure("registration: {enabled: true, default_alerts: [two], pause_after: 72h}\n")
	s.signal(syscall.SIGHUP)
	until("the other default route", alerts("usual", "two"))
	if got := info("chosen").Spec.Alerts; !slices.Equal(got, []string{"two"}) {
		t.Errorf("the routes that were chosen are %v", got)
	}
	if text := s.get("/api/v1/checks/usual"); !strings.Contains(text, `"pause_after":"72h`) {
		t.Errorf("pause_after is not live: %s", text)
	}
	if i := info("usual"); i.Status != "HEALTHY" || !i.Since.Equal(since) {
		t.Errorf("after a reload it is %s since %v, want HEALTHY since %v", i.Status, i.Since, since)
	}

	configure("registration: {enabled: true, default_alerts: [three]}\n")
	s.signal(syscall.SIGHUP)
	until("told that it is wrong", func() bool { return strings.Contains(s.stderr.String(), "three") })
	if !alerts("usual", "two")() {
		t.Errorf("a bad file changed the routes: %v", info("usual").Spec.Alerts)
	}

	configure("registration: {enabled: true, default_alerts: [two]}\nchecks: [{name: chosen, target: \"tcp://127.0.0.1:1\", interval: 1s}]\n")
	s.signal(syscall.SIGHUP)
	until("the configuration's check is asked", func() bool {
		return info("chosen").Conflict && strings.Contains(s.get("/api/v1/checks/chosen"), "tcp://127.0.0.1:1")
	})
	var refusal *client.Error
	own := &client.Server{URL: s.URL, Token: token}
	if err := own.Pause(t.Context(), "chosen", ""); !errors.As(err, &refusal) || refusal.Status != http.StatusConflict && refusal.Status != http.StatusForbidden {
		t.Errorf("its owner may pause what the configuration has: %v", err)
	}
	if _, err := own.Register(t.Context(), client.Check{Name: "chosen", URL: well}); !errors.As(err, &refusal) || refusal.Because != "configured" {
		t.Errorf("signing up again: %v", err)
	}
	until("the configuration's check is down", func() bool { return strings.Contains(s.get("/api/v1/checks/chosen"), `"status":"UNHEALTHY"`) })

	configure("registration: {enabled: true, default_alerts: [two]}\n")
	s.signal(syscall.SIGHUP)
	until("asked again", func() bool { i := info("chosen"); return !i.Conflict && i.Status == "HEALTHY" })
	if err := own.Pause(t.Context(), "chosen", ""); err != nil {
		t.Errorf("its owner cannot pause it any more: %v", err)
	}
}

// TestReloadWhileAppsSignUp reloads as often as it goes while apps sign up and off:
// none is lost, and none stays that is gone.
func TestReloadWhileAppsSignUp(t *testing.T) {
	t.Parallel()
	const apps, rounds = 10, 9 // as many changes as one caller may make at once
	file := write(t, "portreeve.yaml", "registration: {enabled: true, pause_after: 1h}\n")
	s := serve(t, "--config", file)
	ctx, stop := context.WithCancel(t.Context())
	var reloading sync.WaitGroup
	reloading.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			text := fmt.Sprintf("registration: {enabled: true, pause_after: %dh}\nchecks: [{name: c%d, target: \"tcp://127.0.0.1:1\"}]\n", 1+i%20, i%3)
			if err := os.WriteFile(file, []byte(text), 0o644); err == nil {
				_ = s.cmd.Process.Signal(syscall.SIGHUP)
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
	at := &client.Server{URL: s.URL}
	for round := range rounds {
		for i := range apps {
			name := fmt.Sprintf("app-%d", i)
			var err error
			for {
				if round%2 == 0 {
					_, err = at.Register(ctx, client.Check{Name: name, URL: fmt.Sprintf("tcp://127.0.0.1:%d", 1+i), Interval: time.Minute})
				} else {
					err = at.Stop(ctx, name)
				}
				var refusal *client.Error
				if !errors.As(err, &refusal) || refusal.Status != http.StatusTooManyRequests {
					break
				}
				time.Sleep(refusal.RetryAfter)
			}
			if err != nil {
				t.Fatalf("round %d: %s: %v", round, name, err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	stop()
	reloading.Wait()
	eventually(t, 20*time.Second, func() string {
		seen := 0
		for _, c := range api[struct{ Spec struct{ Name, Origin string } }](s, "checks?limit=1000") {
			if c.Spec.Origin == "api" {
				seen++
			}
		}
		if want := apps * (rounds % 2); seen != want {
			return fmt.Sprintf("%d apps are watched, want %d", seen, want)
		}
		return ""
	})
}
