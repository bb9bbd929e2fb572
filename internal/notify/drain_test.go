package notify

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// drained drains a desk for at most so long, and returns how long it took.
func (o *office) drained(within time.Duration) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(o.t.Context(), within)
	defer cancel()
	began := time.Now()
	err = o.desk.Drain(ctx)
	return time.Since(began), err
}

// TestDrainTellsWhatIsDue, which the desk may not even have read.
func TestDrainTellsWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const checks = 10
		names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
		o := newOffice(t, every, names...)
		stop := o.open()
		o.box.takes = time.Second
		for _, name := range names {
			o.falls(name)
		}
		if took, err := o.drained(time.Minute); err != nil || took > checks*time.Second {
			t.Errorf("drained after %v: %v", took, err)
		}
		if n := len(o.box.all()); n != checks {
			t.Errorf("%d told, want %d", n, checks)
		}
		if took, err := o.drained(time.Minute); err != nil || took != 0 {
			t.Errorf("with nothing to tell it took %v: %v", took, err)
		}
		o.rises("a") // and the desk goes on
		time.Sleep(time.Minute)
		stop()
		want(t, "told", o.box.words("a"), "down up")
	})
}

// TestDrainIsBounded: nobody waits for a dead channel, and not for ever for a
// slow one, a sick journal or a desk that does not run.
func TestDrainIsBounded(t *testing.T) {
	const bound = 3 * time.Second
	for _, tt := range []struct {
		name  string
		spoil func(o *office)
		err   error
		took  time.Duration
	}{
		{"nothing is taken", func(o *office) { o.box.refuses(errRefused) }, nil, 0},
		{"it takes an hour", func(o *office) { o.box.takes = time.Hour }, context.DeadlineExceeded, bound},
		{"the journal cannot be read", func(o *office) { o.book.do(func() { o.book.reads = errRefused }) }, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newOffice(t, every, "shop", "db")
				stop := o.open()
				tt.spoil(o)
				o.falls("shop")
				o.falls("db")
				if took, err := o.drained(bound); !errors.Is(err, tt.err) || took != tt.took {
					t.Errorf("drained after %v: %v, want %v: %v", took, err, tt.took, tt.err)
				}
				stop()
				if took, err := o.drained(bound); !errors.Is(err, context.DeadlineExceeded) || took != bound {
					t.Errorf("when it has ended, drained after %v: %v", took, err)
				}
			})
		})
	}
}

// TestDrainBeforeTheEnd is how a house stops: what was written last is told, and
// told once, also where the journal is in memory and the desk has read nothing of
// it yet.
func TestDrainBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, every, "shop")
		stop := o.open()
		for range 50 {
			o.falls("shop")
			if _, err := o.drained(time.Second); err != nil {
				t.Fatal(err)
			}
			stop()
			stop = o.open()
			o.rises("shop")
			time.Sleep(time.Second)
		}
		stop()
		believes(t, o.box.all(), nil)
		if n := o.box.attempts(); n != 100 {
			t.Errorf("%d tries, want one for each of 100", n)
		}
	})
}
