package app

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
	"github.com/portreeve/portreeve/internal/registration"
)

// hosting listens on this machine until the test ends, and returns the port.
func hosting(t *testing.T) uint16 {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	return ln.Addr().(*net.TCPAddr).AddrPort().Port()
}

func tcp(name, host string, port uint16) registration.Request {
	return registration.Request{Name: name, Target: fmt.Sprintf("tcp://%s:%d", host, port), Interval: health.Duration(5 * time.Second)}
}

// passed and forbidden are what the last question of a check has come to, by
// whoever defined it.
func passed(of health.Origin) func(*health.State) bool {
	return func(st *health.State) bool {
		return st != nil && st.Spec.Origin == of && st.Last != nil && st.Last.Verdict == health.Pass
	}
}

func forbidden(of health.Origin) func(*health.State) bool {
	return func(st *health.State) bool {
		return st != nil && st.Spec.Origin == of && st.Last != nil && st.Last.Reason == health.LocalPolicy
	}
}

// A shared is a log that one reads while others write it.
type shared struct {
	mu sync.Mutex
	bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Buffer.Write(p)
}

func (s *shared) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.String()
}

// TestANameGoesToTheConfigurationAndBack: the configured check is asked while there
// is one, that is told and shown, and nothing of the one is taken for the other's:
// neither what is believed of it nor, of one target, where it may go.
func TestANameGoesToTheConfigurationAndBack(t *testing.T) {
	port, dir, log := hosting(t), t.TempDir(), &shared{}
	const without = "registration: {enabled: true}\nchecks: []\n"
	with := fmt.Sprintf("registration: {enabled: true}\nchecks: [{name: api, target: 'tcp://localhost:%d', interval: 1s}]\n", port)
	v := foundWith(t, dir, without, slog.New(slog.NewTextHandler(log, nil)))
	stop := v.live(t)
	stranger := at("10.9.9.9") // from where nobody reaches this machine's loopback
	v.register(t, stranger, tcp("api", "localhost", port))
	first := v.await(t, "api", "forbidden", forbidden(health.FromAPI))

	v.reconfigure(t, with)
	configured := v.await(t, "api", "asked for the configuration", passed(health.FromConfig))
	if r, ok := v.registry.Registration("api"); !ok || !r.Conflict || strings.Count(log.text(), "a registered check waits") != 1 {
		t.Errorf("shown: %+v; told: %s", r, log.text())
	}
	v.reconfigure(t, without)
	back := v.await(t, "api", "forbidden again", forbidden(health.FromAPI))
	if back.Status != first.Status || back.Since.Equal(configured.Since) || strings.Count(log.text(), "let its name go") != 1 {
		t.Errorf("it was %+v, then configured %+v, and is %+v; told: %s", first, configured, back, log.text())
	}
	if r, _ := v.registry.Registration("api"); r.Conflict {
		t.Errorf("shown: %+v", r)
	}

	v.reconfigure(t, with) // and over restarts
	v.await(t, "api", "asked for the configuration", passed(health.FromConfig))
	stop()
	v = found(t, dir, with)
	stop = v.live(t)
	v.await(t, "api", "asked for the configuration after a restart", passed(health.FromConfig))
	stop()
	v = found(t, dir, without)
	v.live(t)
	v.await(t, "api", "forbidden after a restart", forbidden(health.FromAPI))
	if _, err := v.registry.Register(t.Context(), at("10.9.9.8"), tcp("api", "localhost", port)); err == nil {
		t.Error("the configuration's outage or health has another take over the app's name")
	}
}

// TestAPauseComesBackWithItsCheck, and is none of the configured one's.
func TestAPauseComesBackWithItsCheck(t *testing.T) {
	port, dir := hosting(t), t.TempDir()
	const without = "registration: {enabled: true}\nchecks: []\n"
	v := found(t, dir, without)
	stop := v.live(t)
	app := at("127.0.0.1")
	v.register(t, app, tcp("api", "", port))
	v.await(t, "api", "asked", passed(health.FromAPI))
	if err := v.registry.PauseOwn(t.Context(), app, "api", "moves"); err != nil {
		t.Fatal(err)
	}
	isPaused := func(st *health.State) bool {
		return st != nil && st.Has(health.Paused) && st.Spec.Origin == health.FromAPI
	}
	v.await(t, "api", "paused", isPaused)
	v.reconfigure(t, fmt.Sprintf("registration: {enabled: true}\nchecks: [{name: api, target: 'tcp://127.0.0.1:%d', interval: 1s}]\n", port))
	if st := v.await(t, "api", "asked for the configuration", passed(health.FromConfig)); st.Has(health.Paused) {
		t.Errorf("the configured one is paused: %+v", st)
	}
	v.reconfigure(t, without)
	v.await(t, "api", "paused again", isPaused)
	stop()
	v = found(t, dir, without)
	v.live(t)
	v.await(t, "api", "paused after a restart", isPaused)
}

