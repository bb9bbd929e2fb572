package web

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// Changes answers as journals do, from the entries in memory.
func (j *fakeJournal) Changes(_ context.Context, q event.Query) ([]event.Recorded, error) {
	j.asked.Add(1)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return nil, j.err
	}
	entries := j.entries
	for _, bound := range []event.Cursor{q.Before, q.After} {
		if bound != "" && !slices.ContainsFunc(entries, func(r event.Recorded) bool { return r.Cursor == bound }) {
			return nil, fmt.Errorf("read %q: %w", bound, event.ErrCursor)
		}
	}
	if q.Before != "" {
		entries = entries[:1+slices.IndexFunc(entries, func(r event.Recorded) bool { return r.Cursor == q.Before })]
	}
	if q.After != "" {
		entries = entries[1+slices.IndexFunc(entries, func(r event.Recorded) bool { return r.Cursor == q.After }):]
	}
	var found []event.Recorded
	var lead *event.Recorded
	for i := range entries {
		r := &entries[i]
		switch c := r.Change; {
		case c == nil, q.Check != "" && c.Check != q.Check, q.Outages && (c.Overlay != "" || (c.From == health.Unhealthy) == (c.To == health.Unhealthy)):
		case r.At.Before(q.From):
			lead = r
		case q.Until.IsZero() || r.At.Before(q.Until):
			found = append(found, *r)
		}
	}
	limit := q.Limit
	if limit == 0 || limit > 1000 {
		limit = 1000
	}
	if q.Newest {
		found = slices.Clone(found[max(0, len(found)-limit):])
	} else {
		found = slices.Clone(found[:min(limit, len(found))])
	}
	if q.Lead && lead != nil {
		found = slices.Insert(found, 0, *lead)
	}
	return found, nil
}

func (j *fakeJournal) Latency(_ context.Context, check string, from, until time.Time) ([]history.Latency, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []history.Latency
	for _, l := range j.latency {
		if l.Check == check && !l.At.Before(from) && l.At.Before(until) {
			found = append(found, l)
		}
	}
	return found, j.err
}

// A fakeRegistry keeps in memory what people ask for.
type fakeRegistry struct {
	mu      sync.Mutex
	said    []string // what was asked for, in words
	acked   map[string]health.Acknowledgement
	windows []health.Window
	err     error
}

func newRegistry() *fakeRegistry { return &fakeRegistry{acked: map[string]health.Acknowledgement{}} }

func (f *fakeRegistry) say(format string, a ...any) error {
	f.said = append(f.said, fmt.Sprintf(format, a...))
	return f.err
}

func (f *fakeRegistry) Pause(_ context.Context, check, by, why string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.say("pause %s by %s: %s", check, by, why)
}

func (f *fakeRegistry) Resume(_ context.Context, check, by string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.say("resume %s by %s", check, by)
}

func (f *fakeRegistry) Acknowledge(_ context.Context, a health.Acknowledgement) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.acked[a.Incident] = a
	}
	return f.say("acknowledge %s of %s by %s: %s", a.Incident, a.Check, a.By, a.Note)
}

func (f *fakeRegistry) Unacknowledge(_ context.Context, incident, by string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.acked, incident)
	return f.say("unacknowledge %s by %s", incident, by)
}

func (f *fakeRegistry) Acknowledged(incident string) (health.Acknowledgement, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.acked[incident]
	return a, ok
}

func (f *fakeRegistry) Windows() []health.Window {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.windows)
}

func (f *fakeRegistry) AddWindow(_ context.Context, w health.Window) (health.Window, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.ID = fmt.Sprintf("w%d", len(f.windows)+1)
	if f.err == nil {
		f.windows = append(f.windows, w)
	}
	return w, f.say("plan %v from %s until %s weekly %q by %s: %s", w.Checks, w.From.Format(time.RFC3339), w.Until.Format(time.RFC3339), w.Weekly, w.By, w.Why)
}

func (f *fakeRegistry) EndWindow(_ context.Context, id, by string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.windows = slices.DeleteFunc(f.windows, func(w health.Window) bool { return w.ID == id })
	return f.say("end %s by %s", id, by)
}

