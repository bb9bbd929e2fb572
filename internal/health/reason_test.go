package health

import (
	"slices"
	"testing"
)

// TestReasonsKeepTheirWords: metrics, mails and people's filters hold them.
func TestReasonsKeepTheirWords(t *testing.T) {
	want := []Reason{"local_fds", "local_ports", "local_network", "local_resolver", "local_overload", "local_clock", "local_policy"}
	if got := LocalReasons(); !slices.Equal(got, want) {
		t.Errorf("local reasons = %v", got)
	}
	for _, r := range LocalReasons() {
		if !r.Local() || r.Silent() {
			t.Errorf("%s: local %v, silent %v", r, r.Local(), r.Silent())
		}
	}
	for _, r := range []Reason{Refused, Reset, TLSHandshake, HTTPStatus, NoSuchName, FamilyDead, ""} {
		if r.Local() || r.Silent() {
			t.Errorf("%s: local %v, silent %v", r, r.Local(), r.Silent())
		}
	}
	for _, r := range []Reason{Timeout, Unreachable} {
		if r.Local() || !r.Silent() {
			t.Errorf("%s: local %v, silent %v: our own link may be dead", r, r.Local(), r.Silent())
		}
	}
}

func TestWhatCountsAsUp(t *testing.T) {
	for v, up := range map[Verdict]bool{Pass: true, Warn: true, Fail: false, Indeterminate: false} {
		if v.Up() != up {
			t.Errorf("%s is up: %v", v, v.Up())
		}
	}
	for s, up := range map[Status]bool{Unknown: false, Healthy: true, Degrading: true, Unhealthy: false} {
		if s.Up() != up {
			t.Errorf("%s is up: %v", s, s.Up())
		}
	}
	if len(Statuses()) != 4 || len(Overlays()) != 5 {
		t.Errorf("statuses %v, overlays %v", Statuses(), Overlays())
	}
}