// TestWhereAnAppMayGoCountsAtOnce: when the configuration allows more or less, and
// when the app moves, though its check and its probe stay.
func TestWhereAnAppMayGoCountsAtOnce(t *testing.T) {
	port := hosting(t)
	v := found(t, t.TempDir(), "registration: {enabled: true, allow: [127.0.0.0/8]}\nchecks: []\n")
	open, shut := *v.config.Config, *v.config.Config
	shut.Registration.Allow = nil
	v.live(t)
	receipt := v.register(t, at("10.9.9.9"), tcp("api", "localhost", port))
	v.await(t, "api", "let through", passed(health.FromAPI))
	v.roster.set(&shut, nil)
	v.checks.Hurry("api")
	v.await(t, "api", "forbidden since then", forbidden(health.FromAPI))
	v.roster.set(&open, nil)
	v.checks.Hurry("api")
	v.await(t, "api", "let through again", passed(health.FromAPI))
	v.roster.set(&shut, nil)
	v.checks.Hurry("api")
	v.await(t, "api", "forbidden again", forbidden(health.FromAPI))
	if name, ok := v.registry.Owner(receipt.Secret); !ok || name != "api" {
		t.Fatal("the owner's token is lost")
	}
	moved := registration.Caller{Addr: netip.MustParseAddr("127.0.0.1"), Local: true, Owns: "api"}
	v.register(t, moved, tcp("api", "localhost", port))
	v.checks.Hurry("api")
	st := v.await(t, "api", "let through from its new place", passed(health.FromAPI))
	moved.Addr, moved.Local = netip.MustParseAddr("10.9.9.9"), false
	v.register(t, moved, tcp("api", "localhost", port))
	v.checks.Hurry("api")
	back := v.await(t, "api", "forbidden from its old place", forbidden(health.FromAPI))
	if back.Status != st.Status {
		t.Errorf("an app that moves begins anew: %+v, %+v", st, back)
	}
}

// TestAReloadChangesNothing for apps' checks, but who is told of them.
func TestAReloadChangesNothing(t *testing.T) {
	port := hosting(t)
	const text = "registration: {enabled: true, default_alerts: [%s], pause_after: %s}\nchecks: []\nalerts:\n  ops: {webhook: {url: 'http://127.0.0.1:1/'}}\n  night: {webhook: {url: 'http://127.0.0.1:1/'}}\n"
	v := found(t, t.TempDir(), fmt.Sprintf(text, "ops", "1h"))
	v.live(t)
	v.register(t, at("127.0.0.1"), tcp("api", "", port))
	before := v.await(t, "api", "asked", passed(health.FromAPI))
	entered := v.roster.entered["api"].Spec
	v.reconfigure(t, fmt.Sprintf(text, "ops", "1h"))
	if v.roster.entered["api"].Spec != entered {
		t.Error("what has not changed is made anew")
	}
	v.reconfigure(t, fmt.Sprintf(text, "night", "2h"))
	after := v.await(t, "api", "told of to others", func(st *health.State) bool {
		return st != nil && len(st.Spec.Alerts) == 1 && st.Spec.Alerts[0] == "night"
	})
	if after.Status != before.Status || !after.Since.Equal(before.Since) || after.Spec.PauseAfter != health.Duration(2*time.Hour) || after.Last == nil {
		t.Errorf("it was %+v and is %+v", before, after)
	}
}

// TestAllThatIsWrongIsSaidAtOnce, whoever knows it.
func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	v := found(t, t.TempDir(), "registration: {enabled: true}\nchecks: []\n")
	defer v.close()
	_, err := v.registry.Register(t.Context(), at("10.9.9.9"), registration.Request{
		Name: "api", Target: "http://192.0.2.1:80", Interval: 1, Expect: "status = 200", Alerts: []string{"dev"}, Family: "ipv5",
	})
	const want = `The registration is not valid; target: 192.0.2.1 is not among the addresses that may be asked for; interval: 1ns is out of range: 5s to 300s; ` +
		`expect: column 8: unexpected "="; family: "ipv5" is unknown; alerts: there is no route dev`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	if len(v.roster.entered)+len(v.roster.passes) > 0 {
		t.Error("refused, and remembered")
	}
}