// change journals a change of a check, so long ago.
func (w *world) change(check string, ago time.Duration, ch health.Change) event.Recorded {
	ch.Check, ch.At = check, w.now.Add(-ago)
	if ch.Began.IsZero() {
		ch.Began = ch.At
	}
	stream := event.CheckStream(check)
	w.events[stream]++
	r := w.journal.add(event.Entry{Stream: stream, Number: w.events[stream], At: ch.At, Observer: "web-07", Change: &ch})
	w.board.Record(r)
	return r
}

// outage journals that a check was down from one time ago until another; until
// now, if that is 0.
func (w *world) outage(check string, ago, until time.Duration, reason health.Reason, text foreign.Text) {
	began := w.now.Add(-ago)
	w.change(check, ago, health.Change{From: health.Healthy, To: health.Degrading, Reason: reason, Text: text})
	w.change(check, ago-30*time.Second, health.Change{From: health.Degrading, To: health.Unhealthy, Reason: reason, Text: text, Began: began, Down: began})
	if until > 0 {
		w.change(check, until-30*time.Second, health.Change{From: health.Unhealthy, To: health.Healthy, Began: w.now.Add(-until), Outage: health.Duration(ago - until)})
	}
}

// answers journals response times of the last so long: a wave, with an hour of
// silence now and then.
func (w *world) answers(check string, span time.Duration) {
	for ago := span; ago > 0; {
		length := 5 * time.Minute
		if ago > 25*time.Hour {
			length = time.Hour
		}
		l := history.Latency{Check: check, At: w.now.Add(-ago).Truncate(length), Span: length}
		hours := ago.Hours()
		for i := range 10 {
			wave := 12 + 6*math.Sin(hours/4) + float64(i*i)/4
			if i == 9 && int(hours*12)%31 == 0 {
				wave *= 40
			}
			l.Add(time.Duration(wave * float64(time.Millisecond)))
		}
		if int(hours)%19 != 7 {
			w.journal.latency = append(w.journal.latency, l)
		}
		ago -= length
	}
}

// pastWorld has checks with a past: every state of a bar, outages of every kind,
// and what people ask for.
func pastWorld(now time.Time) (*world, *fakeRegistry) {
	w, reg := checksWorld(now), newRegistry()
	const day = 24 * time.Hour
	on := func(check string, status health.Status, ago, until time.Duration, o health.Overlay, by foreign.Text) {
		w.change(check, ago, health.Change{From: status, To: status, Overlay: o, Overlays: []health.Overlay{o}, By: by})
		if until > 0 {
			w.change(check, until, health.Change{From: status, To: status, Overlay: o, Ended: true, Began: now.Add(-ago), By: by})
		}
	}
	w.change("api", 70*day, health.Change{From: health.Unknown, To: health.Healthy})
	w.outage("api", 61*day, 60*day, health.Refused, "connect: connection refused")
	on("api", health.Healthy, 50*day, 46*day, health.Paused, "ann")
	w.change("api", 46*day-time.Second, health.Change{From: health.Healthy, To: health.Unknown})
	w.change("api", 46*day-time.Minute, health.Change{From: health.Unknown, To: health.Healthy})
	on("api", health.Healthy, 33*day, 31*day, health.Maintenance, "configuration")
	w.outage("api", 20*day+4*time.Hour, 20*day+2*time.Hour, health.HTTPStatus, "503 Service Unavailable")
	w.change("api", 12*day, health.Change{From: health.Healthy, To: health.Healthy, Overlay: health.Stale, Ended: true, Began: now.Add(-14 * day)})
	w.change("api", 8*day, health.Change{From: health.Healthy, To: health.Degrading, Reason: health.TLSExpiring, Text: "ends in 12 days"})
	w.change("api", 7*day, health.Change{From: health.Degrading, To: health.Healthy})
	on("api", health.Healthy, 6*day, 4*day, health.Behind, "")
	w.outage("api", 9*time.Hour, 9*time.Hour-90*time.Second, health.Timeout, "no answer within 5 s")
	on("api", health.Healthy, 6*time.Hour, 5*time.Hour, health.Maintenance, "ann")
	w.outage("api", 65*time.Minute, 0, health.Timeout, "no answer within 5 s")
	w.answers("api", 70*day)
	w.change("web", 3*day, health.Change{From: health.Unknown, To: health.Healthy})
	w.outage("web", 2*day, 0, health.Reset, "reset by peer")
	w.change("web", day, health.Change{From: health.Unhealthy, To: health.Unhealthy, Overlay: health.Paused, Overlays: []health.Overlay{health.Paused}, By: "bob", Down: now.Add(-2 * day)})
	w.change("web", day/2, health.Change{From: health.Unhealthy, To: health.Unknown, Overlay: "", Began: now.Add(-day / 2)})
	w.change("web", day/2-time.Minute, health.Change{From: health.Unknown, To: health.Healthy})
	on("holiday", health.Unknown, 26*time.Hour, 0, health.Paused, "bob")
	reg.windows = []health.Window{
		{Checks: []string{"shop-*"}, Weekly: health.Weekly{Days: []time.Weekday{time.Sunday}, From: 120, Until: 240, Zone: "Europe/London"}},
		{ID: "w1", Checks: []string{"cache"}, From: now.Add(-time.Hour), Until: now.Add(time.Hour), Why: "new disks", By: "ann"},
		{ID: "w2", From: now.Add(3 * day), Until: now.Add(3*day + 2*time.Hour), Why: "the power is off", By: "bob"},
	}
	return w, reg
}

