package registration

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

const second = health.Duration(time.Second)

// app is a request that nothing is wrong with.
func app(change func(*Request)) Request {
	q := Request{Name: "api", Target: "tcp://192.0.2.7:80"}
	if change != nil {
		change(&q)
	}
	return q
}

func TestDefinitionHasTheDefaults(t *testing.T) {
	terms := Terms{DefaultAlerts: []string{"ops"}, PauseAfter: 24 * 3600 * second}
	r, notes, wrong := app(nil).Define(Caller{Addr: addr("::ffff:192.0.2.7")}, terms)
	if len(notes)+len(wrong) > 0 {
		t.Fatal(notes, wrong)
	}
	s := r.Spec
	if s.Interval != 30*second || s.Timeout != 5*second || s.Thresholds != (health.Thresholds{Unhealthy: 2, Healthy: 10}) {
		t.Errorf("times and thresholds: %+v", s)
	}
	if s.Origin != health.FromAPI || s.PauseAfter != terms.PauseAfter || !slices.Equal(s.Alerts, terms.DefaultAlerts) || !r.DefaultAlerts {
		t.Errorf("terms: %+v", r)
	}
	if r.Addr != addr("192.0.2.7") {
		t.Errorf("address: %v", r.Addr)
	}
	r, _, wrong = app(func(q *Request) { q.Alerts, q.Email = []string{}, "ann@example.org" }).Define(Caller{Compat: true, Addr: addr("192.0.2.7")}, terms)
	if len(wrong) > 0 || r.Spec.Origin != health.FromCompat || len(r.Spec.Alerts) > 0 || r.DefaultAlerts || r.Email != "ann@example.org" {
		t.Errorf("of compat, without routes: %+v, %v", r, wrong)
	}
}

// TestRanges of what apps may ask for: both ends are in.
func TestRanges(t *testing.T) {
	times := map[string]struct {
		least, most time.Duration
		set         func(*Request, health.Duration)
	}{
		"interval": {5 * time.Second, 300 * time.Second, func(q *Request, d health.Duration) { q.Interval = d }},
		"timeout":  {2 * time.Second, 60 * time.Second, func(q *Request, d health.Duration) { q.Timeout, q.Interval = d, 300*second }},
		"period":   {10 * time.Second, 744 * time.Hour, func(q *Request, d health.Duration) { q.Period, q.Target = d, "push://api" }},
		"grace":    {time.Second, 168 * time.Hour, func(q *Request, d health.Duration) { q.Period, q.Grace, q.Target = 744*3600*second, d, "push://api" }},
	}
	for field, tt := range times {
		for value, fits := range map[time.Duration]bool{tt.least: true, tt.most: true, tt.least - 1: false, tt.most + 1: false, -time.Second: false} {
			_, _, wrong := app(func(q *Request) { tt.set(q, health.Duration(value)) }).Define(Caller{}, Terms{})
			outOfRange(t, field, value, fits, wrong)
		}
	}
	counts := map[string]func(*Request, int){
		"unhealthy_threshold": func(q *Request, n int) { q.Unhealthy = n },
		"healthy_threshold":   func(q *Request, n int) { q.Healthy = n },
	}
	for field, set := range counts {
		for n, fits := range map[int]bool{2: true, 10: true, 1: false, 11: false, -1: false} {
			_, _, wrong := app(func(q *Request) { set(q, n) }).Define(Caller{}, Terms{})
			outOfRange(t, field, n, fits, wrong)
		}
	}
}

func outOfRange(t *testing.T, field string, value any, fits bool, wrong []health.FieldError) {
	t.Helper()
	if fits {
		if len(wrong) > 0 {
			t.Errorf("%s %v: %v", field, value, wrong)
		}
		return
	}
	if len(wrong) != 1 || wrong[0].Field != field || !wrong[0].OutOfRange || !strings.Contains(wrong[0].Reason, "is out of range: ") {
		t.Errorf("%s %v: %v", field, value, wrong)
	}
}

