package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// TestTenMinutesOfADeadLink with 1,000 targets that are all silent then: one
// alert about ourselves, one recovery, and nothing else at all.
func TestTenMinutesOfADeadLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets = 1000
		var dead atomic.Bool
		probe := func(ctx context.Context) health.Result {
			if dead.Load() {
				return silent(ctx)
			}
			return passes(ctx)
		}
		var checks []Check
		for i := range targets {
			every := func(s *health.Spec) { s.Interval = health.Duration(30 * time.Second) }
			checks = append(checks, Check{spec(name(i), every), probe})
		}
		c, l := watching(checks...)
		canary := &bird{}
		c.Canary = canary
		stop := running(t, c)
		time.Sleep(time.Minute)
		began := time.Now()
		dead.Store(true)
		canary.feels(health.LocalNetwork)
		time.Sleep(10 * time.Minute)
		dead.Store(false)
		time.Sleep(2 * time.Second) // the last silence is judged
		canary.feels("")
		time.Sleep(time.Minute)
		stop()

		all := l.all()
		for i := range targets {
			if got := all[name(i)]; got != "UNKNOWN>HEALTHY, -STALE" {
				t.Fatalf("%s is told as %s, want that nobody could observe it", name(i), got)
			}
		}
		want := []string{"portreeve.local_network UNKNOWN>UNHEALTHY", "portreeve.local_network UNHEALTHY>HEALTHY"}
		if got := l.moves(health.SelfPrefix); !slices.Equal(got, want) {
			t.Fatalf("about ourselves: %v, want %v", got, want)
		}
		var ours []event.Entry
		for _, e := range l.changes {
			if e.Change.Self() {
				ours = append(ours, e)
			} else if gap := e.Change.At.Sub(e.Change.Began); e.Change.Overlay != "" && (gap < 10*time.Minute || gap > 11*time.Minute) {
				t.Errorf("%s was not observed for %v", e.Change.Check, gap)
			}
		}
		alert, over := ours[0], ours[1]
		if wait := alert.At.Sub(began); wait > 35*time.Second || alert.Stream != "check/portreeve.local_network" || alert.Observer != "web-07" {
			t.Errorf("alert after %v: %+v", wait, alert)
		}
		text := string(alert.Change.Text)
		if !strings.Contains(text, " checks could not be judged, such as t") || !strings.HasSuffix(text, ": eth0 has no carrier") {
			t.Errorf("alert says %q", text)
		}
		n := 0
		if _, err := fmt.Sscan(text, &n); err != nil || n < targets/2 {
			t.Errorf("alert counts %d checks of %d: %q", n, targets, text)
		}
		if d := time.Duration(over.Change.Outage); d < 10*time.Minute || d > 10*time.Minute+35*time.Second {
			t.Errorf("an outage of our own of %v, want ten minutes", d)
		}
		states := l.of("portreeve.local_network")
		if n := len(states); n < 50 || n > 70 {
			t.Errorf("told %d times in ten minutes, want every ten seconds how many are blind", n)
		}
		if st := states[len(states)/2]; st.Status != health.Unhealthy || !strings.HasPrefix(string(st.Last.Text), "1000 checks") || st.Spec.Origin != health.FromSelf {
			t.Errorf("told %+v, %+v", st, st.Last)
		}
		if st := l.last(t, name(7)); st.Unknowns[health.LocalNetwork] != 20 || st.Status != health.Healthy {
			t.Errorf("told %s with %v", st.Status, st.Unknowns)
		}
	})
}

