package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func want(t *testing.T, what string, got []string, want string) {
	t.Helper()
	if g := strings.Join(got, " "); g != want {
		t.Errorf("%s: %q, want %q", what, g, want)
	}
}

// TestDeskTellsOnce: over restarts, at once, with all that is known.
func TestDeskTellsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop", "db")
		stop := o.open()
		o.falls("shop")
		synctest.Wait()
		want(t, "told", o.box.words("shop"), "down")
		stop()
		stop = o.open()
		time.Sleep(time.Hour)
		o.falls("db")
		time.Sleep(time.Second)
		stop()
		time.Sleep(time.Hour - time.Second)
		o.rises("shop") // while nobody reads
		stop = o.open()
		time.Sleep(time.Hour)
		stop()
		want(t, "told", o.box.words("shop"), "down up")
		want(t, "told", o.box.words("db"), "down")
		n := o.box.all()[1].Notice
		if n.Incident != "check/db/1" || n.Title != "The db" || n.Target != "tcp://db:80" || n.Page != "https://watch.example.org/checks/db" ||
			n.Advice == "" || n.LastGood == nil || !slices.Equal(n.Others, []string{"shop"}) || n.OthersCount != 1 || n.Observer != "web-1" ||
			n.Route != "ops" || n.Status != health.Unhealthy || n.Reason != health.Refused || !strings.HasPrefix(n.Key, "ops/test/check/db/1/down/") {
			t.Errorf("told %+v", n)
		}
		up := o.box.all()[2].Notice
		if time.Duration(up.Outage) != 2*time.Hour || up.Status != health.Healthy || up.Advice != "" || len(up.Others) > 0 {
			t.Errorf("told %+v", up)
		}
		if c := o.desk.Counts(); c.Told != 1 || c.Failed != 0 || o.desk.Queue() != 0 {
			t.Errorf("counts %+v, %d in the queue", c, o.desk.Queue())
		}
	})
}

// TestDeskWithADeadChannel: six hours in which nothing is taken, and things go
// on. Then nothing is lost, and there is one notice of each target at most.
func TestDeskWithADeadChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const checks = 600
		var names []string
		for i := range checks {
			names = append(names, fmt.Sprintf("c%03d", i))
		}
		o := newOffice(t, Route{Recovery: true, RemindEvery: time.Hour}, names...)
		stop := o.open()
		for _, name := range names[:checks/3] { // told before
			o.falls(name)
		}
		time.Sleep(time.Minute)
		if n := len(o.box.all()); n != checks/3 {
			t.Fatalf("%d notices, want %d", n, checks/3)
		}
		o.box.refuses(errRefused)
		for _, name := range names[:checks/3] {
			o.rises(name)
		}
		for _, name := range names[checks/3:] {
			o.falls(name)
		}
		time.Sleep(time.Hour)
		for _, name := range names[2*checks/3:] {
			o.rises(name)
		}
		time.Sleep(3 * time.Hour)
		stop() // a restart in between
		stop = o.open()
		time.Sleep(2 * time.Hour)
		before, tries := len(o.box.all()), o.box.attempts()
		if tries -= before; tries > 200 {
			t.Errorf("%d tries at a dead channel in six hours", tries)
		}
		if n := o.desk.Queue(); n != checks {
			t.Errorf("%d notices in the queue, want %d", n, checks)
		}
		o.box.refuses(nil)
		time.Sleep(10 * time.Minute)
		told := map[string]string{}
		for _, s := range o.box.all()[before:] {
			told[s.Check] += string(s.Kind)
		}
		for i, name := range names {
			if want := []string{"up", "down", "summary"}[i/(checks/3)]; told[name] != want {
				t.Errorf("%s was told %q afterwards, want %s", name, told[name], want)
			}
		}
		if n := o.desk.Queue(); n != 0 {
			t.Errorf("%d notices in the queue", n)
		}
		for i, name := range names {
			if i < 2*checks/3 && i >= checks/3 {
				o.rises(name)
			}
		}
		time.Sleep(time.Minute)
		stop()
		if n := len(o.box.all()); n != before+checks+checks/3 {
			t.Errorf("%d notices, want %d", n, before+checks+checks/3)
		}
	})
}

// TestDeskKeepsTheOrder: of one check one notice at a time, while others go
// past.
func TestDeskKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "a", "b", "c", "d", "e", "f")
		o.box.takes = 3 * time.Second
		stop := o.open()
		for range 20 {
			for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
				o.falls(name)
				time.Sleep(100 * time.Millisecond)
				o.rises(name)
			}
		}
		time.Sleep(time.Hour)
		stop()
		if len(o.box.clashes) > 0 {
			t.Errorf("side by side: %q", o.box.clashes)
		}
		believes(t, o.box.all(), nil)
	})
}

