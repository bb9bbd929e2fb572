package notify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A play is a check, a route and a channel on which a script is performed.
type play struct {
	t     *testing.T
	route Route
	d     *dossier
	now   time.Time
	facts facts

	status   health.Status
	overlays []health.Overlay
	number   uint64
	down     time.Time // of the outage that is not over

	channel string // as perform has it
	retry   time.Time
	told    []string
	notices []Notice
}

// The scripts' letters of statuses and overlays.
var (
	statuses = map[string]health.Status{"U": health.Unknown, "H": health.Healthy, "D": health.Degrading, "X": health.Unhealthy}
	overlays = map[string]health.Overlay{"P": health.Paused, "M": health.Maintenance, "B": health.Behind, "F": health.Flapping, "S": health.Stale}
)

func newPlay(t *testing.T, check string, r Route) *play {
	r.Name = "ops"
	return &play{
		t: t, route: r, d: &dossier{Check: check}, now: noon, status: health.Unknown, channel: "ok",
		facts: facts{known: true, wanted: true, asked: noon},
	}
}

// perform plays a script: scenes with a comma between, each a time and what
// happens then. H>X is a move, with an @ and a time the one when its streak of
// results began; +M and -M are the beginning and end of an overlay, by somebody
// who is named behind a slash; mark is something that moves nothing; pass and fail are answers of the target. From then
// on the channel is ok, off: it takes nothing, doubt: it takes everything and
// does not answer, or slow: nothing has an outcome until it is taken or refused.
func (p *play) perform(script string) []string {
	for scene := range strings.SplitSeq(script, ",") {
		at, what, _ := strings.Cut(strings.TrimSpace(scene), " ")
		p.until(p.time(at))
		p.do(what)
		p.tell()
		p.remember()
	}
	return p.told
}

func (p *play) time(text string) time.Time {
	d, err := time.ParseDuration(text)
	if err != nil {
		p.t.Fatal(err)
	}
	return noon.Add(d)
}

// until lets the time pass.
func (p *play) until(end time.Time) {
	for {
		_, wake := p.d.next(p.now, p.route, p.facts)
		if p.retry.After(p.now) {
			wake = p.retry
		}
		if wake.IsZero() || !wake.Before(end) {
			break
		}
		if !wake.After(p.now) {
			p.t.Fatalf("at %v it is to be looked at again at %v", p.now.Sub(noon), wake.Sub(noon))
		}
		p.now = wake
		p.tell()
	}
	p.now = end
	p.tell()
}

// tell sends what is due.
func (p *play) tell() {
	for !p.retry.After(p.now) {
		kind, _ := p.d.next(p.now, p.route, p.facts)
		if kind == "" {
			return
		}
		if p.d.Try == nil {
			n := p.d.compose(kind, "ops/test", p.route, p.now)
			p.d.begin(n)
		}
		n := p.d.Try.Notice
		switch p.channel {
		case "ok":
			p.note(n, "")
			p.d.done(p.now)
		case "off":
			p.d.fail()
			p.retry = p.now.Add(time.Minute)
		case "doubt":
			p.note(n, "?")
			p.d.doubt()
			p.retry = p.now.Add(time.Minute)
		case "slow":
			p.retry = p.now.Add(1000 * time.Hour)
		}
	}
}

func (p *play) note(n Notice, doubt string) {
	p.told = append(p.told, strings.TrimSpace(fmt.Sprintf("%s %s%s %s", brief(p.now.Sub(noon)), n.Kind, doubt, words(n))))
	p.notices = append(p.notices, n)
}

// brief writes a duration without what is zero: 1h and not 1h0m0s.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// words are what a notice says beyond its kind.
func words(n Notice) string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch n.Kind {
	case Up, Closed:
		add("after %s", brief(time.Duration(n.Outage)))
	case Reminder:
		add("%d after %s", n.Count, brief(time.Duration(n.Outage)))
	case FlapOver:
		add("%s", n.Status)
		if n.Was != "" {
			add("was %s", n.Was)
		}
	case PausedKind:
		add("by %s", n.By)
	}
	if n.Kind != Reminder && n.Count > 0 {
		var lengths []string
		for _, o := range n.Outages {
			length := brief(time.Duration(o.Length))
			if o.Closed {
				length = ">" + length
			}
			lengths = append(lengths, length)
		}
		add("%dx %s", n.Count, strings.Join(lengths, "+"))
	}
	return strings.Join(all, " ")
}

func (p *play) do(what string) {
	what, by, _ := strings.Cut(what, "/")
	switch {
	case strings.Contains(what, ">"):
		p.move(what)
	case what[0] == '+':
		p.overlays = append(slices.Clone(p.overlays), overlays[what[1:]])
		p.record(health.Change{From: p.status, To: p.status, Began: p.now, Overlay: overlays[what[1:]], By: foreign.Text(by)})
	case what[0] == '-':
		p.overlays = slices.DeleteFunc(slices.Clone(p.overlays), func(o health.Overlay) bool { return o == overlays[what[1:]] })
		p.record(health.Change{From: p.status, To: p.status, Began: p.now, Overlay: overlays[what[1:]], Ended: true})
	case what == "mark":
		p.record(health.Change{From: p.status, To: p.status, Began: p.now, Down: p.down, Mark: health.Restarted, By: "token ci", Text: "for the 2nd time"})
	case what == "pass" || what == "fail":
		p.facts.asked, p.facts.passing = p.now, what == "pass"
	case what == "acknowledged":
		p.facts.acknowledged = true
	case what == "unwanted":
		p.facts.wanted = false
	case what == "wanted":
		p.facts.wanted = true
	case what == "removed":
		p.facts = facts{}
	case what == "taken":
		p.note(p.d.Try.Notice, "")
		p.d.done(p.now)
		p.channel, p.retry = "ok", p.now
	case what == "refused":
		p.d.fail()
		p.channel, p.retry = "off", p.now
	case what == "end":
	default:
		p.channel, p.retry = what, p.now
	}
}

func (p *play) move(what string) {
	what, began, streak := strings.Cut(what, "@")
	from, to, _ := strings.Cut(what, ">")
	c := health.Change{From: statuses[from], To: statuses[to], Began: p.now}
	if streak {
		c.Began = p.time(began)
	}
	p.facts.passing = c.To.Up()
	if c.To == health.Unhealthy {
		p.down, c.Reason = c.Began, health.Refused
		p.facts.asked = p.now
	} else if c.From == health.Unhealthy && c.To.Up() {
		c.Outage = health.Duration(c.Began.Sub(p.down))
	}
	p.status = c.To
	p.record(c)
}

func (p *play) record(c health.Change) {
	p.number++
	c.Check, c.At, c.Overlays = p.d.Check, p.now, p.overlays
	e := event.Entry{Stream: event.CheckStream(c.Check), Number: p.number, At: p.now, Observer: "web-1", Change: &c}
	p.d.observe(event.Recorded{Entry: e}, p.route, p.facts.wanted, p.now)
}

// remember takes the dossier as a restart would find it.
func (p *play) remember() {
	text, err := json.Marshal(p.d)
	if err != nil {
		p.t.Fatal(err)
	}
	var kept dossier
	if err := json.Unmarshal(text, &kept); err != nil {
		p.t.Fatal(err)
	}
	if err := kept.validate(p.d.Check); err != nil {
		p.t.Fatalf("%v: %s", err, text)
	}
	p.d = &kept
}