// TestCutOffWithTooFewPlaces: who waits for places that silence holds is told of
// the network, once, and of its end.
func TestCutOffWithTooFewPlaces(t *testing.T) {
	for _, targets := range []int{20, 60, 200} {
		synctest.Test(t, func(t *testing.T) {
			var dead atomic.Bool
			dead.Store(true)
			probe := func(ctx context.Context) health.Result {
				if dead.Load() {
					return silent(ctx)
				}
				return passes(ctx)
			}
			var checks []Check
			for i := range targets {
				checks = append(checks, Check{spec(name(i), func(s *health.Spec) { s.Timeout = health.Duration(5 * time.Second) }), probe})
			}
			l := &ledger{}
			canary := &bird{reason: health.LocalNetwork}
			c := &Checks{Sink: l, Recorder: l, Canary: canary, Log: quiet, InFlight: 8}
			c.Set(checks)
			stop := running(t, c)
			time.Sleep(time.Hour)
			const effect, cause = "portreeve.local_overload ", "portreeve.local_network "
			want := []string{cause + "UNKNOWN>UNHEALTHY"}
			if got := l.moves(""); len(got) > 1 { // the effect may be noticed first
				want = append([]string{effect + "UNKNOWN>UNHEALTHY", effect + "UNHEALTHY>HEALTHY"}, want...)
			}
			if got := l.moves(""); !slices.Equal(got, want) {
				t.Errorf("%d targets, an hour cut off: %v, want %v", targets, got, want)
			}
			dead.Store(false)
			time.Sleep(5 * time.Second) // the last silence is judged
			canary.feels("")
			time.Sleep(time.Minute)
			stop()
			if got, want := l.moves(health.SelfPrefix), append(want, cause+"UNHEALTHY>HEALTHY"); !slices.Equal(got, want) {
				t.Errorf("%d targets, back again: %v, want %v", targets, got, want)
			}
		})
	}
}

// TestAlarms is the rule by which an alert about ourselves begins and ends. The
// results of checks a, b … come one after the other: d for local_fds, n for
// local_network, o for local_overload, p for local_policy, r for local_resolver,
// + and - for what can be judged.
func TestAlarms(t *testing.T) {
	tests := []struct{ name, results, want string }{
		{"one unknown result is nothing", "ad a+ ad a+", ""},
		{"two in a row are a fault of ours", "ad ad", "fds UNKNOWN>UNHEALTHY"},
		{"of one check, not of two", "ad bd", ""},
		{"for one reason, not for two", "ad an", ""},
		{"with nothing judged in between, though not in a row", "ad an ad", "fds UNKNOWN>UNHEALTHY"},
		{"for two reasons in turn there are two", "ad an ad an", "fds UNKNOWN>UNHEALTHY, network UNKNOWN>UNHEALTHY"},
		{"it is over when the check is judged", "ad ad a-", "fds UNKNOWN>UNHEALTHY, fds UNHEALTHY>HEALTHY"},
		{"many are one", "ad bd cd ad bd cd", "fds UNKNOWN>UNHEALTHY"},
		{"it is over when all are judged", "ad bd ad bd a+ a+", "fds UNKNOWN>UNHEALTHY"},
		{"those of one unknown result, too", "ad bd ad a+ b+", "fds UNKNOWN>UNHEALTHY, fds UNHEALTHY>HEALTHY"},
		{"a check that is blind for another reason is not judged", "ad ad an", "fds UNKNOWN>UNHEALTHY"},
		{"unless twice in a row", "ad ad an an", "fds UNKNOWN>UNHEALTHY, fds UNHEALTHY>HEALTHY, network UNKNOWN>UNHEALTHY"},
		{"and again", "ad ad a+ bd bd b+", "fds UNKNOWN>UNHEALTHY, fds UNHEALTHY>HEALTHY, fds HEALTHY>UNHEALTHY, fds UNHEALTHY>HEALTHY"},
		{"two reasons are two", "ad ad bn bn", "fds UNKNOWN>UNHEALTHY, network UNKNOWN>UNHEALTHY"},
		{"unless one follows from the other", "an an bo bo", "network UNKNOWN>UNHEALTHY"},
		{"for as long as that is on", "an an bo bo a+ bo", "network UNKNOWN>UNHEALTHY, network UNHEALTHY>HEALTHY, overload UNKNOWN>UNHEALTHY"},
		{"a cause in turn with its effect is told alone", "an ao an ao", "network UNKNOWN>UNHEALTHY"},
		{"whose effect was told earlier, ends it", "ao an ao an ao", "overload UNKNOWN>UNHEALTHY, overload UNHEALTHY>HEALTHY, network UNKNOWN>UNHEALTHY"},
		{"and is not hidden by it", "an an ao ao ao", "network UNKNOWN>UNHEALTHY"},
		{"until the check is judged", "an an ao ao a+", "network UNKNOWN>UNHEALTHY, network UNHEALTHY>HEALTHY"},
		{"what is left of the effect then is told again", "bo ao an bo an a+ bo", "overload UNKNOWN>UNHEALTHY, overload UNHEALTHY>HEALTHY, network UNKNOWN>UNHEALTHY, network UNHEALTHY>HEALTHY, overload HEALTHY>UNHEALTHY"},
		{"the network explains the resolver", "ar ar an an", "resolver UNKNOWN>UNHEALTHY, resolver UNHEALTHY>HEALTHY, network UNKNOWN>UNHEALTHY"},
		{"and the resolver the overload", "ao ao ar ar", "overload UNKNOWN>UNHEALTHY, overload UNHEALTHY>HEALTHY, resolver UNKNOWN>UNHEALTHY"},
		{"what is wanted so is a warning", "ap ap a+", "policy UNKNOWN>DEGRADING, policy DEGRADING>HEALTHY"},
	}
	reasons := map[byte]health.Reason{'d': health.LocalFDs, 'n': health.LocalNetwork, 'o': health.LocalOverload, 'p': health.LocalPolicy, 'r': health.LocalResolver}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &ledger{}
			a := newAlarms("web-07", l, l)
			checks := map[byte]*blindness{}
			at := time.Unix(1_700_000_000, 0)
			for _, word := range strings.Fields(tt.results) {
				r := health.Result{Verdict: health.Indeterminate, Reason: reasons[word[1]], At: at, Text: "so it is"}
				if r.Reason == "" {
					r.Verdict = map[byte]health.Verdict{'+': health.Pass, '-': health.Fail}[word[1]]
				}
				if checks[word[0]] == nil {
					checks[word[0]] = &blindness{}
				}
				a.see(&health.Spec{Name: word[:1]}, checks[word[0]], &r)
				at = at.Add(time.Second)
			}
			got := strings.ReplaceAll(strings.Join(l.moves(""), ", "), "portreeve.local_", "")
			if got != tt.want {
				t.Errorf("%s: %s, want %s", tt.results, got, tt.want)
			}
		})
	}
}

