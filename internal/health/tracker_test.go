package health

import (
	"strings"
	"testing"
	"time"
)

// letters are one per result: + pass, w warn, - fail, ? unknown, and one per
// status. A blank in the results is a gap of four intervals.
var letters = map[Status]string{Unknown: "U", Healthy: "H", Degrading: "D", Unhealthy: "X"}

func verdict(letter rune) Verdict {
	return map[rune]Verdict{'+': Pass, 'w': Warn, '-': Fail, '?': Indeterminate}[letter]
}

func TestTrackerReadsLikeTheRule(t *testing.T) {
	tests := []struct{ name, results, want string }{
		{"two failures are an outage", "++--", "HHDX"},
		{"one failure is not", "++-+", "HHDH"},
		{"two passes recover", "--+-++", "UXXXXH"},
		{"one pass is enough to start, one failure is not", "-+-+", "UHDH"},
		{"an outage at the start is one", "--", "UX"},
		{"unknown neither breaks nor extends a streak", "+-?-?-", "HDDXXX"},
		{"unknown never decides", "????", "UUUU"},
		{"a warning counts as up and degrades", "+ww+", "HDDH"},
		{"warnings recover an outage, as degrading", "--ww", "UXXD"},
		{"a failure, a gap, a failure is no outage", "+- -+", "HDDDH"},
		{"a pass, a gap, a pass is no recovery", "--+ ++", "UXXXXH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := Spec{Interval: Duration(5 * time.Second), Thresholds: Thresholds{2, 2}}
			tr := NewTracker(&spec)
			at := time.Unix(0, 0)
			var got strings.Builder
			for _, c := range tt.results {
				at = at.Add(5 * time.Second)
				if c == ' ' {
					at = at.Add(20 * time.Second)
				} else {
					tr.Observe(Result{At: at, Verdict: verdict(c)})
				}
				status, _ := tr.Status()
				got.WriteString(letters[status])
			}
			if got.String() != tt.want {
				t.Errorf("%s: got %s, want %s", tt.results, got.String(), tt.want)
			}
		})
	}
}

// TestOutageDoesNotDependOnThresholds: fail 2 / pass 10, every 30 s, three
// failures: 90 s, not 330 s.
func TestOutageDoesNotDependOnThresholds(t *testing.T) {
	tr := NewTracker(&Spec{Interval: Duration(30 * time.Second), Thresholds: Thresholds{Unhealthy: 2, Healthy: 10}})
	var changes []Change
	for i, c := range "+---" + "++++++++++" {
		changes = append(changes, tr.Observe(Result{Check: "api", At: time.Unix(int64(i)*30, 0), Verdict: verdict(c)})...)
	}
	down, up := changes[len(changes)-2], changes[len(changes)-1]
	if down.To != Unhealthy || !down.Began.Equal(time.Unix(30, 0)) {
		t.Errorf("outage = %+v, want it to begin with the first failure", down)
	}
	if up.To != Healthy || time.Duration(up.Outage) != 90*time.Second || !up.Began.Equal(time.Unix(120, 0)) {
		t.Errorf("recovery = %+v, want an outage of 1m30s", up)
	}
}

func TestSpecValidateNamesEveryWrongField(t *testing.T) {
	bad := Spec{Name: "Big Name", Target: "tcp://host", Interval: Duration(time.Millisecond), Timeout: Duration(time.Second)}
	var fields []string
	for _, e := range bad.Validate() {
		fields = append(fields, e.Field)
	}
	if got, want := strings.Join(fields, " "), "name target interval timeout unhealthy_threshold healthy_threshold"; got != want {
		t.Errorf("wrong fields = %s, want %s", got, want)
	}
	if errs := SpecFor("tcp://[::1]:5432").WithDefaults(DefaultProfile()).Validate(); errs != nil {
		t.Errorf("a bare target with defaults: %v", errs)
	}
}

func TestParseTarget(t *testing.T) {
	tests := []struct {
		text string
		want Target
		ok   bool
	}{
		{"tcp://db:5432", Target{Kind: "tcp", Host: "db", Port: 5432}, true},
		{"db:5432", Target{Kind: "tcp", Host: "db", Port: 5432}, true},
		{"[::1]:80", Target{Kind: "tcp", Host: "::1", Port: 80}, true},
		{"tcp://db", Target{}, false},
		{"tcp://:80", Target{}, false},
		{"tcp://db:0", Target{}, false},
		{"tcp://db:70000", Target{}, false},
		{"tcp://user@db:80/path", Target{}, false},
	}
	for _, tt := range tests {
		got, err := ParseTarget(tt.text)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseTarget(%q) = %+v, %v", tt.text, got, err)
		}
	}
}
