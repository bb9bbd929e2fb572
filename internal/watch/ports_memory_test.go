package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/port"
)

// A diary is a memory and a recorder as a journal would be: what is recorded is
// kept late, and a memory never before what was recorded until then.
type diary struct {
	sink
	mu       sync.Mutex
	kept     []byte
	events   []port.Event // recorded and kept
	queue    []port.Event // recorded
	from     int          // events before the memory
	times    []time.Time  // of memories
	err      error
	fetching error
}

func (d *diary) Record(e event.Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, *e.Port)
}

// flush keeps what was recorded.
func (d *diary) flush() {
	d.events, d.queue = append(d.events, d.queue...), nil
}

func (d *diary) Remember(_ context.Context, m *port.Memory) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	d.from = len(d.events)
	d.flush()
	d.times = append(d.times, time.Now())
	var err error
	d.kept, err = json.Marshal(m)
	return err
}

func (d *diary) Remembered(context.Context) (*port.Memory, []port.Event, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil || d.fetching != nil {
		return nil, nil, d.fetching
	}
	var m *port.Memory
	err := json.Unmarshal(d.kept, &m)
	return m, d.events[d.from:], err
}

// killed forgets what was recorded but not kept, and what the sink knows.
func (d *diary) killed() { d.queue, d.sink = nil, sink{} }

// said words the events that are kept.
func (d *diary) said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var words []string
	for _, e := range append(d.events, d.queue...) {
		word := fmt.Sprintf("%s %d", e.Kind, e.Port)
		if e.Unwatched {
			word += " unwatched"
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// life runs a watcher while the test changes ports.
func life(t *testing.T, k *script, d *diary, live func()) {
	t.Helper()
	p := watcher(k, &d.sink)
	p.Recorder, p.Memory = d, d
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = p.Run(ctx)
	}()
	live()
	cancel()
	<-done
}

// open sets the ports that are open, and lets time go by.
func (k *script) open(d time.Duration, ports ...uint16) {
	k.Lock()
	k.ports = ports
	k.Unlock()
	time.Sleep(d)
	synctest.Wait()
}

// TestPortsThroughARestart: what changed while nobody watched is told at the
// first look, once.
func TestPortsThroughARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, d := &script{ports: []uint16{80, 3000}}, &diary{}
		life(t, k, d, func() { time.Sleep(10 * time.Second); k.open(10*time.Second, 80, 3000, 3001) })
		k.open(time.Hour, 80, 3002)
		for range 3 {
			life(t, k, d, func() { time.Sleep(10 * time.Second) })
		}
		want := "opened 3001, closed 3000 unwatched, closed 3001 unwatched, opened 3002 unwatched"
		if got := d.said(); got != want {
			t.Errorf("recorded %s,\nwant %s", got, want)
		}
	})
}

// TestKilledPortWatchers tell everything, and nothing twice, wherever they were
// killed: what is not kept was never told.
func TestKilledPortWatchers(t *testing.T) {
	for _, after := range []time.Duration{time.Millisecond, 1500 * time.Millisecond, 4900 * time.Millisecond, 5100 * time.Millisecond, 12 * time.Second} {
		for _, kept := range []bool{true, false} { // was what was recorded last
			t.Run(fmt.Sprintf("after %v, kept %v", after, kept), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					k, d := &script{ports: []uint16{80}}, &diary{}
					life(t, k, d, func() { time.Sleep(10 * time.Second) })
					k.open(time.Hour, 81)
					d.err = nil
					life(t, k, d, func() {
						time.Sleep(after)
						k.open(1100*time.Millisecond, 81, 82) // a look sees it
						d.mu.Lock()
						d.err = errors.New("killed") // there is no clean end
						if kept {
							d.flush()
						}
						d.mu.Unlock()
					})
					d.killed()
					d.err = nil
					k.open(time.Hour, 81, 82)
					life(t, k, d, func() { time.Sleep(10 * time.Second) })
					got := strings.ReplaceAll(d.said(), " unwatched", "")
					if n := strings.Count(got, ","); n != 2 {
						t.Errorf("recorded %s", got)
					}
					for _, once := range []string{"closed 80", "opened 81", "opened 82"} {
						if strings.Count(got, once) != 1 {
							t.Errorf("recorded %s, want %s once", got, once)
						}
					}
				})
			})
		}
	}
}

// TestMemoriesAreRare: counts that move are nothing to remember, ports are, every
// few seconds at most, and at the end.
func TestMemoriesAreRare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, d := &script{ports: []uint16{80}}, &diary{}
		start := time.Now()
		life(t, k, d, func() {
			for i := range 60 {
				k.Lock()
				k.counts = uint32(i)
				k.Unlock()
				k.open(time.Second, 80)
			}
			if n := len(d.times); n != 1 {
				t.Errorf("%d memories in a minute of still ports", n)
			}
			for i := range 60 {
				k.open(time.Second, 80, uint16(1000+i))
			}
			if n := len(d.times); n < 10 || n > 14 {
				t.Errorf("%d memories in a minute of churn", n-1)
			}
			k.open(500*time.Millisecond, 80)
			k.open(1100*time.Millisecond, 80, 4000)
		})
		if last := d.times[len(d.times)-1]; last.Sub(start) < 121*time.Second || !strings.Contains(string(d.kept), "4000") {
			t.Errorf("the last memory is of %v: %s", last.Sub(start), d.kept)
		}
	})
}

// TestAMemoryThatFails is tried again, and holds nobody up.
func TestAMemoryThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, d := &script{ports: []uint16{80}}, &diary{err: errors.New("disk full"), fetching: errors.New("no disk")}
		life(t, k, d, func() {
			time.Sleep(20 * time.Second)
			d.mu.Lock()
			d.err = nil
			d.mu.Unlock()
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if len(d.times) != 1 {
				t.Errorf("remembered %d times", len(d.times))
			}
		})
		if len(d.snapshots) != 1 || d.looks < 25 {
			t.Errorf("%d snapshots, %d looks", len(d.snapshots), d.looks)
		}
	})
}

// TestTooManyPortsAreNotRemembered, and nobody says later that they came.
func TestTooManyPortsAreNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, d := &script{}, &diary{}
		for i := range port.MaxRemembered + 1 {
			k.ports = append(k.ports, uint16(1000+i))
		}
		life(t, k, d, func() { time.Sleep(10 * time.Second) })
		if string(d.kept) != "null" || len(d.times) != 1 {
			t.Errorf("remembered %.100s, %d times", d.kept, len(d.times))
		}
		life(t, k, d, func() { time.Sleep(10 * time.Second) })
		if got := d.said(); got != "" {
			t.Errorf("recorded %.100s", got)
		}
	})
}
