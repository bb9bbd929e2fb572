package health

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A Spec is the definition of a check: a question asked again and again.
type Spec struct {
	Name       string     `json:"name"`
	Target     string     `json:"target"` // a URL: tcp://host:port …
	Interval   Duration   `json:"interval"`
	Timeout    Duration   `json:"timeout"`
	Thresholds Thresholds `json:"thresholds"`
	Origin     Origin     `json:"origin"`
}

// Thresholds say how many equal results in a row it takes to believe them.
type Thresholds struct {
	Unhealthy int `json:"unhealthy"`
	Healthy   int `json:"healthy"`
}

// An Origin says who defined a check.
type Origin string

// FromFlag is the origin of checks that the command line names.
const FromFlag Origin = "flag"

// A FieldError names one wrong field of a Spec.
type FieldError struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

func (e FieldError) Error() string { return e.Field + ": " + e.Reason }

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// reserved is the prefix of checks about portreeve itself.
const reserved = "portreeve."

// MinInterval is the shortest interval of a configured check.
const MinInterval = 100 * time.Millisecond

// WithDefaults returns s with the default thresholds and times where it has
// none: every 30 s, 5 s to answer, two results in a row to believe.
func (s Spec) WithDefaults() Spec {
	if s.Interval == 0 {
		s.Interval = Duration(30 * time.Second)
	}
	if s.Timeout == 0 {
		s.Timeout = min(Duration(5*time.Second), s.Interval*9/10)
	}
	if s.Thresholds.Unhealthy == 0 {
		s.Thresholds.Unhealthy = 2
	}
	if s.Thresholds.Healthy == 0 {
		s.Thresholds.Healthy = 2
	}
	return s
}

// Validate returns every wrong field.
func (s Spec) Validate() []FieldError {
	var errs []FieldError
	wrong := func(field, format string, a ...any) {
		errs = append(errs, FieldError{field, fmt.Sprintf(format, a...)})
	}
	switch {
	case !validName.MatchString(s.Name):
		wrong("name", "%q must match %s", s.Name, validName)
	case strings.HasPrefix(s.Name, reserved) && s.Origin != "":
		wrong("name", "%q: the prefix %q is reserved", s.Name, reserved)
	}
	if _, err := ParseTarget(s.Target); err != nil {
		wrong("target", "%v", err)
	}
	if time.Duration(s.Interval) < MinInterval {
		wrong("interval", "%v is shorter than %v", s.Interval, MinInterval)
	}
	if s.Timeout <= 0 || s.Timeout >= s.Interval {
		wrong("timeout", "%v must be positive and shorter than the interval %v", s.Timeout, s.Interval)
	}
	if s.Thresholds.Unhealthy < 1 {
		wrong("unhealthy_threshold", "%d is less than 1", s.Thresholds.Unhealthy)
	}
	if s.Thresholds.Healthy < 1 {
		wrong("healthy_threshold", "%d is less than 1", s.Thresholds.Healthy)
	}
	return errs
}

// SpecFor returns the check that a bare target defines, named by its address
// with everything that a name may not hold as a dash.
func SpecFor(target string) Spec {
	name := strings.ToLower(target)
	if _, rest, ok := strings.Cut(name, "://"); ok {
		name = rest
	}
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, name)
	name = strings.TrimLeft(name, "-._")
	return Spec{Name: name[:min(len(name), 63)], Target: target}
}
