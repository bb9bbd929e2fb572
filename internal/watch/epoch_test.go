package watch

import (
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestWhatIsAnotherQuestion after a restart: whom, how and what for; not how
// often, nor what it is called.
func TestWhatIsAnotherQuestion(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*health.Spec)
		another bool
	}{
		{"nothing", func(*health.Spec) {}, false},
		{"target", func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }, true},
		{"mode", func(s *health.Spec) { s.Mode = health.Listen }, true},
		{"family", func(s *health.Spec) { s.Family = health.FamilyBoth }, true},
		{"expect", func(s *health.Spec) { s.Expect = "status == 204" }, true},
		{"method", func(s *health.Spec) { s.Method = "HEAD" }, true},
		{"path", func(s *health.Spec) { s.Path = "/health" }, true},
		{"header", func(s *health.Spec) { s.Headers = map[string]string{"accept": "text/plain"} }, true},
		{"redirects", func(s *health.Spec) { s.Redirects = 1 }, true},
		{"server name", func(s *health.Spec) { s.ServerName = "db" }, true},
		{"trust", func(s *health.Spec) { s.CAFile = "/etc/ca.pem" }, true},
		{"no trust", func(s *health.Spec) { s.SkipVerify = true }, true},

		{"title", func(s *health.Spec) { s.Title = "the database" }, false},
		{"interval", func(s *health.Spec) { s.Interval = health.Duration(time.Minute) }, false},
		{"thresholds", func(s *health.Spec) { s.Thresholds = health.Thresholds{Unhealthy: 5, Healthy: 5} }, false},
		{"parents", func(s *health.Spec) { s.Parents = []string{"router"} }, false},
		{"alerts", func(s *health.Spec) { s.Alerts = []string{"ops"} }, false},
		{"a secret", func(s *health.Spec) { s.Body = "password=hunter2" }, false},
	}
	plain := epochOf(spec("db"))
	for _, tt := range tests {
		if got := epochOf(spec("db", tt.change)) != plain; got != tt.another {
			t.Errorf("%s: another question is %v", tt.name, got)
		}
	}
	secret := func(value string) string {
		return epochOf(spec("db", func(s *health.Spec) { s.Headers = map[string]string{"authorization": value} }))
	}
	if secret("Bearer hunter2") != secret("Bearer hunter3") {
		t.Error("the code of a question gives away a header's value")
	}
	if plain != "566e88d666e916cf" {
		t.Errorf("the code of a question is now %s: outages would be closed by an update", plain)
	}
}
