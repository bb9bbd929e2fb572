package notify

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// TestDeskTellsWhyOfAPause: by whom and what for, beside why the check was down.
func TestDeskTellsWhyOfAPause(t *testing.T) {
	for _, by := range []foreign.Text{"token ops", health.AfterOutage} {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t, every, "shop")
			o.town.states["shop"].Spec.Origin = health.FromAPI
			stop := o.open()
			o.falls("shop")
			began := time.Now()
			time.Sleep(time.Hour)
			at := time.Now()
			o.book.append(health.Change{
				Check: "shop", From: health.Unhealthy, To: health.Unhealthy, At: at, Began: at, Overlay: health.Paused, By: by, Text: "as agreed",
				Down: began, Overlays: []health.Overlay{health.Paused},
			})
			time.Sleep(time.Hour)
			stop()
			want(t, "told", o.box.words("shop"), "down paused")
			n := o.box.all()[1].Notice
			if n.By != by || n.Why != "as agreed" || n.Text != "connection refused" || n.Reason != health.Refused || !n.Began.Equal(began) || !n.At.Equal(at) ||
				n.Status != health.Unhealthy || !n.Registered {
				t.Errorf("told %+v", n)
			}
			if n := o.box.all()[0].Notice; n.Why != "" || n.Registered {
				t.Errorf("of the outage: %+v", n)
			}
		})
	}
}
