package e2e

import (
	"fmt"
	"testing"
	"time"
)

// TestResolverFallsSilent has the resolver of a thousand names die: the last
// addresses go on, nobody is called down, and we say once that it is silent. A
// target that dies meanwhile is believed.
func TestResolverFallsSilent(t *testing.T) {
	t.Parallel()
	w := newIsland(t)
	names := w.names()
	s := w.serve(nil, resolverAddress, w.byName(crowd))
	healthy(s, crowd, 20*time.Second)
	w.hole("ip daddr " + resolverAddress)
	eventually(t, 30*time.Second, func() string { return told(s, resolverAlert, "UNHEALTHY") })
	time.Sleep(3 * namesInterval)
	if theirs := of(changes(s), false); len(theirs) != 0 {
		t.Fatalf("%d changes of targets are told, such as %+v", len(theirs), theirs[0])
	}
	healthy(s, crowd, time.Second)

	cut := time.Now()
	w.hole(fmt.Sprintf("ip daddr %s", w.target(5)))
	eventually(t, 4*namesInterval, func() string { return told(s, "h0005", "UNHEALTHY") })
	t.Logf("without a resolver, a target is down %v after it fell silent", time.Since(cut).Round(10*time.Millisecond))
	w.fill()
	eventually(t, 30*time.Second, func() string { return moves(s, "h0005", "HEALTHY DEGRADING UNHEALTHY HEALTHY") })
	eventually(t, 30*time.Second, func() string { return told(s, resolverAlert, "HEALTHY") })
	alertOnce(t, s, resolverAlert, "h")
	if names.asked.Load() == 0 {
		t.Error("nobody asked the resolver")
	}
}

// TestResolverNeverAnswers has a thousand names that nobody can look up.
func TestResolverNeverAnswers(t *testing.T) {
	t.Parallel()
	w := newIsland(t)
	w.names()
	w.hole("ip daddr " + resolverAddress)
	s := w.serve(nil, resolverAddress, w.byName(crowd))
	eventually(t, 30*time.Second, func() string { return told(s, resolverAlert, "UNHEALTHY") })
	time.Sleep(3 * namesInterval)
	metrics := s.get("/metrics")
	if unknown := count(t, metrics, "unknown"); unknown != crowd {
		t.Errorf("%d of %d targets are unknown", unknown, crowd)
	}
	if n := sum(t, metrics, `portreeve_check_unknown_total{reason="local_resolver"`); n < crowd {
		t.Errorf("%v results were void for want of a resolver", n)
	}
	w.fill()
	healthy(s, crowd, 30*time.Second)
	eventually(t, 10*time.Second, func() string { return told(s, resolverAlert, "HEALTHY") })
	onlyAlert(t, s, resolverAlert, "h")
}
