package health

import (
	"regexp"
	"strings"
	"time"
)

// A Spec is the definition of a check: a question asked again and again. It is
// immutable once it is validated.
type Spec struct {
	Name   string `json:"name"`
	Title  string `json:"title,omitempty"` // free text for people
	Target string `json:"target"`          // a URL: tcp://host:port …

	Interval Duration `json:"interval"`
	Timeout  Duration `json:"timeout"`
	// RetryInterval is the interval while the target is suspected but not yet
	// believed to be down; zero: Interval.
	RetryInterval Duration   `json:"retry_interval,omitempty"`
	Thresholds    Thresholds `json:"thresholds"`
	Profile       string     `json:"profile,omitempty"` // where times and thresholds come from that were not given

	Mode   Mode   `json:"mode,omitempty"`   // of tcp
	Family Family `json:"family,omitempty"` // of names with addresses of both
	Expect string `json:"expect,omitempty"` // an expression over the answer; empty: the kind's own idea of success

	Method    string            `json:"method,omitempty"` // of http
	Path      string            `json:"path,omitempty"`   // of http, instead of the target's
	Headers   map[string]string `json:"-"`                // of http; may hold secrets
	Body      string            `json:"-"`                // of http; may hold secrets
	Redirects int               `json:"redirects,omitempty"`

	ServerName string `json:"server_name,omitempty"` // of tls, instead of the target's host
	CAFile     string `json:"ca_file,omitempty"`     // of tls: trust these and not the system's
	SkipVerify bool   `json:"insecure_skip_verify,omitempty"`

	// ServiceID is what health+json must call the service; empty: whatever it does.
	ServiceID string `json:"service_id,omitempty"`

	// Period and Grace are of push: a heartbeat is due this long after the one
	// before, and missing when it is late by the grace. Interval is then how often
	// somebody looks.
	Period Duration `json:"period,omitempty"`
	Grace  Duration `json:"grace,omitempty"`

	Parents []string `json:"parents,omitempty"` // checks without which this one cannot be told
	Alerts  []string `json:"alerts,omitempty"`  // routes to tell
	Paused  bool     `json:"paused,omitempty"`
	// PauseAfter is how long an outage may last before the check is paused; zero:
	// for ever.
	PauseAfter Duration `json:"pause_after,omitempty"`
	Origin     Origin   `json:"origin"`
}

// Thresholds say how many equal results in a row it takes to believe them.
type Thresholds struct {
	Unhealthy int `json:"unhealthy"`
	Healthy   int `json:"healthy"`
}

// A Mode says what a tcp check asks.
type Mode string

// The modes.
const (
	Accept Mode = "accept" // a full connection, closed by a reset; the default
	Listen Mode = "listen" // half a handshake, which the application never sees
)

// Modes lists the modes.
func Modes() []string { return []string{string(Accept), string(Listen)} }

// A Family says which of a name's addresses are asked.
type Family string

// The families.
const (
	FamilyAuto Family = "auto" // both; one answer is enough; the default
	FamilyBoth Family = "both" // both; each must answer
	FamilyIPv4 Family = "ipv4"
	FamilyIPv6 Family = "ipv6"
)

// Families lists the families.
func Families() []string {
	return []string{string(FamilyAuto), string(FamilyBoth), string(FamilyIPv4), string(FamilyIPv6)}
}

// An Origin says who defined a check.
type Origin string

// The origins.
const (
	FromFlag    Origin = "flag"
	FromConfig  Origin = "config"
	FromRequest Origin = "request" // somebody asks once, from the command line or the API
	FromSelf    Origin = "self"    // about portreeve itself
	FromAPI     Origin = "api"     // an app signed itself up
	FromCompat  Origin = "compat"  // the same, by the endpoints of healthchecker
)

// Registered reports whether an app asked for the check, so that it may reach no
// more than the app could.
func (o Origin) Registered() bool { return o == FromAPI || o == FromCompat }

// A FieldError names one wrong field of a Spec, by its name in a configuration.
type FieldError struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"` // what to write instead
	// OutOfRange is set when the value is of the right kind, and too small or too
	// great.
	OutOfRange bool `json:"-"`
}

func (e FieldError) Error() string { return e.Field + ": " + e.Reason }

// nameRule is what validName asks, for people.
const nameRule = "lower-case letters, digits, dots, dashes and underscores, 63 at most"

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// SelfPrefix begins the names of checks about portreeve itself.
const SelfPrefix = "portreeve."

// Limits of what a configuration may ask for.
const (
	MinInterval  = 100 * time.Millisecond
	MaxInterval  = 7 * 24 * time.Hour
	MaxThreshold = 1000
	MaxRedirects = 3

	maxName = 63 // as validName has it
)

// SpecFor returns the check that a bare target defines, named by its address
// with everything that a name may not hold as a dash.
func SpecFor(target string) Spec { return Spec{Name: nameFor(target), Target: target} }

func nameFor(target string) string {
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
	name = strings.Trim(name, "-._")
	if rest, ours := strings.CutPrefix(name, SelfPrefix); ours {
		name = "portreeve-" + rest
	}
	return name[:min(len(name), maxName)]
}
