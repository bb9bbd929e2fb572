package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	crowd         = 1000 // targets
	crowdInterval = 2 * time.Second
	crowdDefaults = "defaults: {interval: 2s, timeout: 1s, unhealthy_threshold: 2, healthy_threshold: 2}"
	// A silent resolver is waited for, for up to half of the timeout.
	namesInterval = 3 * time.Second
	namesDefaults = "defaults: {interval: 3s, timeout: 2s, unhealthy_threshold: 2, healthy_threshold: 2}"
	networkAlert  = "portreeve.local_network"
	resolverAlert = "portreeve.local_resolver"
)

// A change is one of the journal, as far as these tests look.
type change struct {
	Check, From, To, Reason, Text, Overlay string
	At, Began                              time.Time
}

// changes reads the journal from its beginning.
func changes(s *islander) []change {
	s.t.Helper()
	var all []change
	cursor := "start"
	for {
		var report struct {
			Items []struct {
				Cursor string
				Change *change
			}
		}
		if err := json.Unmarshal([]byte(s.get("/api/v1/events?limit=1000&since="+cursor)), &report); err != nil {
			s.t.Fatal(err)
		}
		for _, item := range report.Items {
			cursor = item.Cursor
			if item.Change != nil {
				all = append(all, *item.Change)
			}
		}
		if len(report.Items) == 0 {
			return all
		}
	}
}

// of returns the changes of checks, ours about ourselves or theirs, that are
// not the first: what anybody is told of.
func of(all []change, ours bool) (told []change) {
	for _, c := range all {
		if c.Overlay == "STALE" { // that nobody could see it is no change of the target
			continue
		}
		if strings.HasPrefix(c.Check, "portreeve.") == ours && (ours || c.From != "UNKNOWN" || c.To != "HEALTHY") {
			told = append(told, c)
		}
	}
	return told
}

// count returns how many checks have a status, not counting those about
// ourselves.
func count(t testing.TB, metrics, status string) int {
	all := sum(t, metrics, `portreeve_check_state{state="`+status+`"`)
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, `portreeve_check_state{check="portreeve.`) && strings.Contains(line, `state="`+status+`"} 1`) {
			all--
		}
	}
	return int(all)
}

// healthy waits until so many checks are healthy.
func healthy(s *islander, n int, within time.Duration) {
	s.t.Helper()
	eventually(s.t, within, func() string {
		if got := count(s.t, s.get("/metrics"), "healthy"); got != n {
			return fmt.Sprintf("%d of %d targets are healthy", got, n)
		}
		return ""
	})
}

// byAddress is a configuration of many targets by address, byName by name.
func (w *island) byAddress(n int) string {
	return config(w.t, crowdDefaults, n, func(i int) string { return fmt.Sprintf(`{name: h%04d, target: "tcp://%s:80"}`, i, w.target(i)) })
}

func (w *island) byName(n int) string {
	return config(w.t, namesDefaults, n, func(i int) string { return fmt.Sprintf(`{name: h%04d, target: "tcp://h%d.test:80"}`, i, i) })
}

