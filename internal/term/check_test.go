package term

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// answered returns what a target said.
func answered(target string, status health.Status, r health.Result) Check {
	r.At = now.Add(-time.Second)
	spec := health.SpecFor(target)
	spec.Timeout = health.Duration(5 * time.Second)
	return Check{State: &health.State{Spec: &spec, Status: status, Last: &r}}
}

// answers are one of each sort.
func answers() []Check {
	const ms = health.Duration(time.Millisecond)
	tls := &health.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", ALPN: "h2", Subject: "api.example.org", Issuer: "Example CA 1", NotAfter: now.Add(62*24*time.Hour + time.Hour)}
	expired := *tls
	expired.Subject, expired.NotAfter = "old\x1b[31m.example.org", now.Add(-25*time.Hour)
	near := answered("tcp://127.0.0.1:3000", health.Unhealthy, health.Result{
		Took: 87 * ms / 1000, Verdict: health.Fail, Reason: health.Refused, Text: "127.0.0.1:3000: connection refused",
		Answer: &health.Answer{Address: netip.MustParseAddrPort("127.0.0.1:3000"), Phases: health.Phases{Connect: 80 * ms / 1000}},
	})
	near.Nearby = "nobody listens on port 3000 of this machine; nearby are node (pid 811) on 3001"
	interrupted := answered("tcp://slow:1", health.Unknown, health.Result{})
	interrupted.State.Last = nil
	return []Check{
		answered("db:5432", health.Healthy, health.Result{Took: 1234567, Verdict: health.Pass,
			Answer: &health.Answer{Address: netip.MustParseAddrPort("[2001:db8::5]:5432"), Phases: health.Phases{Resolve: ms, Connect: 234567}}}),
		answered("https://api.example.org/health", health.Healthy, health.Result{Took: 41 * ms, Verdict: health.Pass, Answer: &health.Answer{
			Address: netip.MustParseAddrPort("192.0.2.7:443"), TLS: tls,
			Phases: health.Phases{Resolve: 3 * ms, Connect: 10 * ms, TLS: 14 * ms, Processing: 13 * ms, Transfer: ms},
			HTTP:   &health.HTTP{Status: 200, Protocol: "HTTP/2.0", ContentType: "application/json", BodyBytes: 312, Redirects: 1, Location: "https://api.example.org/health/"},
		}}),
		answered("tls://api.example.org:443", health.Degrading, health.Result{Took: 24 * ms, Verdict: health.Warn, Reason: health.TLSExpiring, Text: "expires in 9 days",
			Answer: &health.Answer{Address: netip.MustParseAddrPort("192.0.2.7:443"), StaleName: true, TLS: tls}}),
		near,
		answered("https://old|pipe.example.org/", health.Unhealthy, health.Result{Took: 24 * ms, Verdict: health.Fail, Reason: health.TLSExpired, Text: "expired 2 days\x1b[2J ago",
			Answer: &health.Answer{TLS: &expired}}),
		answered("tcp://10.0.0.9:22", health.Unknown, health.Result{Took: 9 * ms / 1000, Verdict: health.Indeterminate, Reason: health.LocalNetwork, Text: "10.0.0.9:22: network is unreachable"}),
		interrupted,
	}
}

func TestChecks(t *testing.T) {
	for place, s := range screens {
		golden(t, "check-"+place, checksText(s, answers(), now))
	}
	golden(t, "check-one", checksText(Screen{}, answers()[:1], now))
}

// TestTheFirstLineIsAPluginsOwn: a verdict, words without "|", performance data.
func TestTheFirstLineIsAPluginsOwn(t *testing.T) {
	for _, c := range answers() {
		first := c.lines(Screen{}, now)[0]
		words, data, ok := strings.Cut(first, " | ")
		verdict, _, _ := strings.Cut(words, ":")
		if !strings.Contains("OK WARNING CRITICAL UNKNOWN", verdict) || strings.Contains(words, "|") || ok != (c.State.Last != nil) || ok && !strings.HasPrefix(data, "time=0.0") {
			t.Errorf("first line %q", first)
		}
	}
}

func TestShortDurations(t *testing.T) {
	for in, want := range map[time.Duration]string{
		0: "0s", 999: "999ns", 1234: "1.23µs", 87 * time.Microsecond: "87µs", 1234567: "1.23ms", 41_500_000: "41.5ms", 999_900_000: "1s", 5012 * time.Millisecond: "5.01s", 83 * time.Second: "1m23s",
	} {
		if got := short(health.Duration(in)).String(); got != want {
			t.Errorf("short(%d) = %s, want %s", in, got, want)
		}
	}
}
