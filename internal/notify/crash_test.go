package notify

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// rounds of outages are lived through.
const rounds = 2

var errDead = errors.New("the process is dead")

// TestDeskDiesAnywhere: just before and just after each commit that it makes,
// and again after as many more. Nothing is lost, nothing is told as over twice,
// and what is repeated has the same key and the same words.
func TestDeskDiesAnywhere(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		deaths := 0
		for commit := 2; ; commit++ { // the first is that of Begin
			died := false
			synctest.Test(t, func(t *testing.T) {
				m := newMortal(t, when, int64(commit))
				m.live()
				died = m.deaths > 0
				m.judge()
			})
			if t.Failed() {
				t.Fatalf("died %s commit %d", when, commit)
			}
			if !died {
				break
			}
			deaths++
		}
		if deaths < 30 {
			t.Errorf("only %d commits were died at", deaths)
		}
	}
}

// A mortal is an office whose process dies and is started again.
type mortal struct {
	*office
	dead    atomic.Bool
	commits atomic.Int64
	deaths  int
	stop    func()
}

func newMortal(t *testing.T, when string, at int64) *mortal {
	m := &mortal{office: newOffice(t, Route{Recovery: true, RemindEvery: 7 * time.Second}, "a", "b", "c")}
	die := func() error {
		if n := m.commits.Add(1); n == at || n == 2*at {
			m.dead.Store(true)
		}
		return m.alive()
	}
	m.book.before, m.book.after = m.alive, die
	if when == "before" {
		m.book.before, m.book.after = die, nil
	}
	m.box.entered = func(n Notice) {
		if m.dead.Load() {
			return // it is cut off from the world
		}
		m.book.do(func() {
			if note := m.book.notes["ops/test"]["case/"+n.Check]; !bytes.Contains(note, []byte(n.Key)) {
				t.Errorf("%s is tried, and that is not committed: %s", n.Key, note)
			}
		})
	}
	var tries atomic.Int64
	m.box.takes = 300 * time.Millisecond
	m.box.answers(func(n Notice) error {
		switch i := tries.Add(1); {
		case m.dead.Load():
			return errDead
		case i%7 == 3:
			return &Failure{Err: errRefused, Doubtful: true}
		case i%5 == 4:
			return &Failure{Err: errRefused}
		}
		return nil
	})
	return m
}

func (m *mortal) alive() error {
	if m.dead.Load() {
		return errDead
	}
	return nil
}

// live lets things happen, and starts the process again whenever it is dead.
func (m *mortal) live() {
	m.stop = m.open()
	for range rounds {
		for _, name := range []string{"a", "b", "c"} {
			m.falls(name)
			m.passes(700 * time.Millisecond)
		}
		m.passes(3 * time.Second)
		for _, name := range []string{"a", "b"} {
			m.rises(name)
			m.passes(200 * time.Millisecond)
		}
		m.passes(9 * time.Second)
		m.rises("c")
	}
	m.falls("c")
	for range 8 {
		m.passes(10 * time.Second)
	}
	m.box.answers(func(Notice) error { return m.alive() })
	for range 8 {
		m.passes(10 * time.Second)
	}
	m.stop()
}

func (m *mortal) passes(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
	if m.dead.Load() {
		m.stop()
		m.deaths++
		m.dead.Store(false)
		m.stop = m.open()
	}
}

func (m *mortal) judge() {
	over := map[string]int{}
	b := believes(m.t, m.box.all(), over)
	if len(b) != 1 || b["c"] != fmt.Sprintf("check/c/%d", 2*rounds+1) {
		m.t.Errorf("in the end %v is believed", b)
	}
	for _, name := range []string{"a", "b", "c"} {
		for number := 1; number < 2*rounds; number += 2 {
			if incident := fmt.Sprintf("check/%s/%d", name, number); over[incident] != 1 {
				m.t.Errorf("%s was told as over %d times", incident, over[incident])
			}
		}
	}
	if n := m.desk.Queue(); n != 0 {
		m.t.Errorf("%d notices wait", n)
	}
}
