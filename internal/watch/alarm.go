package watch

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A blindness is what is known of a check that could not be judged.
type blindness struct {
	last health.Reason // of the last result; empty when that was judged
	bits uint16        // for which of [health.LocalReasons] it is counted
}

// alarms tell of faults of our own: one alert for each reason, however many
// checks it blinds. It begins when a check has had two results that were unknown
// for the reason and has not been judged in between, and ends when each check
// that it blinded has been judged again, is blind for another reason alone,
// paused or removed. While a cause is told, its effects are not; when it begins
// later than they, theirs end. It is told like a check's, under a name of our
// own. It is safe for concurrent use.
type alarms struct {
	host     string
	sink     CheckSink
	recorder Recorder

	mu      sync.Mutex
	all     []*alarm // as [health.LocalReasons]
	unheard int      // checks that have had no result since the start
}

// An alarm is the check that we have no fault of one reason.
type alarm struct {
	spec    health.Spec
	reason  health.Reason
	tracker *health.Tracker
	last    *health.Result
	moves   health.Moves
	on      bool
	left    bool      // on since before the start, and it is not clear yet who is blind
	told    time.Time // when last the sink was

	blinded int       // checks
	since   time.Time // when the first of them was
}

// tellAgain is how often the text of an alert that is on is brought up to date.
const tellAgain = 10 * time.Second

func newAlarms(host string, sink CheckSink, recorder Recorder) *alarms {
	a := &alarms{host: host, sink: sink, recorder: recorder}
	for _, reason := range health.LocalReasons() {
		al := &alarm{reason: reason, spec: health.Spec{
			Name: health.SelfPrefix + string(reason), Title: titles()[reason], Origin: health.FromSelf,
			Thresholds: health.Thresholds{Unhealthy: 1, Healthy: 1},
		}}
		al.tracker = health.NewTracker(&al.spec)
		a.all = append(a.all, al)
	}
	return a
}

func titles() map[health.Reason]string {
	return map[health.Reason]string{
		health.LocalFDs:      "portreeve has descriptors left",
		health.LocalPorts:    "this machine has local ports left",
		health.LocalNetwork:  "this machine's network works",
		health.LocalResolver: "this machine's resolver answers",
		health.LocalOverload: "portreeve has the time to check",
		health.LocalClock:    "this machine's clock is steady",
		health.LocalPolicy:   "portreeve may connect to every target",
	}
}

// causes lists the reasons that bring others about.
func causes() map[health.Reason][]health.Reason {
	return map[health.Reason][]health.Reason{
		health.LocalResolver: {health.LocalNetwork},
		health.LocalOverload: {health.LocalNetwork, health.LocalResolver}, // silence holds places
	}
}

// brings reports whether a fault of one reason brings another about.
func brings(cause, effect health.Reason) bool { return slices.Contains(causes()[effect], cause) }

// see takes a result of a check.
func (a *alarms) see(spec *health.Spec, b *blindness, r *health.Result) {
	reason := fault(r)
	if reason == "" || wayward(spec, reason) {
		a.forget(b, r.At)
		return
	}
	i := slices.IndexFunc(a.all, func(al *alarm) bool { return al.reason == reason })
	if i < 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	al, bit := a.all[i], uint16(1)<<i
	if b.last == reason {
		a.drop(b, b.bits&a.unrelated(reason), r.At)
	}
	b.last = reason
	if b.bits&bit != 0 {
		a.ring(al, spec, r)
		return
	}
	if al.blinded == 0 {
		al.since = r.At
	}
	al.blinded++
	b.bits |= bit
}

// wayward reports whether a fault is of the target that an app chose: where it
// leads, or whether its name can be looked up, is no fault of ours.
func wayward(spec *health.Spec, reason health.Reason) bool {
	return spec.Origin.Registered() && (reason == health.LocalPolicy || reason == health.LocalResolver)
}

// unrelated returns the bits of the reasons of which a check is free that was
// blind twice in a row for this one: not those of its causes, which it hides.
func (a *alarms) unrelated(reason health.Reason) (bits uint16) {
	for i, al := range a.all {
		if al.reason != reason && !brings(al.reason, reason) {
			bits |= 1 << i
		}
	}
	return bits
}