// pastOptions are those of a server that keeps a past and what people ask for.
func pastOptions(w *world, reg *fakeRegistry) Options {
	return Options{History: w.journal, Registry: reg, Tokens: someTokens(), Alerts: func() []AlertState {
		return []AlertState{
			{Channel: "ops/email", Queued: 2, Parked: []ParkedAlert{
				{Check: "api", Kind: "down", At: w.now.Add(-50 * time.Minute), Err: "550 no such user"},
				{Check: "api", Kind: "reminder", At: w.now.Add(-20 * time.Minute), Err: "550 no such user here"},
			}},
			{Channel: "ops/webhook", Queued: 1},
		}
	}}
}

// changeEntry is an entry of a check's stream.
func changeEntry(check string, number uint64, at time.Time, ch health.Change) event.Entry {
	ch.Check, ch.At, ch.Began = check, at, at
	return event.Entry{Stream: event.CheckStream(check), Number: number, At: at, Observer: "web-07", Change: &ch}
}

// hostilePast is a past in which everything that somebody could choose is evil.
func hostilePast(now time.Time) (*world, *fakeRegistry) {
	w, reg := hostileWorld(now), newRegistry()
	for i, e := range evil {
		name, text := fmt.Sprintf("check-%d", i), foreign.Text(e)
		st := *w.board.View().FindCheck(name)
		spec := *st.Spec
		spec.Title, spec.Parents, spec.Alerts = e, []string{e}, []string{e}
		st.Spec, st.Down, st.Overlays = &spec, now.Add(-time.Hour), []health.Overlay{health.Paused, health.Maintenance}
		w.board.Check(&st)
		w.change(name, 3*time.Hour, health.Change{From: health.Healthy, To: health.Unhealthy, Reason: health.Reason(e), Text: text})
		w.change(name, 2*time.Hour, health.Change{From: health.Unhealthy, To: health.Healthy, Reason: health.Reason(e), Text: text, By: text, Outage: health.Duration(time.Hour)})
		r := w.change(name, time.Hour, health.Change{From: health.Healthy, To: health.Unhealthy, Reason: health.Reason(e), Text: text, By: text})
		for _, o := range health.Overlays() {
			w.change(name, time.Minute, health.Change{From: health.Unhealthy, To: health.Unhealthy, Overlay: o, By: text, Text: text, Down: st.Down})
		}
		reg.acked[r.Key()] = health.Acknowledgement{Incident: r.Key(), Check: name, By: e, Note: e, At: now}
		reg.windows = append(reg.windows, health.Window{ID: e, Checks: []string{e}, From: now, Until: now.Add(time.Hour), Why: e, By: e})
	}
	return w, reg
}

func hostileOptions(w *world, reg *fakeRegistry) Options {
	return Options{Version: evil[0], History: w.journal, Registry: reg, Alerts: func() []AlertState {
		var all []AlertState
		for _, e := range evil {
			all = append(all, AlertState{Channel: e, Parked: []ParkedAlert{{Check: e, Kind: e, At: w.now, Err: e}}})
		}
		return all
	}}
}