// TestDeskSparesNobodyForOne: a notice that is refused again and again delays
// only those of its check.
func TestDeskSparesNobodyForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "bad", "good")
		o.box.answers(func(n Notice) error {
			if n.Check == "bad" {
				return &Failure{Err: errRefused}
			}
			return nil
		})
		stop := o.open()
		o.falls("bad")
		for range 30 {
			o.falls("good")
			began := time.Now()
			time.Sleep(10 * time.Second)
			all := o.box.all()
			if last := all[len(all)-1]; last.Kind != Down || last.at.Sub(began) > 8*time.Second {
				t.Fatalf("told %s after %v", last.Kind, last.at.Sub(began))
			}
			o.rises("good")
			time.Sleep(time.Minute)
		}
		o.box.answers(nil)
		time.Sleep(10 * time.Minute)
		stop()
		want(t, "told of bad", o.box.words("bad"), "down")
	})
}

// TestDeskParksWhatIsNeverTaken: it is kept to be seen, over restarts, and
// blocks nothing.
func TestDeskParksWhatIsNeverTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop")
		o.box.answers(func(n Notice) error {
			if n.Kind == Down {
				return &Failure{Err: fmt.Errorf("mailbox unknown"), Permanent: true}
			}
			return nil
		})
		stop := o.open()
		for range maxParked + 5 {
			o.falls("shop")
			time.Sleep(time.Second)
			o.rises("shop")
			time.Sleep(time.Second)
		}
		stop()
		stop = o.open()
		o.falls("shop")
		time.Sleep(time.Second)
		stop()
		parked := o.desk.Parked()
		if len(parked) != maxParked {
			t.Fatalf("%d parked, want %d", len(parked), maxParked)
		}
		for i, p := range parked {
			if want := fmt.Sprintf("check/shop/%d", 2*(i+7)-1); p.Notice.Incident != want || p.Err != "mailbox unknown" || p.At.IsZero() {
				t.Fatalf("parked %d: %+v, want %s", i, p, want)
			}
		}
		if n := len(o.box.all()); n != maxParked+5 || o.desk.Queue() != 0 {
			t.Errorf("%d told, %d wait, want every recovery", n, o.desk.Queue())
		}
	})
}

// TestDeskObeysAfter: a receiver that wants time gets it, from every check.
func TestDeskObeysAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "a", "b")
		o.box.refuses(&Failure{Err: errRefused, After: 30 * time.Minute})
		stop := o.open()
		began := time.Now()
		o.falls("a")
		synctest.Wait()
		o.box.refuses(nil)
		o.falls("b")
		time.Sleep(time.Hour)
		stop()
		all := o.box.all()
		if len(all) != 2 || all[0].at.Sub(began) < 30*time.Minute || all[1].at.Sub(began) > 31*time.Minute {
			t.Errorf("told %v", all)
		}
	})
}

// TestDeskBounds what a receiver may ask for.
func TestDeskBoundsAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "a")
		o.box.refuses(&Failure{Err: errRefused, After: 10 * 365 * 24 * time.Hour})
		stop := o.open()
		o.falls("a")
		synctest.Wait()
		o.box.refuses(nil)
		time.Sleep(waitMost + time.Minute)
		stop()
		want(t, "told", o.box.words("a"), "down")
	})
}

// TestDeskDoubts: what may have been taken is told again word for word, before
// anything newer.
func TestDeskDoubts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop")
		o.box.refuses(&Failure{Err: errRefused, Doubtful: true})
		stop := o.open()
		o.falls("shop")
		time.Sleep(time.Minute)
		stop()
		o.rises("shop")
		stop = o.open()
		time.Sleep(time.Minute)
		o.box.refuses(nil)
		time.Sleep(10 * time.Minute)
		stop()
		believes(t, o.box.all(), nil)
		all := o.box.all()
		if n := len(all); n < 4 || all[n-1].Kind != Up || all[n-2].Kind != Down {
			t.Errorf("told %q", o.box.words("shop"))
		}
	})
}

// TestDeskCutsATarpitShort, and what it may have taken is in doubt.
func TestDeskCutsATarpitShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop")
		o.box.takes = 24 * time.Hour
		stop := o.open()
		o.falls("shop")
		time.Sleep(10 * time.Minute)
		if n := o.box.attempts(); n < 3 || n > 6 {
			t.Errorf("%d tries in ten minutes, want one in two", n)
		}
		o.rises("shop")
		began := time.Now()
		stop()
		if took := time.Since(began); took > drain {
			t.Errorf("stopped after %v, want at most %v", took, drain)
		}
		o.box.takes = time.Second
		stop = o.open()
		time.Sleep(10 * time.Minute)
		stop()
		want(t, "told", o.box.words("shop"), "down up")
		if a, b := o.box.tries[0].Key, o.box.all()[0].Key; a != b {
			t.Errorf("tried as %s, told as %s", a, b)
		}
	})
}

// TestDeskEndsWhatItHasBegun when it is stopped.
func TestDeskEndsWhatItHasBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop")
		o.box.takes = 4 * time.Second
		stop := o.open()
		o.falls("shop")
		time.Sleep(time.Second)
		stop()
		want(t, "told", o.box.words("shop"), "down")
		stop = o.open()
		time.Sleep(time.Hour)
		stop()
		if o.box.attempts() != 1 {
			t.Errorf("%d tries, want one", o.box.attempts())
		}
	})
}