// TestAlarmsForgetWhoIsNotAsked: an alert does not go on for checks that were
// paused, removed or changed.
func TestAlarmsForgetWhoIsNotAsked(t *testing.T) {
	for name, do := range map[string]func(*Checks){
		"paused":  func(c *Checks) { c.Pause("db", "ada", "") },
		"removed": func(c *Checks) { c.Set(nil) },
		"changed": func(c *Checks) {
			c.Set([]Check{{spec("db", func(s *health.Spec) { s.Target = "tcp://192.0.2.2:1" }), passes}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db"), recites("?")})
				stop := running(t, c)
				time.Sleep(time.Minute)
				do(c)
				time.Sleep(time.Minute)
				stop()
				want := []string{"portreeve.local_fds UNKNOWN>UNHEALTHY", "portreeve.local_fds UNHEALTHY>HEALTHY"}
				if got := l.moves(health.SelfPrefix); !slices.Equal(got, want) {
					t.Errorf("about ourselves: %v, want %v", got, want)
				}
				if text := l.of("portreeve.local_fds")[0].Last.Text; text != "check db could not be judged: too many open files" {
					t.Errorf("alert says %q", text)
				}
			})
		})
	}
}

// TestEveryLocalReasonHasItsAlarm: a name that is valid, and a title.
func TestEveryLocalReasonHasItsAlarm(t *testing.T) {
	a := newAlarms("", nil, nil)
	if len(a.all) != len(health.LocalReasons()) || len(a.all) > 16 {
		t.Fatalf("%d alarms", len(a.all))
	}
	for _, al := range a.all {
		if al.spec.Title == "" {
			t.Errorf("%s has no title", al.reason)
		}
		for _, e := range al.spec.Validate() {
			if e.Field == "name" {
				t.Errorf("%s: %v", al.spec.Name, e)
			}
		}
	}
}

// TestARestlessAlarmIsFlapping, as any check's.
func TestARestlessAlarmIsFlapping(t *testing.T) {
	l := &ledger{}
	a := newAlarms("", l, l)
	var b blindness
	at := time.Unix(1_700_000_000, 0)
	for range 10 {
		for _, v := range []health.Verdict{health.Indeterminate, health.Indeterminate, health.Pass} {
			a.see(&health.Spec{Name: "db"}, &b, &health.Result{Verdict: v, Reason: health.LocalFDs, At: at})
			at = at.Add(10 * time.Second)
		}
	}
	if st := l.last(t, "portreeve.local_fds"); !st.Has(health.Flapping) {
		t.Errorf("told %+v", st)
	}
}