// TestAllWrongFieldsAtOnce, each with what it may be.
func TestAllWrongFieldsAtOnce(t *testing.T) {
	tests := []struct {
		name string
		by   Caller
		ask  Request
		want string
	}{
		{"everything", Caller{}, Request{
			Name: "No Name", Title: "a\nb", Target: "listen://:80", Interval: second, Timeout: second, Unhealthy: 1, Healthy: 11, Mode: "look", Family: "ipv5",
			Alerts: slices.Repeat([]string{"ops"}, 17), Email: "ann@example.org",
		}, `name: "No Name" is no name
title: "a\nb" has letters in it that cannot be shown
target: "listen" is no kind that can be signed up for
interval: 1s is out of range: 5s to 300s
timeout: 1s is out of range: 2s to 60s
unhealthy_threshold: 1 is out of range: 2 to 10
healthy_threshold: 11 is out of range: 2 to 10
mode: "look" is unknown
family: "ipv5" is unknown
alerts: 17 routes are more than 16
email: has no meaning here`},
		{"a check that asks", Caller{Addr: addr("192.0.2.7")}, Request{Name: "api", Target: "tcp://:80", Interval: second, Timeout: 61 * second, Unhealthy: 1, Healthy: 11}, `interval: 1s is out of range: 5s to 300s
timeout: 61s is out of range: 2s to 60s
unhealthy_threshold: 1 is out of range: 2 to 10
healthy_threshold: 11 is out of range: 2 to 10`},
		{"what has no meaning", Caller{}, Request{Name: "api", Target: "tcp://db:80", Path: "/x", Expect: "true", ServiceID: "x", Period: 60 * second, Grace: second, Email: "ann@example.org"}, `path: has no meaning for tcp: it is for http and https
expect: has no meaning for tcp: it is for tls, http and https
service_id: has no meaning for tcp: it is for http and https
period: has no meaning for tcp: it is for push
grace: has no meaning for tcp: it is for push
email: has no meaning here`},
		{"a heartbeat that asks", Caller{}, Request{Name: "job", Target: "push://job", Period: 60 * second, Interval: 7 * second, Unhealthy: 3, Path: "/x"}, `interval: has no meaning for push: its period and grace say it all
unhealthy_threshold: has no meaning for push: its period and grace say it all
path: has no meaning for push: it is for http and https`},
		{"a heartbeat without a period", Caller{}, Request{Name: "job", Target: "push://job"}, `period: is missing: a heartbeat needs one, 10s to 744h`},
		{"another's heartbeat", Caller{}, Request{Name: "job", Target: "push://other", Period: 60 * second}, `target: "push://other" is the heartbeat of another check than "job"`},
		{"a negative interval", Caller{}, Request{Name: "api", Target: "tcp://db:80", Interval: -5 * second, Timeout: 45 * second}, `interval: -5s is out of range: 5s to 300s`},
		{"a kind that needs no port", Caller{}, Request{Name: "api", Target: "ftp://x"}, `target: "ftp" is no kind that can be signed up for`},
		{"what is besides a wrong target", Caller{}, Request{Name: "api", Target: "http://db:99999", Path: "health", Mode: "accept", Period: second}, `target: "http://db:99999" needs a port from 1 to 65535
path: "health" must begin with /
mode: has no meaning for http: it is for tcp
period: has no meaning for http: it is for push`},
		{"what is besides the wrong target of a heartbeat", Caller{}, Request{Name: "job", Target: "push://Job 1", Period: second, Path: "/x"}, `target: "push://Job 1" is no URL
path: has no meaning for push: it is for http and https
period: 1s is out of range: 10s to 744h`},
		{"what could not be read", Caller{}, Request{Name: "api", Target: "tcp://db:80", Unhealthy: 1, Wrong: []health.FieldError{
			{Field: "timeout", Reason: "must be a time such as 30s"}, {Field: "interval", Reason: "must be a time such as 30s"}, {Field: "interval", Reason: "is there more than once"},
		}}, `interval: must be a time such as 30s
timeout: must be a time such as 30s
unhealthy_threshold: 1 is out of range: 2 to 10`},
		{"nothing", Caller{}, Request{}, `name: "" is no name
target: "" names no host`},
		{"too long", Caller{}, Request{
			Name: strings.Repeat("n", 64), Title: strings.Repeat("t", 481), Target: "tcp://" + strings.Repeat("h", 1000) + ":1",
			Path: strings.Repeat("/", 1001), Expect: strings.Repeat("e", 1001), ServiceID: strings.Repeat("s", 201), Mode: health.Mode(strings.Repeat("m", 17)), Family: health.Family(strings.Repeat("f", 17)),
			Alerts: []string{strings.Repeat("a", 64)},
		}, `name: 64 bytes are more than 63
title: 481 bytes are more than 480
target: 1008 bytes are more than 1000
path: 1001 bytes are more than 1000
expect: 1001 bytes are more than 1000
mode: 17 bytes are more than 16
family: 17 bytes are more than 16
service_id: 201 bytes are more than 200
alerts: there is no route "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"…`},
	}
	for _, tt := range tests {
		_, _, wrong := tt.ask.Define(tt.by, Terms{})
		var got []string
		for _, e := range wrong {
			got = append(got, e.Error())
		}
		if text := strings.Join(got, "\n"); text != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, text, tt.want)
		}
	}
}

