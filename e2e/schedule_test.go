package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTenThousandTargetsOnTheClock asks 10,000 targets every 5 s, 2 % of them
// silent: all are seen within the first interval, and no healthy target misses
// a slot for those that hang.
func TestTenThousandTargetsOnTheClock(t *testing.T) {
	const targets, silent, interval = 10_000, 50, 5 * time.Second // every 50th is silent
	f := newFarm(t)
	file := config(t, "defaults: {interval: 5s, timeout: 2s}", targets, func(i int) string {
		port := f.tcp
		if i%silent == 0 {
			port = f.black
		}
		return fmt.Sprintf("{name: t%05d, target: \"tcp://%s:%d\"}", i, f.addr(i), port)
	})
	s := serve(t, "--config", file)
	began := time.Now()
	sumOf := func(series string) int { return int(sum(t, s.get("/metrics"), series)) }
	eventually(t, interval+3*time.Second, func() string { // the silent ones need their timeout
		if up := sumOf("portreeve_check_up{"); up < targets-targets/silent {
			return fmt.Sprintf("%d targets seen up after %v", up, time.Since(began))
		}
		return ""
	})
	t.Logf("all healthy targets seen after %v", time.Since(began).Round(10*time.Millisecond))

	time.Sleep(3 * interval)
	eventually(t, 12*interval, func() string { // on a busy machine failures are void for a while
		if down := sumOf(`portreeve_check_state{state="unhealthy"`); down != targets/silent {
			return fmt.Sprintf("%d targets are down, want %d", down, targets/silent)
		}
		return ""
	})
	metrics := s.get("/metrics")
	t.Logf("lag: %s", quantile(t, metrics, "portreeve_schedule_lag_seconds", 0.99))
	skipped, void := sum(t, metrics, "portreeve_schedule_skipped_total"), sum(t, metrics, "portreeve_schedule_void_total")
	if late := above(t, metrics, "portreeve_schedule_lag_seconds", 0.5); late > 0 {
		t.Logf("this machine was too busy to judge by: %v questions were more than 0.5 s late, %v slots skipped, %v results void", late, skipped, void)
	} else if skipped != 0 {
		t.Errorf("%v slots were skipped", skipped)
	}
	if up := sumOf("portreeve_check_up{"); up != targets-targets/silent {
		t.Errorf("%d targets are up, want all %d healthy ones", up, targets-targets/silent)
	}
	if n := timeWaits(t, f.tcp); n != 0 {
		t.Errorf("%d sockets in TIME_WAIT", n)
	}
}

// sum adds up the values of the series that begin with prefix; a prefix that
// ends in a label matches that label anywhere.
func sum(t testing.TB, metrics, prefix string) float64 {
	t.Helper()
	name, label, _ := strings.Cut(prefix, "{")
	total := 0.0
	for line := range strings.Lines(metrics) {
		series, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		rest, found := strings.CutPrefix(series, name)
		if !ok || !found || strings.HasPrefix(line, "#") || rest != "" && rest[0] != '{' || !strings.Contains(rest, label) {
			continue
		}
		var v float64
		if _, err := fmt.Sscan(value, &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		total += v
	}
	return total
}

// quantile words the bucket of a histogram without other labels that the q-th
// quantile falls into.
func quantile(t testing.TB, metrics, name string, q float64) string {
	t.Helper()
	total := sum(t, metrics, name+"_count")
	for line := range strings.Lines(metrics) {
		var count float64
		bound, value, ok := strings.Cut(strings.TrimPrefix(line, name+`_bucket{le="`), `"} `)
		if !ok || !strings.HasPrefix(line, name+"_bucket") {
			continue
		}
		if _, err := fmt.Sscan(value, &count); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if count >= q*total {
			return fmt.Sprintf("p%v <= %s s of %v checks", 100*q, bound, total)
		}
	}
	return "unknown"
}

// above counts the observations of a histogram without other labels that are
// greater than one of its bounds.
func above(t testing.TB, metrics, name string, bound float64) float64 {
	t.Helper()
	return sum(t, metrics, name+"_count") - sum(t, metrics, fmt.Sprintf("%s_bucket{le=\"%v\"", name, bound))
}
