package procfs

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestScansKeepToTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTree(t)
		p.process(30, 1, "web", 100, 777)
		p.process(40, 1, "late", 200)
		o := p.owners(OwnersOptions{})
		expect(t, o, 777, "web 30 of [30]")
		if o.scans != 1 || o.budget.next.Before(time.Now().Add(time.Millisecond)) {
			t.Fatalf("%d scans, next in %v", o.scans, time.Until(o.budget.next))
		}

		o.budget.next = time.Now().Add(ahead + time.Second) // as if it had been dear
		p.process(40, 1, "late", 200, 888)                  // it was there, and held nothing
		expect(t, o, 888, "unknown: pending")               // no time has passed
		if o.scans != 1 {
			t.Errorf("%d scans within no time", o.scans)
		}
		time.Sleep(time.Second)
		expect(t, o, 888, "late 40 of [40]")

		for range 60 { // a minute of quiet passes
			time.Sleep(time.Second)
			expect(t, o, 888, "late 40 of [40]")
		}
		if o.scans < 3 || o.scans > 4 {
			t.Errorf("%d scans; want the two asked for and one or two for holders that joined", o.scans)
		}
	})
}

func TestHoldersThatJoinAreNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTree(t)
		p.process(30, 1, "web", 100, 777)
		o := p.owners(OwnersOptions{})
		expect(t, o, 777, "web 30 of [30]")
		p.process(31, 30, "worker", 200, 777)
		time.Sleep(29 * time.Second)
		expect(t, o, 777, "web 30 of [30]")
		time.Sleep(time.Until(o.rescan))
		expect(t, o, 777, "web 30 of [30 31]")
	})
}

// TestFactsAreReadAgain after as long as they have held: at once after a
// change that the name shows, later otherwise.
func TestFactsAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTree(t)
		p.process(30, 1, "web", 100, 777)
		o := p.owners(OwnersOptions{})
		if got := known(t, o, 777).Leader; got.UID != 1001 {
			t.Fatalf("user %d", got.UID)
		}
		p.file("30/status", "Uid:\t0\t33\t0\t0\n") // it gave up its privileges
		time.Sleep(time.Second)
		if got := known(t, o, 777).Leader; got.UID != 33 || got.User != "33" {
			t.Errorf("user %d, %s after a second", got.UID, got.User)
		}
		for range 600 {
			time.Sleep(time.Second)
			ownerOf(o, 777)
		}
		p.link("30/exe", "/usr/sbin/web2")
		time.Sleep(latest)
		if got := known(t, o, 777).Leader; got.Exe != "/usr/sbin/web2" {
			t.Errorf("exe %q half a minute after it changed", string(got.Exe))
		}
	})
}
