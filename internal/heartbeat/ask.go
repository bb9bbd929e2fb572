package heartbeat

import (
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// stall is how long nobody may look before it counts as an absence, however
// often one is to look: a machine that is busy for seconds misses nothing.
const stall = 10 * time.Second

// maxShown is how many bytes of what a sender says are told with its failure.
const maxShown = 256

// step is by how much the clocks must come apart for the wall clock to have been
// set, or the machine to have slept.
const step = time.Second

// Ask tells what a heartbeat's check is to be told now: whether its sender was
// heard within its period and grace, says that it failed, or has begun what it
// does not end. It fills Verdict, Reason, Text and Answer. Who is asked for the
// first time and has never been heard has its whole time from then on. It answers
// at once, but for a sender who may be missed soon, or is: then it takes what the
// canary takes.
func (b *Book) Ask(spec *health.Spec, now time.Time) health.Result {
	fault := b.listen(spec, now)
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.pages[spec.Name]; !b.loaded && (p == nil || p.Beat == nil) {
		return unknown("nobody knows yet what was heard before: the journal cannot be read")
	}
	p := b.page(spec.Name, now)
	if p == nil {
		return unknown(ErrFull.Error())
	}
	p.reckon(spec, now, b.absences.since(p.seen))
	p.hark(spec, now, fault)
	p.asked, p.seen = now, b.absences.count()
	r := p.judge(spec, now, fault)
	if p.unkept() {
		b.hurry()
	}
	return r
}

func unknown(why string) health.Result {
	return health.Result{Verdict: health.Indeterminate, Reason: health.LocalOverload, Text: foreign.Text(why)}
}

// reckon begins the wait anew where what is waited for may have been missed. A
// time in which nobody looked counts as well: the check was paused, or this
// machine slept.
func (p *page) reckon(spec *health.Spec, now time.Time, missed []absence) {
	for _, a := range missed {
		p.excuse(spec, a, a.until)
	}
	awake, wall := now.Sub(p.asked), now.Round(0).Sub(p.asked.Round(0))
	if allowed := max(stall, health.MaxGap*time.Duration(spec.Interval)); awake > allowed || wall > allowed {
		p.excuse(spec, absence{p.asked, now}, now)
	}
	if wall-awake >= step || awake-wall >= step {
		p.From = now.Add(-now.Sub(p.From)).UTC() // the same moment, by the clock as it is now
		p.changed()
	}
}

// excuse begins the wait anew from a moment, if an absence calls for it. Who was
// silent before was not missed. A short absence is an excuse once: who reboots
// every night while the backup is due would never learn that there is none.
func (p *page) excuse(spec *health.Spec, a absence, anew time.Time) {
	again := p.Excused && a.length() <= time.Duration(spec.Grace)
	last := p.From.Add(time.Duration(spec.Period + spec.Grace))
	if p.Silent == 0 && !again && a.misses(p.awaited(spec), last) && anew.After(p.From) {
		p.From, p.Excused = anew.UTC(), true
		p.changed()
	}
}

// awaited returns from when on the next signal may come.
func (p *page) awaited(spec *health.Spec) time.Time {
	if !p.Unfinished.IsZero() {
		return p.From // a run may end at any time
	}
	return p.From.Add(time.Duration(max(spec.Period-spec.Grace, 0)))
}

// judge tells how a sender is. A silence that is a fault of our own says nothing.
func (p *page) judge(spec *health.Spec, now time.Time, f fault) health.Result {
	allowed := spec.Period + spec.Grace
	silent := p.Silent >= allowed || now.Sub(p.From) > time.Duration(allowed)
	unheard := silent && p.Silent == 0 && f.reason != ""
	if silent = silent && !unheard; silent && p.Silent == 0 || !silent && p.Silent != 0 {
		p.Silent = 0
		if silent {
			p.Silent = allowed
		}
		p.changed()
	}
	r := health.Result{Verdict: health.Pass, Answer: p.answer}
	switch {
	case p.Beat != nil && p.Beat.Signal == health.Failed:
		r.Verdict, r.Reason, r.Text = health.Fail, health.JobFailed, p.failure()
	case unheard:
		r.Verdict, r.Reason, r.Text = health.Indeterminate, f.reason, f.text
	case silent:
		r.Verdict, r.Reason, r.Text = health.Fail, health.NoHeartbeat, p.silence(spec)
	case p.Beat == nil:
		r.Text = foreign.Text("no heartbeat yet: the first is awaited until " + stamp(p.From.Add(time.Duration(allowed))))
	}
	return r
}

// failure words what a sender says went wrong.
func (p *page) failure() foreign.Text {
	text := foreign.Text("failed at " + stamp(p.Beat.At) + p.took(" after %v"))
	if p.Beat.Code != 0 {
		text += foreign.Text(fmt.Sprintf(" with exit code %d", p.Beat.Code))
	}
	if p.Beat.Text != "" {
		text += ": " + tail(p.Beat.Text, maxShown)
	}
	return text
}

// silence words what was not heard, since when, and when it was due.
func (p *page) silence(spec *health.Spec) foreign.Text {
	due := fmt.Sprintf("due at %s, %v late at most", stamp(p.From.Add(time.Duration(spec.Period))), spec.Grace)
	if p.Excused {
		due += ", counted from " + stamp(p.From)
	}
	switch {
	case !p.Unfinished.IsZero():
		return foreign.Text(fmt.Sprintf("started at %s and not finished since%s: the end was %s", stamp(p.Unfinished), p.took(" (the run before took %v)"), due))
	case p.Beat == nil:
		return foreign.Text(fmt.Sprintf("no heartbeat was ever heard, and one is awaited since %s: the first was %s", stamp(p.Known), due))
	}
	return foreign.Text(fmt.Sprintf("no heartbeat since %s%s: the next was %s", stamp(p.Beat.At), p.took(" (it ran for %v)"), due))
}

// took words how long the last run took; "" when nobody knows.
func (p *page) took(format string) string {
	if p.Beat == nil || p.Beat.Took == 0 {
		return ""
	}
	took, unit := time.Duration(p.Beat.Took), time.Millisecond
	if took > time.Minute {
		unit = time.Second
	}
	return fmt.Sprintf(format, took.Round(unit))
}

// stamp writes a moment for people.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