// fault returns the fault of our own that a result tells of, "" for none. A
// target that answered at the last address known tells of a resolver that does
// not.
func fault(r *health.Result) health.Reason {
	switch {
	case r.Verdict == health.Indeterminate:
		return r.Reason
	case r.Answer != nil && r.Answer.StaleName:
		return health.LocalResolver
	}
	return ""
}

// forget takes it that a check can be judged, or need not be.
func (a *alarms) forget(b *blindness, at time.Time) {
	b.last = ""
	if b.bits == 0 {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(b, b.bits, at)
}

// drop takes a check off the counts of some reasons.
func (a *alarms) drop(b *blindness, bits uint16, at time.Time) {
	b.bits &^= bits
	for i, al := range a.all {
		if bits>>i&1 == 0 {
			continue
		}
		al.blinded--
		a.endIfOver(al, at)
	}
}

// endIfOver ends an alert that no check is blind for.
func (a *alarms) endIfOver(al *alarm, at time.Time) {
	if al.on && al.blinded == 0 && !al.left {
		a.end(al, "no check is blind for it any more", at)
	}
}

// end tells that a fault is over, and why.
func (a *alarms) end(al *alarm, why foreign.Text, at time.Time) {
	al.on, al.left = false, false
	a.tell(al, health.Result{Verdict: health.Pass, At: at, Text: why}, at)
}

// ring tells that a reason blinds checks, unless another that is told already
// explains it, and now and then how many while it goes on.
func (a *alarms) ring(al *alarm, example *health.Spec, r *health.Result) {
	explained := func(other *alarm) bool { return other.on && brings(other.reason, al.reason) }
	switch {
	case al.on && r.At.Sub(al.told) >= tellAgain:
		last := *al.last
		last.Text = al.text(example, r)
		al.last, al.told = &last, r.At
		a.sink.Check(al.state())
	case !al.on && !slices.ContainsFunc(a.all, explained):
		verdict := health.Fail
		if al.reason == health.LocalPolicy { // somebody wants it so
			verdict = health.Warn
		}
		for _, effect := range a.all {
			if effect.on && brings(al.reason, effect.reason) {
				a.end(effect, foreign.Text("it follows from another fault of our own: "+string(al.reason)), r.At)
			}
		}
		al.on = true
		a.tell(al, health.Result{Verdict: verdict, Reason: al.reason, At: al.since, Text: al.text(example, r)}, r.At)
	}
}

// text says how many checks are blind, and why one of them is.
func (al *alarm) text(example *health.Spec, r *health.Result) foreign.Text {
	if r.Verdict != health.Indeterminate {
		return foreign.Text(fmt.Sprintf("%d checks go on with the last addresses known, such as %s", al.blinded, example.Name))
	}
	if al.blinded == 1 {
		return foreign.Text(fmt.Sprintf("check %s could not be judged: ", example.Name)) + r.Text
	}
	return foreign.Text(fmt.Sprintf("%d checks could not be judged, such as %s: ", al.blinded, example.Name)) + r.Text
}

// tell judges our own result and passes it on. The result is of when the fault
// began; the change is of now, when it was decided.
func (a *alarms) tell(al *alarm, r health.Result, now time.Time) {
	r.Check, r.Observer = al.spec.Name, a.host
	changes := al.tracker.Observe(r)
	al.last, al.told = &r, now
	for i := range changes {
		changes[i].At = now
		if changes[i].Moved() {
			al.moves = al.moves.And(changes[i].To)
		}
	}
	a.sink.Check(al.state())
	for i := range changes {
		if a.recorder != nil {
			a.recorder.Record(event.Entry{Stream: event.CheckStream(al.spec.Name), At: now, Observer: a.host, Change: &changes[i]})
		}
	}
}

func (al *alarm) state() *health.State {
	st := &health.State{Spec: &al.spec, Last: al.last, Moves: al.moves}
	al.tracker.Fill(st)
	if al.tracker.Flapping() {
		st.Overlays = []health.Overlay{health.Flapping}
	}
	return st
}