// TestTimeoutIsCut to fit its interval, and said so; never refused.
func TestTimeoutIsCut(t *testing.T) {
	for _, tt := range []struct {
		interval, timeout, want health.Duration
		note                    string
	}{
		{5 * second, 0, 4500 * second / 1000, "timeout: the usual 5s does not fit the interval 5s, and was cut to 4.5s"},
		{5100 * second / 1000, 0, 4590 * second / 1000, "timeout: the usual 5s does not fit the interval 5.1s, and was cut to 4.59s"},
		{6 * second, 0, 5 * second, ""},
		{5 * second, 4 * second, 4 * second, ""},
		{5 * second, 5 * second, 4500 * second / 1000, "timeout: 5s is not shorter than the interval 5s, and was cut to 4.5s"},
		{0, 60 * second, 27 * second, "timeout: 60s is not shorter than the interval 30s, and was cut to 27s"},
		{60 * second, 59 * second, 59 * second, ""},
	} {
		r, notes, wrong := app(func(q *Request) { q.Interval, q.Timeout = tt.interval, tt.timeout }).Define(Caller{}, Terms{})
		if len(wrong) > 0 || r.Spec.Timeout != tt.want || strings.Join(notes, "; ") != tt.note {
			t.Errorf("interval %v, timeout %v: %v, %q, %v", tt.interval, tt.timeout, r.Spec.Timeout, notes, wrong)
		}
	}
}

func TestHeartbeat(t *testing.T) {
	for _, tt := range []struct{ period, grace, want health.Duration }{
		{10 * second, 0, 10 * second}, {100 * second, 0, 10 * second}, {3600 * second, 0, 360 * second}, {3600 * second, second, second},
		{744 * 3600 * second, 0, 74*3600*second + 24*60*second},
	} {
		r, notes, wrong := Request{Name: "job", Target: "push://", Period: tt.period, Grace: tt.grace}.Define(Caller{}, Terms{})
		if len(notes)+len(wrong) > 0 || r.Spec.Grace != tt.want || r.Spec.Target != "push://job" || r.Spec.Thresholds.Healthy != 1 {
			t.Errorf("period %v: %+v, %v", tt.period, r.Spec, wrong)
		}
	}
}

