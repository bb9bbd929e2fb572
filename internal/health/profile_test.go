package health

import (
	"testing"
	"time"
)

func TestProfilesAreThoseThatUsersKnow(t *testing.T) {
	const s = time.Second
	want := map[string]Profile{
		"elb": {30 * s, 5 * s, 2, 10}, "alb": {30 * s, 5 * s, 2, 5}, "k8s": {10 * s, s, 3, 1},
		"haproxy": {2 * s, 1500 * time.Millisecond, 3, 2}, "api": {5 * s, 2 * s, 2, 2},
	}
	got := Profiles()
	if len(got) != len(want) {
		t.Errorf("profiles = %v", got)
	}
	for name, p := range want {
		if got[name] != p {
			t.Errorf("%s = %v, want %v", name, got[name], p)
		}
		spec := Spec{Name: "x", Target: "h:1", Profile: name}.WithDefaults(DefaultProfile())
		if errs := spec.Validate(); errs != nil {
			t.Errorf("%s is no valid check: %v", name, errs)
		}
	}
}

func TestWithDefaultsFillsWhatIsNotGiven(t *testing.T) {
	const s = Duration(time.Second)
	tests := []struct {
		name       string
		spec, want Spec
	}{
		{"nothing given", Spec{}, Spec{Interval: 30 * s, Timeout: 5 * s, Thresholds: Thresholds{2, 2}}},
		{"a profile wins over the defaults", Spec{Profile: "k8s"}, Spec{Profile: "k8s", Interval: 10 * s, Timeout: s, Thresholds: Thresholds{3, 1}}},
		{"what is given wins over the profile", Spec{Profile: "k8s", Interval: 20 * s, Thresholds: Thresholds{Healthy: 7}},
			Spec{Profile: "k8s", Interval: 20 * s, Timeout: s, Thresholds: Thresholds{3, 7}}},
		{"a timeout that is not given is cut to fit", Spec{Interval: 2 * s}, Spec{Interval: 2 * s, Timeout: 1800 * s / 1000, Thresholds: Thresholds{2, 2}}},
		{"one that is given is left to Validate", Spec{Interval: 2 * s, Timeout: 3 * s}, Spec{Interval: 2 * s, Timeout: 3 * s, Thresholds: Thresholds{2, 2}}},
		{"an unknown profile is left to Validate", Spec{Profile: "aws"}, Spec{Profile: "aws", Interval: 30 * s, Timeout: 5 * s, Thresholds: Thresholds{2, 2}}},
	}
	for _, tt := range tests {
		got := tt.spec.WithDefaults(DefaultProfile())
		if got.Interval != tt.want.Interval || got.Timeout != tt.want.Timeout || got.Thresholds != tt.want.Thresholds {
			t.Errorf("%s: %v %v %v, want %v %v %v", tt.name, got.Interval, got.Timeout, got.Thresholds, tt.want.Interval, tt.want.Timeout, tt.want.Thresholds)
		}
	}
}

// TestWithDefaultsOfHeartbeats: nobody says how often to look, and the defaults
// of those that are asked do not count.
func TestWithDefaultsOfHeartbeats(t *testing.T) {
	const s, m, h = Duration(time.Second), Duration(time.Minute), Duration(time.Hour)
	for _, tt := range []struct {
		period, grace                   Duration // as given
		wantGrace, wantInterval, wantTO Duration
	}{
		{24 * h, 0, 144 * m, 30 * s, 5 * s},
		{h, m, m, 12 * s, 5 * s},
		{m, 0, 10 * s, 2 * s, 1800 * s / 1000},
		{10 * s, 0, 10 * s, 2 * s, 1800 * s / 1000},
		{2 * s, s, s, s, 900 * s / 1000},
		{744 * h, 0, 4464 * m, 30 * s, 5 * s},
	} {
		got := Spec{Name: "x", Target: "push://x", Period: tt.period, Grace: tt.grace}.WithDefaults(Profile{time.Minute, time.Minute, 5, 5})
		if got.Grace != tt.wantGrace || got.Interval != tt.wantInterval || got.Timeout != tt.wantTO || got.Thresholds != (Thresholds{1, 1}) {
			t.Errorf("every %v: grace %v, look every %v within %v, %+v", tt.period, got.Grace, got.Interval, got.Timeout, got.Thresholds)
		}
		if wrong := got.Validate(); wrong != nil {
			t.Errorf("every %v: %v", tt.period, wrong)
		}
		if again := got.WithDefaults(DefaultProfile()); again.Interval != got.Interval || again.Grace != got.Grace {
			t.Errorf("every %v: other defaults the second time: %+v", tt.period, again)
		}
	}
}
