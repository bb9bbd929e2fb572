package registration

import (
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestFloor: all registered checks of a target ask it once in five seconds at
// most, all together.
func TestFloor(t *testing.T) {
	for _, tt := range []struct {
		name   string
		others []int // seconds
		asks   int
		no     string
	}{
		{"alone", nil, 5, ""},
		{"two of ten seconds", []int{10}, 10, ""},
		{"three of fifteen", []int{15, 15}, 15, ""},
		{"sixty of five minutes", repeated(300, 59), 300, ""},
		{"beside one of five seconds", []int{5}, 300, "other checks ask the same target already as often as it may be asked"},
		{"beside one of ten", []int{10}, 5, "5s is too short beside other checks of the same target: 10s at least"},
		{"beside one of six", []int{6}, 29, "29s is too short beside other checks of the same target: 30s at least"},
		{"as long as it must be", []int{6}, 30, ""},
		{"a sixty-first", repeated(300, 60), 300, "other checks ask the same target already as often as it may be asked"},
	} {
		var load Load
		for _, s := range tt.others {
			load += LoadOf(every(s))
		}
		switch e := load.Admits(every(tt.asks)); {
		case e == nil && tt.no != "":
			t.Errorf("%s: may ask", tt.name)
		case e != nil && (e.Reason != tt.no || e.Field != "interval" || !e.OutOfRange || !strings.Contains(e.Hint, "5s")):
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
	if LoadOf(&health.Spec{}) != 0 {
		t.Error("what has no interval asks nobody")
	}
}

func every(seconds int) *health.Spec {
	return &health.Spec{Interval: health.Duration(time.Duration(seconds) * time.Second)}
}

func repeated(n, times int) (all []int) {
	for range times {
		all = append(all, n)
	}
	return all
}

// TestShortestIsEnough: an interval that is named is let in, and one that is a
// second shorter is not.
func TestShortestIsEnough(t *testing.T) {
	for seconds := 5; seconds <= 300; seconds++ {
		load := LoadOf(every(seconds))
		least, ok := load.shortest()
		if !ok {
			continue
		}
		if e := load.Admits(every(int(least / time.Second))); e != nil {
			t.Errorf("beside %ds: %v", seconds, e)
		}
		if e := load.Admits(every(int(least/time.Second) - 1)); e == nil && least > Floor {
			t.Errorf("beside %ds, %v is not the shortest", seconds, least)
		}
	}
}

// TestSite: who is asked is the same however it is written.
func TestSite(t *testing.T) {
	for want, targets := range map[string][]string{
		"192.0.2.7:80":     {"tcp://192.0.2.7:80", "http://192.0.2.7/x", "http://192.0.2.7:80/y", "tcp://[::ffff:192.0.2.7]:80", "tcp://[::ffff:c000:207]:80"},
		"[2001:db8::7]:80": {"tcp://[2001:db8::7]:80", "http://[2001:0DB8:0::7]/"},
		"api.example:443":  {"tls://API.example.:443", "https://api.example", "tcp://api.example:443"},
		"":                 {"push://job", "nothing"},
	} {
		for _, target := range targets {
			if got := Site(&health.Spec{Target: target}); got != want {
				t.Errorf("%s: %q, want %q", target, got, want)
			}
		}
	}
}
