package watch

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// many returns checks of targets that answer at once, and a watcher of them.
func many(n int, interval time.Duration, sink CheckSink) (*Checks, []Check) {
	checks := make([]Check, n)
	for i := range checks {
		checks[i] = Check{spec(name(i), func(s *health.Spec) { s.Interval = health.Duration(interval) }), passes}
	}
	return &Checks{Sink: sink, Log: quiet, InFlight: n}, checks
}

// A turnstile is a sink that forgets all but how many are to come.
type turnstile struct{ sync.WaitGroup }

func (*turnstile) Uncheck(string)        {}
func (t *turnstile) Check(*health.State) { t.Done() }

// BenchmarkCheck is what a check costs beyond its probe: from being due to
// being due again, through judge and sink.
func BenchmarkCheck(b *testing.B) {
	const targets, crowd = 1000, 100
	var sink turnstile
	c, checks := many(targets, time.Hour, &sink)
	sink.Add(targets)
	c.Set(checks)
	c.running = true
	defer c.close()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%crowd == 0 {
			sink.Wait()
		}
		sink.Add(1)
		c.mu.Lock()
		c.call(context.Background(), c.targets[i%targets], c.instant(time.Now()))
		c.mu.Unlock()
	}
	sink.Wait()
}

// BenchmarkSet is a reload of 10,000 checks of which none has changed.
func BenchmarkSet(b *testing.B) {
	c, checks := many(10_000, time.Minute, &ledger{})
	c.Set(checks)
	for i := range checks {
		again := *checks[i].Spec
		checks[i].Spec = &again
	}
	for b.Loop() {
		c.Set(checks)
	}
}

// A silence is a sink that forgets.
type silence struct{}

func (silence) Uncheck(string)      {}
func (silence) Check(*health.State) {}

// BenchmarkClock runs on the clock for some seconds. It tells how late targets
// are asked, what a check costs with all wake-ups, and the memory of a target.
func BenchmarkClock(b *testing.B) {
	for _, size := range []struct {
		targets  int
		interval time.Duration
	}{{10_000, 5 * time.Second}, {100_000, time.Minute}} {
		b.Run(fmt.Sprintf("%d_in_%v", size.targets, size.interval), func(b *testing.B) {
			for b.Loop() {
				c, checks := many(size.targets, size.interval, silence{})
				before := heap()
				c.Set(checks)
				b.ReportMetric(float64(heap()-before)/float64(size.targets), "B/target")
				ctx, cancel := context.WithTimeout(context.Background(), 6*time.Second)
				cpu := cpuTime()
				_ = c.Run(ctx)
				cancel()
				s := c.Stats()
				b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(s.Lag.Total()), "cpu-µs/check")
				b.ReportMetric(s.Lag.Quantile(0.5)*1000, "p50-ms")
				b.ReportMetric(s.Lag.Quantile(0.99)*1000, "p99-ms")
				b.ReportMetric(s.Lag.Quantile(1)*1000, "max-ms")
				b.ReportMetric(float64(s.Skipped), "skipped")
				runtime.KeepAlive(checks)
			}
		})
	}
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// cpuTime returns what this process has used so far.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