// TestOwnLinkFails cuts a machine off from a thousand targets, in each way that
// looks different to it: nobody is called down, we say so once of ourselves, and
// when the link is back nobody recovers but we.
func TestOwnLinkFails(t *testing.T) {
	for _, fault := range []struct {
		name      string
		cut, mend func(*island)
		evidence  string
	}{
		{"link down", func(w *island) { w.here.ip("link set eth0 down") },
			func(w *island) { w.here.ip("link set eth0 up", "addr replace fd00::2/64 dev eth0 nodad"); w.route() }, ""},
		{"carrier lost", func(w *island) { w.lan.ip("link set near down") }, func(w *island) { w.lan.ip("link set near up") }, "eth0 has lost its carrier"},
		{"switch dead", func(w *island) { w.lan.ip("link set far down") }, func(w *island) { w.lan.ip("link set far up") }, "the gateway 10.0.0.1 on eth0"},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel() // it mostly waits
			w := newIsland(t)
			w.names()
			s := w.serve(nil, resolverAddress, w.byAddress(crowd))
			healthy(s, crowd, 15*time.Second)
			cut := time.Now()
			fault.cut(w)
			eventually(t, 10*time.Second, func() string { return told(s, networkAlert, "UNHEALTHY") })
			t.Logf("told of ourselves after %v", time.Since(cut).Round(10*time.Millisecond))
			time.Sleep(4 * crowdInterval) // every target is asked four times
			if n := sum(t, s.get("/metrics"), `portreeve_check_unknown_total{reason="local_network"`); n < 3*crowd {
				t.Errorf("%v results were void", n)
			}
			fault.mend(w)
			eventually(t, 30*time.Second, func() string { return told(s, networkAlert, "HEALTHY") })
			time.Sleep(2 * crowdInterval)
			healthy(s, crowd, time.Second)
			onlyAlert(t, s, networkAlert, fault.evidence)
		})
	}
}

// told says that the journal does not hold a change to a status.
func told(s *islander, check, to string) string {
	for _, c := range changes(s) {
		if c.Check == check && c.To == to {
			return ""
		}
	}
	return fmt.Sprintf("%s is not told to be %s", check, to)
}

// onlyAlert expects that the one alert about ourselves began and ended, with its
// evidence, and nothing else was told of anybody.
func onlyAlert(t *testing.T, s *islander, alert, evidence string) {
	t.Helper()
	if theirs := of(changes(s), false); len(theirs) != 0 {
		t.Errorf("%d changes of targets are told, such as %+v", len(theirs), theirs[0])
	}
	alertOnce(t, s, alert, evidence)
}

// alertOnce expects that of ourselves is told one thing: that the alert began,
// with its evidence, and ended.
func alertOnce(t *testing.T, s *islander, alert, evidence string) {
	t.Helper()
	ours := of(changes(s), true)
	if len(ours) != 2 || ours[0].Check != alert || ours[0].To != "UNHEALTHY" || ours[1].Check != alert || ours[1].To != "HEALTHY" {
		t.Fatalf("of ourselves is told %+v, want that %s began and ended", ours, alert)
	}
	if !strings.Contains(ours[0].Text, evidence) {
		t.Errorf("the alert says %q, not %q", ours[0].Text, evidence)
	}
}

// TestBlackHoleIsBelieved has one target of a thousand fall silent: it is down as
// soon as its threshold says, and its outage began with its first failure.
func TestBlackHoleIsBelieved(t *testing.T) {
	t.Parallel()
	const victim = 77
	w := newIsland(t)
	w.names()
	s := w.serve(nil, resolverAddress, w.byAddress(crowd))
	healthy(s, crowd, 15*time.Second)
	cut := time.Now()
	w.hole(fmt.Sprintf("ip daddr %s", w.target(victim)))
	const due = 2*crowdInterval + 2*time.Second // two failures: a slot just missed, two timeouts, and a look at ourselves
	eventually(t, time.Minute, func() string { return told(s, "h0077", "UNHEALTHY") })
	starved := sum(t, s.get("/metrics"), "portreeve_schedule_void_total") > 0 // then failures prove nothing for a while
	all := changes(s)
	for _, c := range of(all, false) {
		if c.Check != "h0077" {
			t.Errorf("another target is told of: %+v", c)
		}
		if late := c.At.Sub(cut); c.To == "UNHEALTHY" && (late > due && !starved || c.Reason != "timeout") {
			t.Errorf("told after %v, for %s", late, c.Reason)
		}
		if c.To == "UNHEALTHY" {
			t.Logf("down %v after it fell silent", c.At.Sub(cut).Round(10*time.Millisecond))
		}
	}
	if ours := of(all, true); len(ours) != 0 {
		t.Errorf("of ourselves is told %+v", ours)
	}
	w.fill()
	eventually(t, 15*time.Second, func() string { return moves(s, "h0077", "HEALTHY DEGRADING UNHEALTHY HEALTHY") })
}
