package health

import (
	"strings"
	"testing"
	"time"
)

// plain returns a check of a kind that nothing is wrong with.
func plain(target string) Spec {
	return Spec{Name: "x", Target: target}.WithDefaults(DefaultProfile())
}

func TestValidateNamesTheWrongField(t *testing.T) {
	const ms, s = Duration(time.Millisecond), Duration(time.Second)
	tests := []struct {
		name   string
		target string
		change func(*Spec)
		want   string // the fields; empty: nothing is wrong
	}{
		{"a plain check", "tcp://db:5432", func(*Spec) {}, ""},

		{"no name", "h:1", func(s *Spec) { s.Name = "" }, "name"},
		{"a name with capitals", "h:1", func(s *Spec) { s.Name = "DB" }, "name"},
		{"a name that begins with a dash", "h:1", func(s *Spec) { s.Name = "-db" }, "name"},
		{"a name with a slash", "h:1", func(s *Spec) { s.Name = "a/b" }, "name"},
		{"a name with a line break", "h:1", func(s *Spec) { s.Name = "a\n" }, "name"},
		{"the longest name", "h:1", func(s *Spec) { s.Name = strings.Repeat("a", 63) }, ""},
		{"a longer one", "h:1", func(s *Spec) { s.Name = strings.Repeat("a", 64) }, "name"},
		{"every character of a name", "h:1", func(s *Spec) { s.Name = "0a._-" }, ""},
		{"a name of portreeve's own", "h:1", func(s *Spec) { s.Name = "portreeve.journal" }, "name"},
		{"the same by portreeve", "h:1", func(s *Spec) { s.Name, s.Origin = "portreeve.journal", FromSelf }, ""},
		{"a name that only looks so", "h:1", func(s *Spec) { s.Name = "portreeve-journal" }, ""},

		{"no target", "", func(*Spec) {}, "target"},
		{"a target that is none", "tcp://db", func(*Spec) {}, "target"},

		{"the shortest interval", "h:1", func(s *Spec) { s.Interval, s.Timeout = 100*ms, 99*ms }, ""},
		{"a shorter one", "h:1", func(s *Spec) { s.Interval, s.Timeout = 99*ms, ms }, "interval"},
		{"the longest interval", "h:1", func(s *Spec) { s.Interval = Duration(MaxInterval) }, ""},
		{"a longer one", "h:1", func(s *Spec) { s.Interval = Duration(MaxInterval) + 1 }, "interval"},
		{"a negative interval", "h:1", func(s *Spec) { s.Interval = -1 }, "interval timeout"},
		{"a timeout of the interval", "h:1", func(s *Spec) { s.Timeout = s.Interval }, "timeout"},
		{"a timeout just shorter", "h:1", func(s *Spec) { s.Timeout = s.Interval - 1 }, ""},
		{"a negative timeout", "h:1", func(s *Spec) { s.Timeout = -1 }, "timeout"},
		{"a retry interval", "h:1", func(sp *Spec) { sp.RetryInterval = s }, ""},
		{"the interval as retry interval", "h:1", func(s *Spec) { s.RetryInterval = s.Interval }, ""},
		{"a longer one", "h:1", func(s *Spec) { s.RetryInterval = s.Interval + 1 }, "retry_interval"},
		{"one too short", "h:1", func(s *Spec) { s.RetryInterval = 99 * ms }, "retry_interval"},

		{"the least thresholds", "h:1", func(s *Spec) { s.Thresholds = Thresholds{1, 1} }, ""},
		{"the most", "h:1", func(s *Spec) { s.Thresholds = Thresholds{1000, 1000} }, ""},
		{"less", "h:1", func(s *Spec) { s.Thresholds = Thresholds{0, -1} }, "unhealthy_threshold healthy_threshold"},
		{"more", "h:1", func(s *Spec) { s.Thresholds = Thresholds{1001, 1001} }, "unhealthy_threshold healthy_threshold"},
		{"an unknown profile", "h:1", func(s *Spec) { s.Profile = "aws" }, "profile"},

		{"a mode", "h:1", func(s *Spec) { s.Mode = Listen }, ""},
		{"an unknown mode", "h:1", func(s *Spec) { s.Mode = "half" }, "mode"},
		{"a mode of http", "http://h", func(s *Spec) { s.Mode = Accept }, "mode"},
		{"an expectation", "tls://h:443", func(s *Spec) { s.Expect = "tls.days_left > 14" }, ""},
		{"an expectation of what says nothing", "h:1", func(s *Spec) { s.Expect = "status == 200" }, "expect"},
		{"a family", "http://h", func(s *Spec) { s.Family = FamilyBoth }, ""},
		{"an unknown family", "h:1", func(s *Spec) { s.Family = "ipv5" }, "family"},

		{"all of http's", "http://h", func(s *Spec) {
			s.Method, s.Path, s.Headers, s.Body, s.Redirects = "POST", "/x", map[string]string{"A": "b"}, "{}", 3
		}, ""},
		{"the same of tcp", "h:1", func(s *Spec) {
			s.Method, s.Path, s.Headers, s.Body, s.Redirects = "POST", "/x", map[string]string{"A": "b"}, "{}", 3
		}, "method path headers body redirects"},
		{"a path without a slash", "http://h", func(s *Spec) { s.Path = "x" }, "path"},
		{"too many redirects", "http://h", func(s *Spec) { s.Redirects = 4 }, "redirects"},
		{"less than none", "http://h", func(s *Spec) { s.Redirects = -1 }, "redirects"},

		{"all of tls's", "tls://h:443", func(s *Spec) { s.ServerName, s.CAFile, s.SkipVerify = "n", "ca.pem", true }, ""},
		{"all of both", "https://h", func(s *Spec) { s.ServerName, s.Path = "n", "/x" }, ""},
		{"tls's of http", "http://h", func(s *Spec) { s.ServerName, s.CAFile, s.SkipVerify = "n", "ca.pem", true }, "server_name ca_file insecure_skip_verify"},
		{"http's of tls", "tls://h:443", func(s *Spec) { s.Path = "/x" }, "path"},

		{"a service's ID", "https://h", func(s *Spec) { s.ServiceID = "shop" }, ""},
		{"a service's ID of tcp", "h:1", func(s *Spec) { s.ServiceID = "shop" }, "service_id"},
		{"a heartbeat's times of tcp", "h:1", func(sp *Spec) { sp.Period, sp.Grace = s, s }, "period grace"},

		{"a parent", "h:1", func(s *Spec) { s.Parents = []string{"router"} }, ""},
		{"itself as parent", "h:1", func(s *Spec) { s.Parents = []string{"router", "x"} }, "parents"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := plain(tt.target)
			tt.change(&spec)
			var fields []string
			for _, e := range spec.Validate() {
				fields = append(fields, e.Field)
				if e.Reason == "" || e.Error() != e.Field+": "+e.Reason {
					t.Errorf("error %q of %+v", e.Error(), e)
				}
			}
			if got := strings.Join(fields, " "); got != tt.want {
				t.Errorf("wrong fields %q, want %q: %v", got, tt.want, spec.Validate())
			}
		})
	}
}

