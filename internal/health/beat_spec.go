package health

import "time"

// Limits of how long a heartbeat may let us wait.
const (
	MinPeriod = time.Second
	MaxPeriod = 31 * 24 * time.Hour
)

// minGrace is the least grace that a heartbeat has which asks for none: a job
// that is started by the minute is seconds late on any machine.
const minGrace = 10 * time.Second

// isPush reports whether the check is not asked, but heard.
func (s *Spec) isPush() bool {
	t, err := ParseTarget(s.Target)
	return err == nil && t.IsPush()
}

// graceOrDefault returns how late a heartbeat may be: what is asked for, else a
// tenth of its period.
func (s *Spec) graceOrDefault() Duration {
	if s.Grace == 0 && s.Period > 0 {
		return min(max(Duration(minGrace), s.Period/10), Duration(MaxPeriod))
	}
	return s.Grace
}

// pace returns how often somebody looks whether a heartbeat has come: five times
// in the shorter of period and grace, so that silence is told soon after it is
// certain. There is nothing to try again: one look is enough to believe it.
func (s *Spec) pace() Profile {
	interval := min(max(time.Duration(min(s.Period, s.Grace))/5, time.Second), 30*time.Second)
	return Profile{Interval: interval, Timeout: DefaultProfile().Timeout, Unhealthy: 1, Healthy: 1}
}

// beats tells what is wrong with a heartbeat's check.
func (v *validation) beats(s Spec, t Target) {
	if validName.MatchString(s.Name) && t.Host != s.Name {
		v.wrong("target", "write "+push+"://"+s.Name, "%q is the heartbeat of another check than %q", s.Target, s.Name)
	}
	if s.Period == 0 {
		v.wrong("period", "say how often a heartbeat comes, as in period: 24h", "is missing: a heartbeat needs one, %v to %v", MinPeriod, MaxPeriod)
	} else if v.span("period", s.Period) || s.Grace != 0 {
		v.span("grace", s.Grace)
	}
	v.derived(s)
}

// span demands a time that a heartbeat may take, and reports whether it is one.
func (v *validation) span(field string, d Duration) bool {
	ok := d >= Duration(MinPeriod) && d <= Duration(MaxPeriod)
	if !ok {
		v.outside(field, "a time such as 24h", "%v is out of range: %v to %v", d, MinPeriod, MaxPeriod)
	}
	return ok
}

// derived names the fields that a heartbeat's check was given although they
// follow from its period.
func (v *validation) derived(s Spec) {
	s.Grace = s.graceOrDefault()
	own := Spec{Target: s.Target, Period: s.Period, Grace: s.Grace}.WithDefaults(Profile{})
	for _, f := range []struct {
		field string
		given bool
	}{
		{"interval", s.Interval != own.Interval},
		{"timeout", s.Timeout != own.Timeout && s.Interval == own.Interval},
		{"retry_interval", s.RetryInterval != 0},
		{"unhealthy_threshold", s.Thresholds.Unhealthy != 1},
		{"healthy_threshold", s.Thresholds.Healthy != 1},
		{"profile", s.Profile != ""},
		{"family", s.Family != ""},
	} {
		if f.given {
			v.wrong(f.field, "leave it out", "has no meaning for push: its period and grace say it all")
		}
	}
}
