package notify

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// TestDeskHeedsNoMarks: they begin no outage, end none, remind nobody, and are
// not worth a commit of their own.
func TestDeskHeedsNoMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, Route{Recovery: true, Degrading: true}, "shop", "db")
		stop := o.open()
		all := func(check string) {
			for _, m := range []health.Mark{health.Registered, health.Restarted, health.TakenOver, health.Released, health.Deregistered} {
				o.marks(check, m)
				time.Sleep(100 * time.Millisecond)
			}
		}
		o.falls("shop")
		time.Sleep(time.Minute)
		var before, after int
		o.book.do(func() { before = o.book.commits })
		all("shop")
		all("db")
		if o.book.do(func() { after = o.book.commits }); after != before {
			t.Errorf("%d commits for marks", after-before)
		}
		stop()
		stop = o.open()
		o.rises("shop")
		all("shop")
		time.Sleep(time.Hour)
		stop()
		want(t, "told", o.box.words("shop"), "down up")
		want(t, "told", o.box.words("db"), "")
	})
}

// TestDeskSurveysPastMarks: a desk that is new to a journal whose newest entry of
// a check is a mark tells of the outage by the entry that began it; by its own
// words where that is gone, and not by those of the mark.
func TestDeskSurveysPastMarks(t *testing.T) {
	for _, pruned := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, every, "shop")
			o.falls("shop")
			began := time.Now()
			time.Sleep(time.Minute)
			o.marks("shop", health.Restarted)
			if pruned {
				o.book.do(func() {
					o.book.entries[0].Change = &health.Change{Check: "shop", From: health.Unknown, To: health.Healthy}
				})
			}
			stop := o.open()
			time.Sleep(time.Minute)
			o.rises("shop")
			time.Sleep(time.Minute)
			stop()
			want(t, "told", o.box.words("shop"), "down up")
			down := o.box.all()[0].Notice
			incident, text := "check/shop/1", "connection refused"
			if pruned {
				incident, text = "check/shop/2", ""
			}
			if down.Incident != incident || string(down.Text) != text || down.By != "" || !down.Began.Equal(began) {
				t.Errorf("told %+v, want %s since %v: %q", down, incident, began, text)
			}
		})
	}
}

// TestDeskInheritsPastMarks: an outage that the journal before told of is told no
// second time, whatever happened to the check last.
func TestDeskInheritsPastMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, Route{Recovery: true, RemindEvery: time.Hour}, "shop")
		o.town.turn("shop", health.Unhealthy)
		began, now := time.Now().Add(-time.Hour), time.Now()
		o.desk = NewDesk("ops/test", o.route, o.book, o.town, o.box, o.log)
		if err := o.desk.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.desk.Inherit([]event.Entry{{Stream: "check/shop", Number: 9, At: now, Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: health.Unhealthy, At: now, Began: now, Down: began, Mark: health.Restarted, By: "192.0.2.7", Text: "for the 2nd time",
		}}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = o.desk.Run(ctx)
		}()
		time.Sleep(90 * time.Minute)
		cancel()
		<-done
		want(t, "told", o.box.words("shop"), "reminder")
		if n := o.box.all()[0].Notice; !n.Began.Equal(began) || n.Text != "" || n.By != "" {
			t.Errorf("reminded of %+v", n)
		}
	})
}
