package notify

import (
	"context"
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
