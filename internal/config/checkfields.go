package config

import "github.com/portreeve/portreeve/internal/health"

// A CheckField is one key of a check in the file.
type CheckField struct {
	Name    string
	Value   string // what a value looks like
	Default string // in words; empty: none
	Help    string
	Later   bool // known, but not supported by this version yet

	field func(*health.Spec) any // pointer to where it is kept
	rule  func(string) error
}

// secret reports whether the value of the field is never shown.
func (f CheckField) secret() bool { return f.Name == "headers" || f.Name == "body" }

// CheckFields lists every key of a check, in the order in which they are
// printed.
func CheckFields() []CheckField {
	return []CheckField{
		{Name: "name", Value: "shop-api", field: func(s *health.Spec) any { return &s.Name },
			Help: "Required and unique: a-z, 0-9, dot, dash and underscore, 63 characters at most."},
		{Name: "title", Value: "The shop's API", field: func(s *health.Spec) any { return &s.Title },
			Help: "Free text for people."},
		{Name: "target", Value: "https://shop.example.org/health", field: func(s *health.Spec) any { return &s.Target },
			Help: "Required: whom to ask, as a URL: tcp://HOST:PORT, tls://HOST:PORT, http://… or https://…; TCP:80, SSL:443 and HTTP:80/path mean this machine; push://NAME waits for heartbeats."},
		{Name: "profile", Value: "elb", field: func(s *health.Spec) any { return &s.Profile },
			Help: "Times and thresholds of a load balancer that you know: elb, alb, k8s, haproxy or api."},
		{Name: "interval", Value: "5s", Default: "the profile's, else defaults.interval", field: func(s *health.Spec) any { return &s.Interval },
			Help: "Time between two rounds, 100ms to 168h."},
		{Name: "timeout", Value: "2s", Default: "the profile's, else defaults.timeout, cut to fit", field: func(s *health.Spec) any { return &s.Timeout },
			Help: "How long to wait for an answer; shorter than the interval."},
		{Name: "retry_interval", Value: "1s", Default: "the interval", field: func(s *health.Spec) any { return &s.RetryInterval },
			Help: "The interval while the target is suspected, but not yet believed to be down."},
		{Name: "unhealthy_threshold", Value: "2", Default: "the profile's, else defaults.unhealthy_threshold", rule: atLeastOne, field: func(s *health.Spec) any { return &s.Thresholds.Unhealthy },
			Help: "Failures in a row that make an outage, 1 to 1000."},
		{Name: "healthy_threshold", Value: "2", Default: "the profile's, else defaults.healthy_threshold", rule: atLeastOne, field: func(s *health.Spec) any { return &s.Thresholds.Healthy },
			Help: "Passes in a row that end an outage, 1 to 1000."},
		{Name: "expect", Value: `status == 200 and json.status == "OK"`, Default: "the kind's own idea of success", field: func(s *health.Spec) any { return &s.Expect },
			Help: "An expression that must hold for the answer."},
		{Name: "mode", Value: "listen", Default: "accept", field: func(s *health.Spec) any { return (*string)(&s.Mode) },
			Help: "Of tcp: accept makes a full connection, listen half a handshake that the application never sees."},
		{Name: "family", Value: "both", Default: "auto", field: func(s *health.Spec) any { return (*string)(&s.Family) },
			Help: "Which addresses of a name: auto (one that answers is enough), both, ipv4 or ipv6."},
		{Name: "method", Value: "HEAD", Default: "GET", field: func(s *health.Spec) any { return &s.Method },
			Help: "Of http."},
		{Name: "path", Value: "/health", Default: "the target's", field: func(s *health.Spec) any { return &s.Path },
			Help: "Of http: path and query, instead of the target's."},
		{Name: "headers", Value: "{x-shop: blue}", field: func(s *health.Spec) any { return &s.Headers },
			Help: "Of http: sent with the request. Never shown."},
		{Name: "body", Value: "ping", field: func(s *health.Spec) any { return &s.Body },
			Help: "Of http: sent with the request. Never shown."},
		{Name: "redirects", Value: "1", Default: "0", field: func(s *health.Spec) any { return &s.Redirects },
			Help: "Of http: how many are followed, 3 at most."},
		{Name: "server_name", Value: "shop.example.org", Default: "the target's host", field: func(s *health.Spec) any { return &s.ServerName },
			Help: "Of tls and https: the name that is asked for and that the certificate must have."},
		{Name: "ca_file", Value: "/etc/portreeve/ca.pem", Default: "the system's", field: func(s *health.Spec) any { return &s.CAFile },
			Help: "Of tls and https: the certificates to trust, in PEM."},
		{Name: "insecure_skip_verify", Value: "true", Default: "false", field: func(s *health.Spec) any { return &s.SkipVerify },
			Help: "Of tls and https: believe any certificate."},
		{Name: "service_id", Value: "shop", field: func(s *health.Spec) any { return &s.ServiceID },
			Help: "Of http and https: what an answer of application/health+json must call the service; any other one holds its address."},
		{Name: "period", Value: "24h", field: func(s *health.Spec) any { return &s.Period },
			Help: "Of push, and required there: a heartbeat is due so long after the one before, 1s to 744h."},
		{Name: "grace", Value: "30m", Default: "a tenth of the period, 10s at least", field: func(s *health.Spec) any { return &s.Grace },
			Help: "Of push: how late a heartbeat may be, 1s to 744h."},
		{Name: "parents", Value: "[router]", field: func(s *health.Spec) any { return &s.Parents },
			Help: "Names of checks without which this one cannot be told."},
		{Name: "alerts", Value: "[ops]", Default: "defaults.alerts", field: func(s *health.Spec) any { return &s.Alerts },
			Help: "Routes to tell, by their names in alerts; [] tells nobody."},
		{Name: "paused", Value: "true", Default: "false", field: func(s *health.Spec) any { return &s.Paused },
			Help: "Nobody asks until it is taken out."},
		{Name: "pause_after", Value: "72h", Default: "never", field: func(s *health.Spec) any { return (*timeOrNever)(&s.PauseAfter) },
			Help: "How long an outage may last until the check is paused: nobody asks any more until somebody resumes it."},
	}
}

// fieldsByName returns the fields for lookup: one table for many checks.
func fieldsByName() map[string]CheckField {
	all := map[string]CheckField{}
	for _, f := range CheckFields() {
		all[f.Name] = f
	}
	return all
}
