package notify

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portreeve/portreeve/internal/health"
)

type fataler interface {
	Helper()
	Errorf(format string, args ...any)
}

// A belief is what somebody thinks who reads a channel: which outage of each
// check goes on.
type belief map[string]string

// believes reads notices, in order, as somebody would who knows a repeated one by
// its key. It demands that each that was told as begun is told as over once,
// that nothing is told as over that was not, and that repeated ones are the
// same word for word. It returns what is believed in the end, and fills in how
// often each outage was told as over.
func believes(t fataler, notices []sent, over map[string]int) belief {
	t.Helper()
	b, seen := belief{}, map[string]Notice{}
	if over == nil {
		over = map[string]int{}
	}
	for _, s := range notices {
		n := s.Notice
		if before, ok := seen[n.Key]; ok {
			if !reflect.DeepEqual(before, n) {
				t.Errorf("by one key: %+v and %+v", before, n)
			}
			continue
		}
		seen[n.Key] = n
		b.read(t, n, over)
	}
	for incident, times := range over {
		if times != 1 {
			t.Errorf("%s was told as over %d times", incident, times)
		}
	}
	return b
}

func (b belief) read(t fataler, n Notice, over map[string]int) {
	t.Helper()
	before := b[n.Check]
	for _, o := range n.Outages {
		over[o.Incident]++
		if o.Incident == b[n.Check] {
			delete(b, n.Check)
		}
	}
	switch n.Kind {
	case Up, Closed:
		over[n.Incident]++
		if b[n.Check] != n.Incident {
			t.Errorf("%s of %s, but %q was told", n.Kind, n.Incident, before)
		}
		delete(b, n.Check)
	case Down, PausedKind, FlapOver:
		if open := b[n.Check]; open != "" && open != n.Incident && n.Count <= maxOutages {
			t.Errorf("%s of %q while %s was believed to go on", n.Kind, n.Incident, open)
		}
		if n.Incident != "" {
			b[n.Check] = n.Incident
		}
	case Reminder:
		if n.Incident != before {
			t.Errorf("a reminder of %s, but %q was told", n.Incident, before)
		}
	}
}

// TestModel plays random scripts on random channels.
//
// Whatever happens: who reads the notices is told once of every end of what was
// told as begun; in the end they believe what is so; and every outage that was
// long enough and not excused is told.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := Route{
			Recovery: true, Degrading: rapid.Bool().Draw(rt, "degrading"),
			After:       rapid.SampledFrom([]time.Duration{0, 3 * time.Minute}).Draw(rt, "after"),
			RemindEvery: rapid.SampledFrom([]time.Duration{0, 7 * time.Minute}).Draw(rt, "remind"),
		}
		m := model{T: rt, play: newPlay(t, "shop", r), owed: map[string]bool{}}
		m.status = health.Healthy
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			m.step()
		}
		m.settle()
		m.judge()
	})
}

// A model is a play and what it owes whoever reads.
type model struct {
	*rapid.T
	*play

	began   time.Time // of the outage that goes on
	key     string
	excused bool
	owed    map[string]bool // outages that must be told
	script  []string
}

// step does something at random that may happen.
func (m *model) step() {
	wait := time.Duration(rapid.IntRange(1, 600).Draw(m.T, "wait")) * time.Second
	m.until(m.now.Add(wait))
	var may []string
	for letter, status := range statuses {
		if status != m.status && (letter != "D" || m.status == health.Healthy) {
			may = append(may, fmt.Sprint(m.letter(), ">", letter))
		}
	}
	for letter, o := range overlays {
		switch {
		case m.d.has(o):
			may = append(may, "-"+letter)
		case letter != "S":
			may = append(may, "+"+letter)
		}
	}
	may = append(may, "ok", "off", "doubt", "slow", "mark")
	if m.channel == "slow" && m.d.Try != nil {
		may = append(may, "taken", "refused")
	}
	if m.status == health.Unhealthy {
		may = append(may, "fail")
	}
	m.perform(rapid.SampledFrom(slices.Sorted(slices.Values(may))).Draw(m.T, "what"))
}

func (m *model) perform(what string) {
	m.script = append(m.script, fmt.Sprint(brief(m.now.Sub(noon)), " ", what))
	wasDown := m.status == health.Unhealthy
	// Whoever is paused is not judged, and begins anew.
	if strings.Contains(what, ">") && m.d.has(health.Paused) {
		return
	}
	m.do(what)
	if what == "-P" && m.status != health.Unknown {
		m.tell()
		m.do(m.letter() + ">U")
	}
	m.owe(wasDown)
	m.tell()
	m.remember()
}

// owe finds out whether an outage must be told.
func (m *model) owe(wasDown bool) {
	down := m.status == health.Unhealthy
	if down && !wasDown {
		m.began, m.key, m.excused = m.now, fmt.Sprintf("check/shop/%d", m.number), false
	}
	if down || wasDown {
		m.excused = m.excused || m.d.held()
		if !m.excused && m.now.Sub(m.began) >= m.route.After {
			m.owed[m.key] = true
		}
	}
}

// settle ends all circumstances and lets the channel work.
func (m *model) settle() {
	m.until(m.now.Add(time.Hour))
	if m.d.has(health.Paused) {
		m.perform("-P")
	}
	for _, letter := range []string{"M", "B", "F"} {
		if m.d.has(overlays[letter]) {
			m.perform("-" + letter)
		}
	}
	m.until(m.now.Add(time.Minute))
	if m.status == health.Unhealthy {
		m.perform("fail")
	}
	m.perform("ok")
	m.until(m.now.Add(time.Hour))
}

func (m *model) judge() {
	var notices []sent
	for _, n := range m.notices {
		notices = append(notices, sent{Notice: n})
	}
	over := map[string]int{}
	b := believes(m.T, notices, over)
	is := ""
	if m.status == health.Unhealthy {
		is = m.key
	}
	if b["shop"] != is {
		m.Errorf("believed to go on: %q, what is so: %q", b["shop"], is)
	}
	for key := range m.owed {
		if over[key] == 0 && b["shop"] != key && !m.many() {
			m.Errorf("%s was not told", key)
		}
	}
	if kind, _ := m.d.next(m.now, m.route, m.facts); kind != "" {
		m.Errorf("%s is left to tell", kind)
	}
	if m.Failed() {
		m.Logf("%s\ntold %s", strings.Join(m.script, ", "), strings.Join(m.told, ", "))
	}
}

// many reports whether some outages were counted and not named.
func (m *model) many() bool {
	for _, n := range m.notices {
		if n.Kind != Reminder && n.Count > len(n.Outages) {
			return true
		}
	}
	return false
}

func (m *model) letter() string {
	for letter, status := range statuses {
		if status == m.status {
			return letter
		}
	}
	return ""
}
