package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

func (b *book) Heads(_ context.Context, prefix string) ([]event.Entry, error) {
	if b.surveyed != nil {
		b.surveyed()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	newest := map[string]event.Entry{}
	for _, e := range b.entries {
		if strings.HasPrefix(e.Stream, prefix) {
			newest[e.Stream] = e.Entry
		}
	}
	var heads []event.Entry
	for _, stream := range slices.Sorted(maps.Keys(newest)) {
		heads = append(heads, newest[stream])
	}
	return heads, b.reads
}

func (b *book) Changes(_ context.Context, q event.Query) (found []event.Recorded, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if c := e.Change; c.Check == q.Check && (!q.Outages || c.Moved() && (c.From == health.Unhealthy || c.To == health.Unhealthy)) {
			found = append(found, e)
		}
	}
	return found[max(0, len(found)-q.Limit):], b.reads // all who ask want the newest
}

// TestDeskBegins: at the end of a journal that it is new to, with what goes on.
func TestDeskBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop", "db", "mail")
		began := time.Now()
		for _, name := range []string{"shop", "db", "mail"} {
			o.falls(name)
		}
		o.rises("db")
		o.book.append(health.Change{Check: "mail", From: health.Unhealthy, To: health.Unhealthy, At: time.Now(), Began: time.Now(), Overlay: health.Maintenance,
			Down: began, Overlays: []health.Overlay{health.Maintenance}})
		time.Sleep(time.Hour)
		stop := o.open()
		time.Sleep(time.Minute)
		stop()
		stop = o.open()
		time.Sleep(time.Minute)
		want(t, "told", o.box.words("shop"), "down")
		if n := o.box.all()[0]; n.Incident != "check/shop/1" || !n.Began.Equal(began) || n.Key != fmt.Sprintf("ops/test/check/shop/1/down/%d", began.UnixNano()) {
			t.Errorf("told %+v", n.Notice)
		}
		o.book.append(health.Change{Check: "mail", From: health.Unhealthy, To: health.Unhealthy, At: time.Now(), Began: time.Now(), Overlay: health.Maintenance, Ended: true, Down: began})
		o.rises("shop")
		time.Sleep(time.Minute)
		o.falls("shop")
		time.Sleep(time.Minute)
		stop()
		want(t, "told", o.box.words("shop"), "down up down")
		want(t, "told", o.box.words("db"), "")
		want(t, "told", o.box.words("mail"), "down")
		for _, s := range o.box.all() {
			if s.Check == "mail" && (s.Incident != "check/mail/1" || !s.Began.Equal(began)) {
				t.Errorf("told %+v", s.Notice)
			}
		}
	})
}

// TestDeskBeginsWhileItIsWritten: an outage that begins between the end that the
// desk finds and its look at what goes on is told once.
func TestDeskBeginsWhileItIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop")
		o.book.append(health.Change{Check: "shop", From: health.Unknown, To: health.Healthy, At: time.Now(), Began: time.Now()})
		o.book.surveyed = func() { o.falls("shop") }
		stop := o.open()
		time.Sleep(time.Minute)
		o.rises("shop")
		time.Sleep(time.Minute)
		stop()
		want(t, "told", o.box.words("shop"), "down up")
	})
}
