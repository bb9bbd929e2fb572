package health

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Validate returns every wrong field. What the kind of check alone knows, such
// as whether Expect compiles, it does not look at.
func (s Spec) Validate() []FieldError {
	var v validation
	v.name(s)
	target, err := ParseTarget(s.Target)
	if err != nil {
		v.wrong("target", "write a URL: "+targetForms, "%v", err)
	} else {
		v.fits(s, target)
	}
	if target.IsPush() {
		v.beats(s, target)
	} else {
		v.times(s)
		v.thresholds(s.Thresholds)
		v.oneOf("profile", s.Profile, slices.Sorted(maps.Keys(Profiles())))
		v.oneOf("family", string(s.Family), Families())
	}
	v.oneOf("mode", string(s.Mode), Modes())
	if s.Redirects < 0 || s.Redirects > MaxRedirects {
		v.outside("redirects", fmt.Sprintf("0 to %d", MaxRedirects), "%d is out of range", s.Redirects)
	}
	if slices.Contains(s.Parents, s.Name) {
		v.wrong("parents", "", "%q cannot be its own parent", s.Name)
	}
	return v
}

// A validation collects what is wrong.
type validation []FieldError

func (v *validation) wrong(field, hint, format string, a ...any) {
	*v = append(*v, FieldError{Field: field, Reason: fmt.Sprintf(format, a...), Hint: hint})
}

// outside is wrong for a value of the right kind that is too small or too great.
func (v *validation) outside(field, hint, format string, a ...any) {
	v.wrong(field, hint, format, a...)
	(*v)[len(*v)-1].OutOfRange = true
}

func (v *validation) name(s Spec) {
	switch {
	case !validName.MatchString(s.Name):
		v.wrong("name", nameRule, "%q is no name", s.Name)
	case strings.HasPrefix(s.Name, SelfPrefix) && s.Origin != FromSelf:
		v.wrong("name", "", "%q: names that begin with %q are portreeve's own", s.Name, SelfPrefix)
	}
}

func (v *validation) times(s Spec) {
	if d := time.Duration(s.Interval); d < MinInterval || d > MaxInterval {
		v.outside("interval", "a time such as 30s", "%v is out of range: %v to %v", s.Interval, MinInterval, MaxInterval)
	}
	if s.Timeout <= 0 || s.Timeout >= s.Interval {
		v.outside("timeout", "", "%v must be positive and shorter than the interval %v", s.Timeout, s.Interval)
	}
	if s.RetryInterval != 0 && (time.Duration(s.RetryInterval) < MinInterval || s.RetryInterval > s.Interval) {
		v.outside("retry_interval", "", "%v is out of range: %v to the interval %v", s.RetryInterval, MinInterval, s.Interval)
	}
}

func (v *validation) thresholds(t Thresholds) {
	if t.Unhealthy < 1 || t.Unhealthy > MaxThreshold {
		v.outside("unhealthy_threshold", "", "%d is out of range: 1 to %d", t.Unhealthy, MaxThreshold)
	}
	if t.Healthy < 1 || t.Healthy > MaxThreshold {
		v.outside("healthy_threshold", "", "%d is out of range: 1 to %d", t.Healthy, MaxThreshold)
	}
}

func (v *validation) oneOf(field, word string, words []string) {
	if word != "" && !slices.Contains(words, word) {
		v.wrong(field, "one of "+strings.Join(words, ", "), "%q is unknown", word)
	}
}

// fits names the fields that the target's kind has no use for: a check must not
// look as if it asked more than it does.
func (v *validation) fits(s Spec, t Target) {
	given := []struct {
		field string
		given bool
		kinds []string
	}{
		{"mode", s.Mode != "", []string{"tcp"}},
		{"expect", s.Expect != "", []string{"tls", "http", "https"}},
		{"method", s.Method != "", []string{"http", "https"}},
		{"path", s.Path != "", []string{"http", "https"}},
		{"headers", len(s.Headers) > 0, []string{"http", "https"}},
		{"body", s.Body != "", []string{"http", "https"}},
		{"redirects", s.Redirects != 0, []string{"http", "https"}},
		{"server_name", s.ServerName != "", []string{"tls", "https"}},
		{"ca_file", s.CAFile != "", []string{"tls", "https"}},
		{"insecure_skip_verify", s.SkipVerify, []string{"tls", "https"}},
		{"service_id", s.ServiceID != "", []string{"http", "https"}},
		{"period", s.Period != 0, []string{push}},
		{"grace", s.Grace != 0, []string{push}},
	}
	for _, g := range given {
		if g.given && !slices.Contains(g.kinds, t.Kind) {
			v.wrong(g.field, "", "has no meaning for %s: it is for %s", t.Kind, listed(g.kinds))
		}
	}
	if s.Path != "" && !strings.HasPrefix(s.Path, "/") {
		v.wrong("path", "", "%q must begin with /", s.Path)
	}
}

// listed writes words as a sentence has them: a, b and c.
func listed(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
