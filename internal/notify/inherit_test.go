package notify

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// TestDeskInherits: of an outage that another journal knew of, only the end is
// told, with its whole length, over a restart; one that is up, and one that tells
// another route, are nobody's.
func TestDeskInherits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop", "db", "mail")
		o.town.states["mail"].Spec.Alerts = nil
		began := time.Now().Add(-time.Hour)
		var heads []event.Entry
		for check, to := range map[string]health.Status{"shop": health.Unhealthy, "db": health.Healthy, "mail": health.Unhealthy} {
			c := &health.Change{Check: check, From: health.Degrading, To: to, At: began.Add(time.Second), Began: began, Reason: health.Refused}
			if to == health.Unhealthy {
				c.Down = began
			}
			heads = append(heads, event.Entry{Stream: event.CheckStream(check), Number: 7, At: c.At, Observer: "web-1", Change: c})
		}
		d := NewDesk("ops/test", o.route, o.book, o.town, o.box, o.log)
		if err := d.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.Inherit(heads)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- d.Run(ctx) }()
		time.Sleep(time.Minute)
		cancel()
		<-ended
		want(t, "told", o.box.words("shop"), "")
		stop := o.open()
		o.rises("shop")
		time.Sleep(time.Minute)
		stop()
		want(t, "told", o.box.words("shop"), "up")
		want(t, "told", o.box.words("db"), "")
		want(t, "told", o.box.words("mail"), "")
		if n := o.box.all()[0].Notice; n.Incident != "check/shop/7" || !n.Began.Equal(began) {
			t.Errorf("told %+v", n)
		}
	})
}

// TestDeskInheritsWhatItHasSurveyed: the journal that is new has the outage from
// the one before. Its end alone is told; killed before Run could say that it was
// told, its beginning is told once more, by the key that it always had.
func TestDeskInheritsWhatItHasSurveyed(t *testing.T) {
	for _, killed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, every, "shop")
			began := time.Now()
			o.falls("shop")
			time.Sleep(time.Hour)
			d := NewDesk("ops/test", o.route, o.book, o.town, o.box, o.log)
			if err := d.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			expected := "down up"
			if !killed {
				d.Inherit([]event.Entry{o.book.entries[0].Entry})
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- d.Run(ctx) }()
				time.Sleep(time.Minute)
				cancel()
				<-ended
				expected = "up"
			}
			stop := o.open()
			time.Sleep(time.Minute)
			o.rises("shop")
			time.Sleep(time.Minute)
			stop()
			want(t, "told", o.box.words("shop"), expected)
			if n := o.box.all()[0]; killed && n.Key != fmt.Sprintf("ops/test/check/shop/1/down/%d", began.UnixNano()) {
				t.Errorf("told by the key %s", n.Key)
			}
		})
	}
}