// TestValidateTellsEverythingAtOnce: nobody likes to be corrected by
// instalments.
func TestValidateTellsEverythingAtOnce(t *testing.T) {
	bad := Spec{
		Name: "Big Name", Target: "http://h", Interval: Duration(time.Millisecond), Timeout: Duration(time.Second), RetryInterval: 1,
		Profile: "aws", Mode: "half", Family: "ipv5", Path: "x", ServerName: "n", Redirects: 9, Parents: []string{"Big Name"},
	}
	var fields []string
	for _, e := range bad.Validate() {
		fields = append(fields, e.Field)
	}
	want := "name mode server_name path interval timeout retry_interval unhealthy_threshold healthy_threshold profile family mode redirects parents"
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("wrong fields = %s\nwant %s", got, want)
	}
}

// TestValidateOfHeartbeats: a check that is not asked has a period and a grace,
// from which all else follows.
func TestValidateOfHeartbeats(t *testing.T) {
	const s, h = Duration(time.Second), Duration(time.Hour)
	tests := []struct {
		name   string
		change func(*Spec)
		want   string
		ranges bool // the values are of the right kind
	}{
		{"a plain heartbeat", func(*Spec) {}, "", false},
		{"a grace", func(sp *Spec) { sp.Grace = 5 * s }, "", false},
		{"the shortest period", func(sp *Spec) { sp.Period = s }, "", false},
		{"a shorter one", func(sp *Spec) { sp.Period = s - 1 }, "period", true},
		{"the longest period", func(sp *Spec) { sp.Period = 744 * h }, "", false},
		{"a longer one", func(sp *Spec) { sp.Period = 744*h + 1 }, "period", true},
		{"no period", func(sp *Spec) { sp.Period = 0 }, "period", false},
		{"a negative period", func(sp *Spec) { sp.Period = -h }, "period", true},
		{"the longest grace", func(sp *Spec) { sp.Grace = 744 * h }, "", false},
		{"a longer one", func(sp *Spec) { sp.Grace = 744*h + 1 }, "grace", true},
		{"a shorter one", func(sp *Spec) { sp.Grace = s - 1 }, "grace", true},
		{"another's name", func(sp *Spec) { sp.Target = "push://y" }, "target", false},
		{"what others have", func(sp *Spec) {
			sp.Interval, sp.Timeout, sp.RetryInterval, sp.Thresholds = 30*s, 5*s, s, Thresholds{2, 2}
		}, "interval retry_interval unhealthy_threshold healthy_threshold", false},
		{"a timeout", func(sp *Spec) { sp.Timeout = s }, "timeout", false},
		{"a profile, a family, a mode, an expectation", func(sp *Spec) {
			sp.Profile, sp.Family, sp.Mode, sp.Expect, sp.ServiceID = "elb", FamilyIPv4, Accept, "status == 200", "x"
		}, "mode expect service_id profile family", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := Spec{Name: "x", Target: "push://x", Period: h / 60}
			tt.change(&spec)
			spec = spec.WithDefaults(DefaultProfile())
			var fields []string
			for _, e := range spec.Validate() {
				fields = append(fields, e.Field)
				if e.OutOfRange != tt.ranges || e.Reason == "" {
					t.Errorf("%+v", e)
				}
			}
			if got := strings.Join(fields, " "); got != tt.want {
				t.Errorf("wrong fields %q, want %q: %v", got, tt.want, spec.Validate())
			}
		})
	}
}

