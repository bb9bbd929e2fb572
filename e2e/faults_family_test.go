package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestDeadFamily has the IPv6 address of a name fall silent while that of IPv4
// answers: a warning, and no outage, unless both are demanded. A name whose IPv6
// address never answered, as localhost where the server knows IPv4 alone, is
// well.
func TestDeadFamily(t *testing.T) {
	t.Parallel()
	w := newIsland(t)
	w.names()
	w.here.accept("127.0.0.1:8080")
	file := write(t, "portreeve.yaml", "defaults: {interval: 1s, timeout: 900ms}\nchecks:\n"+
		"  - {name: dual, target: \"tcp://dual.test:80\"}\n"+
		"  - {name: strict, target: \"tcp://dual.test:80\", family: both}\n"+
		"  - {name: home, target: \"tcp://localhost:8080\"}\n")
	s := w.serve(nil, resolverAddress, file)
	healthy(s, 3, 10*time.Second)

	w.hole("ip6 daddr fd09::1")
	eventually(t, 10*time.Second, func() string { return told(s, "dual", "DEGRADING") })
	eventually(t, 10*time.Second, func() string { return told(s, "strict", "UNHEALTHY") })
	time.Sleep(4 * time.Second) // it goes on to be a warning
	if up := sum(t, s.get("/metrics"), `portreeve_check_up{check="dual"`); up != 1 {
		t.Errorf("check_up is %v while one family answers", up)
	}
	w.fill()
	eventually(t, 10*time.Second, func() string { return moves(s, "strict", "HEALTHY DEGRADING UNHEALTHY HEALTHY") })
	eventually(t, 10*time.Second, func() string { return moves(s, "dual", "HEALTHY DEGRADING HEALTHY") })

	for _, c := range changes(s) {
		switch {
		case c.Check == "dual" && c.To == "DEGRADING" && (c.Reason != "family_dead" || !strings.Contains(c.Text, "fd09::1")):
			t.Errorf("the warning is told as %s, %q", c.Reason, c.Text)
		case c.Check == "strict" && c.To == "UNHEALTHY" && c.Reason != "timeout":
			t.Errorf("with both demanded, one that is silent is told as %s, %q", c.Reason, c.Text)
		}
	}
	if words := moves(s, "home", "HEALTHY"); words != "" {
		t.Error(words)
	}
}

// moves says that a check did not go through these statuses alone.
func moves(s *islander, check, want string) string {
	var to []string
	for _, c := range changes(s) {
		if c.Check == check && c.Overlay == "" {
			to = append(to, c.To)
		}
	}
	if got := strings.Join(to, " "); got != want {
		return fmt.Sprintf("%s went through %s, want %s", check, got, want)
	}
	return ""
}
