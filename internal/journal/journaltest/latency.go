package journaltest

import (
	"errors"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/history"
	"github.com/portreeve/portreeve/internal/journal"
)

// counted returns the response times of a check in minutes past noon, counts of
// one length of time for each millisecond.
func counted(check string, minute, span int, milliseconds ...int) history.Latency {
	l := history.Latency{Check: check, At: noon.Add(time.Duration(minute) * time.Minute), Span: time.Duration(span) * time.Minute}
	for _, ms := range milliseconds {
		l.Add(time.Duration(ms) * time.Millisecond)
	}
	return l
}

func addLatency(t *testing.T, j Journal, counts ...history.Latency) {
	t.Helper()
	if err := j.AddLatency(deadline(t), counts); err != nil {
		t.Fatal(err)
	}
}

// took fails the test unless a check's response times are those.
func took(t *testing.T, j Journal, check string, from, until time.Time, want ...history.Latency) {
	t.Helper()
	got, err := j.Latency(deadline(t), check, from, until)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("%d stretches of %s, want %d", len(got), check, len(want))
	}
	for i, w := range want {
		if g := got[i]; g.Check != w.Check || !g.At.Equal(w.At) || g.Span != w.Span || g.Sketch != w.Sketch {
			t.Errorf("stretch %d of %s is %+v, want %+v", i, check, g, w)
		}
	}
}

func testLatency(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	var none time.Time
	took(t, j, "shop", none, none)
	addLatency(t, j)
	addLatency(t, j, counted("shop", 5, 5, 7), counted("shop", 0, 5, 1, 2, 900), counted("shop", 60, 5), counted("api", 0, 5, 3))
	took(t, j, "shop", none, none, counted("shop", 0, 5, 1, 2, 900), counted("shop", 5, 5, 7), counted("shop", 60, 5))
	took(t, j, "api", none, none, counted("api", 0, 5, 3))
	took(t, j, "sho_", none, none)

	addLatency(t, j, counted("shop", 5, 5, 7, 8), counted("shop", 5, 5, 100)) // the process ended within the five minutes
	took(t, j, "shop", noon.Add(5*time.Minute), noon.Add(time.Hour), counted("shop", 5, 5, 7, 7, 8, 100))
	took(t, j, "shop", noon.Add(5*time.Minute).In(time.FixedZone("", 7200)), none, counted("shop", 5, 5, 7, 7, 8, 100), counted("shop", 60, 5))

	addLatency(t, j, counted("shop", 0, 60, 1, 2, 900, 7, 7, 8, 100)) // the hour, for all within it
	took(t, j, "shop", none, none, counted("shop", 0, 60, 1, 2, 900, 7, 7, 8, 100), counted("shop", 60, 5))
	took(t, j, "api", none, none, counted("api", 0, 5, 3))
}

func testWrongLatency(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	for name, wrong := range map[string]history.Latency{
		"no check": counted("", 0, 5, 1), "no span": counted("shop", 0, 0, 1), "a span that goes back": counted("shop", 0, -5, 1),
		"no time": {Check: "shop", Span: time.Minute},
	} {
		if err := j.AddLatency(deadline(t), []history.Latency{counted("shop", 0, 5, 1), wrong}); !errors.Is(err, journal.ErrLatency) {
			t.Errorf("%s: %v, want ErrLatency", name, err)
		}
	}
	took(t, j, "shop", time.Time{}, time.Time{}) // all or none
}
