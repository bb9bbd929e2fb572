package health

import (
	"strings"
	"testing"
	"time"
)

// TestARecoveryOutlivesARestart: its passes count, the outage ends at the first
// of them, and a gap or a failure breaks the streak as ever.
func TestARecoveryOutlivesARestart(t *testing.T) {
	tests := []struct {
		name    string
		results string
		ticks   int // from the last result to the first after the restart
		then    string
		want    string
		ended   int // tick of the outage's end; 0: none
	}{
		{"one to go", "--++", 1, "+", "H", 3},
		{"it goes on", "--+", 1, "+++", "XHH", 3},
		{"three intervals are none", "--++", 3, "+", "H", 3},
		{"after a gap it begins anew", "--++", 5, "+++", "XXH", 9},
		{"a failure ends it", "--++", 1, "-+++", "XXXH", 6},
		{"no pass yet", "--", 1, "+++", "XXH", 3},
		{"a failure since", "--++-", 1, "+++", "XXH", 6},
		{"an unknown does not break it", "--++?", 1, "?+", "XH", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := tracker(2, 3)
			_, changes := play(before, tt.results)
			r, _ := before.Recovery()
			after := tracker(2, 3)
			after.Recall(stored(t, changes[len(changes)-1]), before.Counted())
			after.TakeUp(r)
			var statuses strings.Builder
			ended := time.Time{}
			for i, letter := range tt.then {
				at := time.Unix(0, 0).Add(time.Duration(len(tt.results)-1+tt.ticks+i) * tick).Add(tick)
				for _, c := range after.Observe(Result{Check: "api", At: at, Verdict: verdict(letter)}) {
					if c.From == Unhealthy && c.To.Up() {
						ended = c.Began
					}
				}
				status, _ := after.Status()
				statuses.WriteString(letters[status])
			}
			want := time.Time{}
			if tt.ended > 0 {
				want = time.Unix(0, 0).Add(time.Duration(tt.ended) * tick)
			}
			if statuses.String() != tt.want || !ended.Equal(want) {
				t.Errorf("%s, restart, %s: %s, want %s; it ended at %v, want %v", tt.results, tt.then, &statuses, tt.want, ended, want)
			}
		})
	}
}

// TestARecoveryOfAnotherOutageIsIgnored, as one that makes no sense.
func TestARecoveryOfAnotherOutageIsIgnored(t *testing.T) {
	down, decided, alive := time.Unix(10, 0), time.Unix(15, 0), time.Unix(50, 0)
	head := Change{From: Degrading, To: Unhealthy, At: decided, Began: down, Down: down}
	tests := []struct {
		name  string
		head  Change
		r     Recovery
		taken bool
	}{
		{"its own", head, Recovery{Began: time.Unix(20, 0), Passes: 2}, true},
		{"behind an overlay", Change{From: Unhealthy, To: Unhealthy, At: time.Unix(40, 0), Overlay: Maintenance, Down: down, Since: decided}, Recovery{Began: time.Unix(20, 0), Passes: 2}, true},
		{"of one before", head, Recovery{Began: time.Unix(5, 0), Passes: 2}, false},
		{"it began when nobody observed any more", head, Recovery{Began: time.Unix(60, 0), Passes: 2}, false},
		{"none", head, Recovery{}, false},
		{"no passes", head, Recovery{Began: time.Unix(20, 0), Passes: -7}, false},
		{"it is up", Change{From: Unhealthy, To: Healthy, At: decided, Began: down}, Recovery{Began: time.Unix(20, 0), Passes: 2}, false},
	}
	for _, tt := range tests {
		tr := tracker(2, 3)
		tr.Recall(tt.head, alive)
		tr.TakeUp(tt.r)
		if r, ok := tr.Recovery(); ok != tt.taken || ok && (!r.Began.Equal(tt.r.Began) || r.Passes != 2) {
			t.Errorf("%s: %+v, %v", tt.name, r, ok)
		}
	}
}
