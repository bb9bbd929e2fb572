package registration

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/health"
)

// TestCrashLoop: three restarts within ten minutes.
func TestCrashLoop(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	minutes := func(m float64) time.Time { return start.Add(time.Duration(m * float64(time.Minute))) }
	for _, tt := range []struct {
		name     string
		restarts []float64 // minutes
		at       float64
		recent   int
		loop     bool
	}{
		{"none", nil, 0, 0, false},
		{"two", []float64{0, 1}, 1, 2, false},
		{"three", []float64{0, 1, 2}, 2, 3, true},
		{"three in just ten minutes", []float64{0, 5, 10}, 10, 3, true},
		{"a little slower", []float64{0, 5, 10.1}, 10.1, 2, false},
		{"over after a while", []float64{0, 1, 2}, 10.1, 2, false},
		{"many", []float64{0, 1, 2, 3, 4}, 12, 3, true},
		{"many, slowly", []float64{0, 60, 120, 180}, 180, 1, false},
		{"the clock was set back a little", []float64{0, 1, 2}, 1.5, 3, true},
		{"the clock was set back a day", []float64{1440, 1441, 1442}, 0, 0, false},
	} {
		var r Registration
		for _, m := range tt.restarts {
			before := r
			r.Renew(minutes(m))
			if len(before.Recent) > 0 && &before.Recent[0] == &r.Recent[0] {
				t.Errorf("%s: what was read before is changed", tt.name)
			}
		}
		if r.Restarts != len(tt.restarts) || len(r.Recent) > CrashRestarts {
			t.Errorf("%s: %+v", tt.name, r)
		}
		if n := r.RecentRestarts(minutes(tt.at)); n != tt.recent || r.CrashLoop(minutes(tt.at)) != tt.loop {
			t.Errorf("%s: %d recent ones, crash loop %v", tt.name, n, r.CrashLoop(minutes(tt.at)))
		}
	}
}

// TestWhatIsKept is all that a registration is, and no secret.
func TestWhatIsKept(t *testing.T) {
	r, _, wrong := Request{Name: "api", Title: "API", Target: "http://:80/x", Path: "/y", Expect: "status == 200", ServiceID: "s", Alerts: []string{"ops"}}.Define(Caller{Addr: addr("192.0.2.7")}, Terms{PauseAfter: 3600 * second})
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	r.Owner, r.Hash, r.Created = "address 192.0.2.7", auth.HashOf("x"), time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	r.Renew(r.Created)
	r.Conflict, r.Wrong = true, []health.FieldError{{Field: "target"}}
	code, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Registration
	if err := json.Unmarshal(code, &again); err != nil {
		t.Fatal(err)
	}
	if !again.Same(&r) || again.Conflict || again.Wrong != nil {
		t.Errorf("kept: %s\nread: %+v", code, again)
	}
	r.Conflict, r.Wrong = false, nil
	if !reflect.DeepEqual(again, r) || len(again.Validate()) > 0 {
		t.Errorf("kept: %s\nread: %+v, %v", code, again, again.Validate())
	}
	if err := json.Unmarshal([]byte(`{"spec":{"name":"api"}}`), &again); err != nil {
		t.Fatal(err)
	}
}

// TestValidate finds what was kept and is not as it may be.
func TestValidate(t *testing.T) {
	for field, spoil := range map[string]func(*Registration){
		"":                    func(*Registration) {},
		"owner":               func(r *Registration) { r.Owner = "address 192.0.2" },
		"origin":              func(r *Registration) { r.Spec.Origin = health.FromConfig },
		"interval":            func(r *Registration) { r.Spec.Interval = second },
		"timeout":             func(r *Registration) { r.Spec.Timeout = 31 * second },
		"unhealthy_threshold": func(r *Registration) { r.Spec.Thresholds.Unhealthy = 1 },
		"target":              func(r *Registration) { r.Spec.Target = "db" },
		"mode":                func(r *Registration) { r.Spec.Mode = "look" },
		"healthy_threshold":   func(r *Registration) { r.Spec.Thresholds.Healthy = 0 },
	} {
		r, _, _ := app(nil).Define(Caller{}, Terms{})
		r.Owner = "token ci"
		spoil(&r)
		wrong := r.Validate()
		if field == "interval" && len(wrong) > 1 {
			t.Errorf("with another interval more would be wrong: %v", wrong)
		}
		if field == "" && len(wrong) > 0 || field != "" && (len(wrong) == 0 || wrong[0].Field != field) {
			t.Errorf("%s: %v", field, wrong)
		}
	}
}

// TestTerms: what the operator grants counts for those that have signed up
// before, too.
func TestTerms(t *testing.T) {
	old, terms := Terms{[]string{"ops"}, 3600 * second}, Terms{[]string{"night", "ops"}, 0}
	quiet, _, _ := app(nil).Define(Caller{}, old)
	own, _, _ := app(func(q *Request) { q.Alerts = []string{"dev"} }).Define(Caller{}, old)
	for _, r := range []*Registration{&quiet, &own} {
		if old.Grant(r) {
			t.Errorf("nothing is new, yet: %+v", r)
		}
		if !terms.Grant(r) || r.Spec.PauseAfter != 0 {
			t.Errorf("not granted: %+v", r)
		}
	}
	if len(quiet.Spec.Alerts) != 2 || len(own.Spec.Alerts) != 1 {
		t.Errorf("routes: %v, %v", quiet.Spec.Alerts, own.Spec.Alerts)
	}
}

// TestRefusalIsAnError that tells everything in one line.
func TestRefusalIsAnError(t *testing.T) {
	fields := []health.FieldError{{Field: "target", Reason: "is missing"}, {Field: "interval", Reason: "1s is out of range: 5s to 300s"}}
	for want, r := range map[string]*Refusal{
		"Nobody can sign up here": {Detail: "Nobody can sign up here."},
		"It is wrong; target: is missing; interval: 1s is out of range: 5s to 300s": {Detail: "It is wrong.", Fields: fields},
		"target: is missing": {Fields: fields[:1]},
	} {
		if got := r.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
