package app

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/notify"
)

// Desks tell people: one desk for each channel of each route. They change with
// the configuration while they run. It is safe for concurrent use.
type desks struct {
	journal journal.Journal
	site    notify.Site
	make    func(*config.Alert) ([]channel, error)
	log     *slog.Logger

	inherited []event.Entry // what the journal before this one said last; nil: there was none, or it is this one

	changing   sync.Mutex // held while routes are exchanged, before mu
	allowances allowances

	mu     sync.Mutex // held for moments
	routes map[string]*openRoute
	ctx    context.Context // of those that run; nil before
}

// newDesks returns the desks of a house, none yet.
func newDesks(h *house) *desks {
	base := h.config.URL
	if base == "" {
		base = h.page
	}
	base = strings.TrimRight(base, "/")
	return &desks{
		inherited: h.inherited, journal: h.journal, log: h.log, routes: map[string]*openRoute{},
		site: &site{Board: h.board, registry: h.registry, url: base},
		make: func(a *config.Alert) ([]channel, error) {
			if h.config.Test {
				return []channel{{"test", printer{h.log}}}, nil
			}
			return channels(a, h.log)
		},
	}
}

// An openRoute is a route with its desks.
type openRoute struct {
	alert *config.Alert
	desks []*notify.Desk
	names []string // of the desks
	stop  context.CancelFunc
	ended sync.WaitGroup
}

// A channel is one way of a route.
type channel struct {
	name   string // within the route
	sender notify.Sender
}

// set has these routes told and no others. One that is as it was goes on as it
// is; one that is not begins anew where it was, once what it was sending has an
// outcome. After an error nothing has changed.
func (d *desks) set(ctx context.Context, alerts []*config.Alert) error {
	made := map[string][]channel{}
	for _, a := range alerts {
		channels, err := d.make(a)
		if err != nil {
			return err
		}
		made[a.Name] = channels
	}
	d.changing.Lock()
	defer d.changing.Unlock()
	d.closeAll(d.remove(alerts))
	for _, a := range alerts {
		if d.route(a.Name) == nil {
			d.open(ctx, a, made[a.Name])
		}
	}
	return nil
}

// remove takes the routes out that are none of these any more, and returns them.
func (d *desks) remove(alerts []*config.Alert) []*openRoute {
	d.mu.Lock()
	defer d.mu.Unlock()
	var gone []*openRoute
	for name, r := range d.routes {
		i := slices.IndexFunc(alerts, func(a *config.Alert) bool { return a.Name == name })
		if i < 0 || !sameRoute(r.alert, alerts[i]) {
			gone = append(gone, r)
			delete(d.routes, name)
		}
	}
	return gone
}

func (d *desks) route(name string) *openRoute {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.routes[name]
}

// nudge has every desk look at everything anew: other checks may tell it.
func (d *desks) nudge() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.routes {
		for _, desk := range r.desks {
			desk.SetRoute(d.routeOf(r.alert))
		}
	}
}

// sameRoute reports whether two definitions come to the same.
func sameRoute(a, b *config.Alert) bool {
	return a.Name == b.Name && a.After == b.After && a.Remind == b.Remind && a.Soft == b.Soft && a.Recovery == b.Recovery &&
		slices.Equal(a.Email.To, b.Email.To) && a.Email.From == b.Email.From && a.Email.SMTP == b.Email.SMTP && a.Email.Password == b.Email.Password &&
		slices.Equal(a.Services, b.Services) && reflect.DeepEqual(a.Webhook, b.Webhook)
}

// open makes the desks of a route, which take their places now. A journal that
// cannot be read is asked again by those who run.
func (d *desks) open(ctx context.Context, a *config.Alert, channels []channel) {
	r := &openRoute{alert: a}
	for _, c := range channels {
		name := a.Name + "/" + c.name
		desk := notify.NewDesk(name, d.routeOf(a), d.journal, d.site, c.sender, d.log)
		if err := desk.Begin(ctx); err != nil {
			d.log.Warn("cannot begin to notify, trying again", "channel", name, "err", err)
		}
		desk.Inherit(d.inherited)
		r.desks, r.names = append(r.desks, desk), append(r.names, name)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.routes[a.Name] = r
	if d.ctx != nil {
		d.start(r)
	}
}

// start has a route's desks run.
func (d *desks) start(r *openRoute) {
	ctx, stop := context.WithCancel(d.ctx)
	r.stop = stop
	for _, desk := range r.desks {
		r.ended.Go(func() { _ = desk.Run(ctx) }) // which ends as it was asked to
	}
}

// closeAll ends routes' desks. What they have not told yet they tell when the
// route comes back.
func (d *desks) closeAll(routes []*openRoute) {
	for _, r := range routes {
		if r.stop != nil {
			r.stop()
		}
	}
	for _, r := range routes {
		r.ended.Wait()
	}
}

// run tells until ctx ends.
func (d *desks) run(ctx context.Context) error {
	d.mu.Lock()
	d.ctx, d.inherited = ctx, nil
	for _, r := range d.routes {
		d.start(r)
	}
	d.mu.Unlock()
	<-ctx.Done()
	d.changing.Lock()
	defer d.changing.Unlock()
	d.closeAll(d.remove(nil))
	return nil
}

// draining is how long the end waits for what people are to be told: who keeps a
// journal tells the rest at the next start.
const draining = 3 * time.Second

// drain waits until everybody is told what is due, for a while at most.
func (d *desks) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, draining)
	defer cancel()
	var all sync.WaitGroup
	d.each(func(name string, desk *notify.Desk) {
		all.Go(func() {
			if err := desk.Drain(ctx); err != nil {
				d.log.Warn("ends before all is told", "channel", name)
			}
		})
	})
	all.Wait()
}

// each calls f for every desk, by name.
func (d *desks) each(f func(name string, desk *notify.Desk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var names []string
	byName := map[string]*notify.Desk{}
	for _, r := range d.routes {
		for i, name := range r.names {
			names = append(names, name)
			byName[name] = r.desks[i]
		}
	}
	slices.SortFunc(names, strings.Compare)
	for _, name := range names {
		f(name, byName[name])
	}
}

// routeOf is how a route's people want to be told, and how often they may be.
func (d *desks) routeOf(a *config.Alert) notify.Route {
	r := routeOf(a)
	r.Allowance = d.allowances.find(a)
	return r
}

// routeOf is how a route's people want to be told.
func routeOf(a *config.Alert) notify.Route {
	return notify.Route{
		Name: a.Name, After: time.Duration(a.After), Degrading: a.Soft, Recovery: a.Recovery, RemindEvery: time.Duration(a.Remind),
	}
}
