package health

import "time"

// A Profile is a set of times and thresholds that users know from elsewhere.
type Profile struct {
	Interval, Timeout  time.Duration
	Unhealthy, Healthy int
}

// DefaultProfile is what a check has that says nothing.
func DefaultProfile() Profile { return Profile{30 * time.Second, 5 * time.Second, 2, 2} }

// Profiles returns the named profiles: the defaults of the load balancers and
// orchestrators whose health checks they are named after.
func Profiles() map[string]Profile {
	return map[string]Profile{
		"elb":     {30 * time.Second, 5 * time.Second, 2, 10},
		"alb":     {30 * time.Second, 5 * time.Second, 2, 5},
		"k8s":     {10 * time.Second, time.Second, 3, 1},
		"haproxy": {2 * time.Second, 1500 * time.Millisecond, 3, 2},
		"api":     {5 * time.Second, 2 * time.Second, 2, 2},
	}
}

// WithDefaults returns s with times and thresholds where it has none: those of
// its profile, else those of d. A timeout that is not given is cut to fit the
// interval. Those of push follow from its period, whatever d is.
func (s Spec) WithDefaults(d Profile) Spec {
	if s.isPush() {
		s.Grace = s.graceOrDefault()
		d = s.pace()
	} else if p, ok := Profiles()[s.Profile]; ok {
		d = p
	}
	if s.Interval == 0 {
		s.Interval = Duration(d.Interval)
	}
	if s.Timeout == 0 {
		s.Timeout = min(Duration(d.Timeout), s.Interval*9/10)
	}
	if s.Thresholds.Unhealthy == 0 {
		s.Thresholds.Unhealthy = d.Unhealthy
	}
	if s.Thresholds.Healthy == 0 {
		s.Thresholds.Healthy = d.Healthy
	}
	return s
}