func TestTargets(t *testing.T) {
	v4, v6 := Caller{Addr: addr("192.0.2.7")}, Caller{Addr: addr("2001:db8::7")}
	for _, tt := range []struct {
		by                       Caller
		target, path, want, with string
	}{
		{v4, "db:5432", "", "tcp://db:5432", ""},
		{v4, "http://api", "", "http://api:80/", ""},
		{v4, "http://:3000/health", "", "http://192.0.2.7:3000/health", ""},
		{v6, "http://:3000/health?full", "", "http://[2001:db8::7]:3000/health?full", ""},
		{v4, "https:///health", "", "https://192.0.2.7:443/health", ""},
		{v4, ":5432", "", "tcp://192.0.2.7:5432", ""},
		{v6, "tls://:443", "", "tls://[2001:db8::7]:443", ""},
		{v4, "TCP:80", "", "tcp://192.0.2.7:80", ""},
		{v4, "SSL:443", "", "tls://192.0.2.7:443", ""},
		{v6, "HTTP:80/x", "", "http://[2001:db8::7]:80/x", ""},
		{v4, "http://api", "/health", "http://api:80/", "/health"},
		{v4, "http://api", "/a b?c=é", "http://api:80/", "/a%20b?c=é"},
		{v4, "http://api", "//evil/", "http://api:80/", "//evil/"},
	} {
		r, _, wrong := Request{Name: "api", Target: tt.target, Path: tt.path}.Define(tt.by, Terms{})
		if len(wrong) > 0 || r.Spec.Target != tt.want || r.Spec.Path != tt.with {
			t.Errorf("%s and %s: %q, %q, %v", tt.target, tt.path, r.Spec.Target, r.Spec.Path, wrong)
		}
	}
	for target, field := range map[string]string{
		"listen://:80": "target", "conns://:80": "target", "gopher://h:70": "target", "http://user:secret@h/": "target", "tcp://": "target", "::1": "target", "file:///etc/passwd": "target",
		"push": "target",
	} {
		_, _, wrong := Request{Name: "api", Target: target}.Define(v4, Terms{})
		if len(wrong) != 1 || wrong[0].Field != field || strings.Contains(wrong[0].Reason, "secret") {
			t.Errorf("%s: %v", target, wrong)
		}
	}
	for _, path := range []string{"health", "@evil/", ":81/", "/x\r\nHost: evil", "/%zz", "/#x", "/\x00", "/\u202e"} {
		if _, _, wrong := (Request{Name: "api", Target: "http://api", Path: path}).Define(v4, Terms{}); len(wrong) != 1 || wrong[0].Field != "path" {
			t.Errorf("path %q: %v", path, wrong)
		}
	}
}

func TestEmailIsOneAddress(t *testing.T) {
	for email, fits := range map[string]bool{
		"ann@example.org": true, "a.b+c@mail.example.org": true, "": true,
		"ann": false, "Ann <ann@example.org>": false, "ann@example.org, bob@example.org": false, "ann@example.org\r\nBcc: bob@example.org": false, "é@example.org": false,
		strings.Repeat("a", 250) + "@example.org": false,
	} {
		_, _, wrong := app(func(q *Request) { q.Email = email }).Define(Caller{Compat: true, Addr: addr("192.0.2.7")}, Terms{})
		if (len(wrong) == 0) != fits {
			t.Errorf("%q: %v", email, wrong)
		}
	}
}

// FuzzDefine: what is taken is asked as it is written, with nothing in it that
// acts on a request, a terminal or a line of a log, and is still taken when it was
// kept.
func FuzzDefine(f *testing.F) {
	f.Add("api", "http://:80/x", "/health?a=b", int64(5), int64(5), int64(0))
	f.Add("job", "push://", "", int64(0), int64(0), int64(60))
	f.Add("a\n", "HTTP:80/%41", "/\r\n", int64(-1), int64(1<<62), int64(1<<40))
	f.Fuzz(func(t *testing.T, name, target, path string, interval, timeout, period int64) {
		by := Caller{Addr: addr("192.0.2.7")}
		q := Request{Name: name, Target: target, Path: path, Interval: health.Duration(interval) * second, Timeout: health.Duration(timeout) * second, Period: health.Duration(period) * second}
		r, _, wrong := q.Define(by, Terms{})
		for _, e := range wrong {
			if len(e.Error()) > 5000 || strings.ContainsAny(e.Error(), "\r\n\x1b\x00") {
				t.Fatalf("%q", e)
			}
		}
		if len(wrong) > 0 {
			return
		}
		if strings.ContainsAny(r.Spec.Target+r.Spec.Path, "\r\n\x1b\x00 ") {
			t.Fatalf("%q %q", r.Spec.Target, r.Spec.Path)
		}
		if r.Owner = by.Identity(); len(r.Validate()) > 0 {
			t.Fatalf("%+v: %v", r, r.Validate())
		}
	})
}