func TestSpecForNamesATargetByItsAddress(t *testing.T) {
	tests := map[string]string{
		"tcp://db:5432":                     "db-5432",
		"DB.example.org:5432":               "db.example.org-5432",
		"tcp://[::1]:5432":                  "1--5432",
		"https://api.example.org/v1/ok":     "api.example.org-v1-ok",
		"http://h/":                         "h",
		"TCP:80":                            "tcp-80",
		"tcp://portreeve.example.org:80":    "portreeve-example.org-80",
		"tcp://größe:1":                     "gr--e-1",
		"push://nightly.backup":             "nightly.backup",
		"h:1/" + strings.Repeat("long", 99): "h-1-" + strings.Repeat("long", 15)[:59],
	}
	for target, want := range tests {
		spec := SpecFor(target)
		if spec.Name != want || spec.Target != target {
			t.Errorf("SpecFor(%q) is named %q, want %q", target, spec.Name, want)
		}
		for _, e := range spec.WithDefaults(DefaultProfile()).Validate() {
			if e.Field == "name" {
				t.Errorf("SpecFor(%q): %v", target, e)
			}
		}
	}
}

func TestAFieldThatDoesNotFitIsToldForWhatItIs(t *testing.T) {
	spec := plain("tcp://h:1")
	spec.Expect, spec.ServerName = "status == 200", "n"
	errs := spec.Validate()
	if len(errs) != 2 || errs[0].Reason != "has no meaning for tcp: it is for tls, http and https" || errs[1].Reason != "has no meaning for tcp: it is for tls and https" {
		t.Errorf("errors = %v", errs)
	}
}