// TestAPassIsAPolicy: what a pass says is what [reach.Within] does of the
// same networks, for each kind of app.
func TestAPassIsAPolicy(t *testing.T) {
	v := found(t, t.TempDir(), townConfig)
	defer v.close()
	allow := netip.MustParsePrefix("10.0.0.0/8")
	for app, networks := range map[string][]netip.Prefix{
		"":                 {allow},
		"192.0.2.7":        {allow, netip.MustParsePrefix("192.0.2.7/32")},
		"::ffff:192.0.2.7": {allow, netip.MustParsePrefix("192.0.2.7/32")},
		"2001:db8::7":      {allow, netip.MustParsePrefix("2001:db8::7/128")},
		"169.254.169.254":  {allow, netip.MustParsePrefix("169.254.169.254/32")},
		"127.0.0.1":        append([]netip.Prefix{allow}, ownNetworks()...),
	} {
		addr, _ := netip.ParseAddr(app)
		pass, policy := v.roster.newPass(addr), reach.Within(networks...)
		for _, to := range []string{
			"10.1.2.3", "192.0.2.7", "192.0.2.8", "::ffff:192.0.2.7", "2001:db8::7", "2001:db8::8", "127.0.0.1", "::1", "0.0.0.0", "169.254.169.254", "64:ff9b::192.0.2.7", "2002:a01:203::1", "fe80::1", "224.0.0.1",
		} {
			got, want := pass.permits(netip.AddrPortFrom(netip.MustParseAddr(to), 80)), policy(netip.AddrPortFrom(netip.MustParseAddr(to), 80))
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("app at %q, to %s: %v, want %v", app, to, got, want)
			}
		}
	}
}

// TestExpectationsAreShared, and not kept for ever.
func TestExpectationsAreShared(t *testing.T) {
	r := &roster{}
	spec := &health.Spec{Expect: "status == 200"}
	first := r.expectations(spec)
	if first == nil || r.expectations(spec) != first || r.expectations(&health.Spec{}) != nil {
		t.Error("not shared")
	}
	for range shelfLife {
		r.expectations(spec)
	}
	if r.expectations(spec) == first {
		t.Error("kept for ever")
	}
}

// TestEverythingAtOnce: apps sign up, change, pause and leave, with and without
// mail, while the configuration is reloaded and takes names away. Nobody waits for
// ever, and what is asked in the end is what is registered.
func TestEverythingAtOnce(t *testing.T) {
	port := hosting(t)
	texts := []string{
		"registration: {enabled: true}\nsmtp: {url: 'smtp://127.0.0.1:1', from: p@example.org}\nchecks: []\n",
		fmt.Sprintf("registration: {enabled: true}\nsmtp: {url: 'smtp://127.0.0.1:1', from: p@example.org}\nchecks: [{name: app-0, target: 'tcp://127.0.0.1:%d'}]\n", port),
	}
	v := found(t, t.TempDir(), texts[0])
	v.live(t)
	done := make(chan struct{})
	var apps, reloads sync.WaitGroup
	reloads.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				v.reconfigure(t, texts[i%2])
			}
		}
	})
	for i := range 6 {
		apps.Go(func() {
			app := registration.Caller{Addr: netip.MustParseAddr(fmt.Sprintf("127.0.0.%d", i+2)), Compat: true}
			name := fmt.Sprintf("app-%d", i)
			for round := range 10 {
				q := tcp(name, "", port)
				if round%2 == 0 {
					q.Email = fmt.Sprintf("app%d@example.org", i%3)
				}
				_, err := v.registry.Register(t.Context(), app, q)
				if err == nil {
					v.roster.Mark(name, health.Released, "", foreign.Text("round"))
					_ = v.registry.PauseOwn(t.Context(), app, name, "")
				}
				if round%3 == 2 && i > 2 {
					_ = v.registry.Remove(t.Context(), app, name)
				}
				if err != nil && !strings.Contains(err.Error(), "The configuration has") {
					t.Error(err)
				}
			}
		})
	}
	waited := make(chan struct{})
	go func() { apps.Wait(); close(done); reloads.Wait(); close(waited) }()
	select {
	case <-waited:
	case <-time.After(2 * time.Minute):
		t.Fatal("somebody waits for ever")
	}
	v.reconfigure(t, texts[0])
	for _, r := range v.registry.Registrations() {
		spec := v.roster.entered[r.Spec.Name].Spec
		if st := v.board.View().FindCheck(r.Spec.Name); st == nil || spec == nil || st.Spec.Target != r.Spec.Target || len(spec.Alerts) != len(specOf(r).Alerts) {
			t.Errorf("%s is registered as %+v and asked as %+v", r.Spec.Name, r.Spec, st)
		}
	}
	for name := range v.roster.entered {
		if _, ok := v.registry.Registration(name); !ok {
			t.Errorf("%s is asked, and not registered", name)
		}
	}
}
