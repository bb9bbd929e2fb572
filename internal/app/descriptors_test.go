package app

import "testing"

func TestDivideNeverGivesMoreThanThereIs(t *testing.T) {
	for _, limit := range []int{48, 64, 128, 256, 1024, 4096, 20000, 65536, 1 << 20} {
		d := divide(limit)
		spent := d.own + d.conns + d.streams + d.callers + max(1, d.callers/8) + d.lookups*perLookup + (d.live+d.inFlight)*perCheck
		if spent > limit {
			t.Errorf("of %d descriptors %d are given out: %+v", limit, spent, d)
		}
		if limit >= 256 && spent < limit*9/10 {
			t.Errorf("of %d descriptors only %d are given out: %+v", limit, spent, d)
		}
	}
}

func TestDivideGivesEachSomething(t *testing.T) {
	for _, limit := range []int{0, 10, 30, 40} {
		if d := divide(limit); d.conns < 1 || d.streams < 1 || d.callers < 1 || d.lookups < 1 || d.live < 1 || d.inFlight < 1 {
			t.Errorf("of %d descriptors somebody gets none: %+v", limit, d)
		}
	}
}
