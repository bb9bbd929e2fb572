package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/portreeve/portreeve/e2e/debian"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// An echo answers every question with one result.
type echo struct {
	fakeAsker
	result health.Result
}

func (e *echo) Ask(ctx context.Context, spec *health.Spec, allow []netip.Prefix) health.Result {
	e.note(ctx, []*health.Spec{spec}, 1, allow)
	return e.result
}

var epoch = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

// probeResults are what each kind of target may say.
func probeResults() map[string]struct {
	target string
	result health.Result
} {
	secured := &health.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Subject: "CN=shop", NotAfter: epoch}
	return map[string]struct {
		target string
		result health.Result
	}{
		"tcp-up": {"tcp://db.test:5432", health.Result{Verdict: health.Pass, Took: health.Duration(1500 * time.Microsecond), Answer: &health.Answer{
			Address: netip.MustParseAddrPort("192.0.2.7:5432"), Phases: health.Phases{Resolve: health.Duration(time.Millisecond), Connect: health.Duration(500 * time.Microsecond)}}}},
		"tcp-down": {"tcp://[2001:db8::7]:5432", health.Result{Verdict: health.Fail, Reason: health.Refused, Text: "[2001:db8::7]:5432: connection refused", Took: health.Duration(time.Millisecond), Answer: &health.Answer{
			Address: netip.MustParseAddrPort("[2001:db8::7]:5432")}}},
		"tcp-literal":   {"tcp://192.0.2.7:5432", health.Result{Verdict: health.Pass, Took: health.Duration(time.Millisecond)}},
		"nothing-known": {"https://shop.test/", health.Result{Verdict: health.Fail, Reason: health.NoSuchName, Text: "no such host"}},
		"tls": {"tls://shop.test:443", health.Result{Verdict: health.Warn, Reason: health.TLSExpiring, Text: "expires in 3 days", Took: health.Duration(20 * time.Millisecond), Answer: &health.Answer{
			Address: netip.MustParseAddrPort("[::ffff:192.0.2.7]:443"), TLS: secured}}},
		"https": {"https://shop.test/health", health.Result{Verdict: health.Fail, Reason: health.HTTPStatus, Text: foreign.Text("status 503\n# TYPE evil counter\nevil 1\x1b[31m"), Took: health.Duration(123456789), Answer: &health.Answer{
			Address: netip.MustParseAddrPort("192.0.2.7:443"), TLS: secured,
			Phases: health.Phases{Resolve: 1e6, Connect: 2e6, TLS: 3e6, Processing: 4e6, Transfer: 5e5},
			HTTP:   &health.HTTP{Status: 503, Protocol: "HTTP/2.0", ContentLength: -1, BodyBytes: 17, Redirects: 2}}}},
	}
}

// TestExposition is read by Prometheus's own parser, and its linter has nothing
// to say.
func TestExposition(t *testing.T) {
	promtool := debian.Path(t, "promtool")
	for name, tt := range probeResults() {
		t.Run(name, func(t *testing.T) {
			e := &echo{result: tt.result}
			h := busyWorld(time.Now()).server(Options{Asker: e}).Handler()
			rec := askFrom(h, here, "GET", "/probe?target="+strings.ReplaceAll(tt.target, "&", "%26"), nil)
			if rec.Code != 200 || rec.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
				t.Fatalf("%d %v %s", rec.Code, rec.Header(), rec.Body)
			}
			golden(t, "probe-"+name+".prom", rec.Body.Bytes())
			parser := expfmt.NewTextParser(model.LegacyValidation)
			families, err := parser.TextToMetricFamilies(strings.NewReader(rec.Body.String()))
			if err != nil || families["probe_success"] == nil || families["evil"] != nil {
				t.Errorf("parsed: %v, %d families", err, len(families))
			}
			cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
			cmd.Stdin = strings.NewReader(rec.Body.String())
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("promtool check metrics: %v\n%s", err, out)
			}
		})
	}
}

// TestModules reads like the documentation: what a target and a module ask.
func TestModules(t *testing.T) {
	const ok2xx = "status >= 200 and status < 300"
	for _, tt := range []struct {
		query  string
		target string // that is asked; empty: a mistake
		spec   health.Spec
		says   string
	}{
		{"target=db:5432", "db:5432", health.Spec{}, ""},
		{"target=https://shop/x", "https://shop/x", health.Spec{}, ""},
		{"target=db:5432&module=tcp_connect", "tcp://db:5432", health.Spec{Mode: health.Accept}, ""},
		{"target=tcp://db:5432&module=tcp_half_open", "tcp://db:5432", health.Spec{Mode: health.Listen}, ""},
		{"target=[2001:db8::1]:443&module=tls_connect", "tls://[2001:db8::1]:443", health.Spec{}, ""},
		{"target=shop.test&module=http_2xx", "http://shop.test", health.Spec{Expect: ok2xx, Redirects: 3}, ""},
		{"target=https://shop.test/x%3Fa=1%26b=2&module=http_2xx", "https://shop.test/x?a=1&b=2", health.Spec{Expect: ok2xx, Redirects: 3}, ""},
		{"", "", health.Spec{}, "query.target: is missing"},
		{"target=", "", health.Spec{}, "query.target: is missing"},
		{"target=db", "", health.Spec{}, "query.target: "},
		{"target=ftp://db:21", "", health.Spec{}, "query.target: is a target that nobody here asks; write http://, https://, tcp://, tls://"},
		{"target=tls://db:5432&module=tcp_connect", "", health.Spec{}, "query.target: is a target that tcp_connect does not ask; write tcp://"},
		{"target=db:5432&module=http_2xxx", "", health.Spec{}, "query.module: is unknown; did you mean http_2xx?"},
		{"target=db:5432&module=icmp", "", health.Spec{}, "query.module: is unknown; modules are tcp_connect, tcp_half_open, tls_connect, http_2xx"},
		{"target=http://ann:secret@shop/&module=http_2xx", "", health.Spec{}, "query.target: "},
		{"target=db:5432&modul=tcp_connect", "", health.Spec{}, "query.modul: is unknown; did you mean module?"},
		{"target=db:5432&target=db:5433", "", health.Spec{}, "query.target: is there 2 times"},
		{"check=mail&target=db:5432", "", health.Spec{}, "query.target: has no meaning with check"},
		{"check=mail&module=tcp_connect", "", health.Spec{}, "query.module: has no meaning with check"},
	} {
		t.Run(tt.query, func(t *testing.T) {
			e := &echo{result: health.Result{Verdict: health.Pass}}
			h := busyWorld(time.Now()).server(Options{Asker: e}).Handler()
			rec := askFrom(h, here, "GET", "/probe?"+tt.query, nil)
			if tt.target == "" {
				var p problem
				if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Code != 422 || len(p.Errors) != 1 {
					t.Fatalf("%d %v: %s", rec.Code, err, rec.Body)
				}
				if said := p.Errors[0].Location + ": " + p.Errors[0].Message; !strings.HasPrefix(said, tt.says) || strings.Contains(rec.Body.String(), "secret") {
					t.Errorf("it says %s", rec.Body)
				}
				return
			}
			if rec.Code != 200 || len(e.asked) != 1 {
				t.Fatalf("%d, %d asked: %s", rec.Code, len(e.asked), rec.Body)
			}
			s := e.asked[0]
			if s.Target != tt.target || s.Mode != tt.spec.Mode || s.Expect != tt.spec.Expect || s.Redirects != tt.spec.Redirects || e.allow[0] != nil {
				t.Errorf("asked is %+v within %v", s, e.allow)
			}
		})
	}
}

func TestProbeTimeout(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"": 5 * time.Second, "10": 9500 * time.Millisecond, "10.5": 10 * time.Second, "1": 500 * time.Millisecond, "0.5": 250 * time.Millisecond, "3600": 29500 * time.Millisecond, "1e300": 29500 * time.Millisecond, "+Inf": 29500 * time.Millisecond,
		"0": 0, "-1": 0, "NaN": 0, "ten": 0, "5s": 0,
	} {
		e := &echo{result: health.Result{Verdict: health.Pass}}
		h := busyWorld(time.Now()).server(Options{Asker: e}).Handler()
		rec := askFrom(h, here, "GET", "/probe?target=db:5432", nil, scrapeTimeout, header)
		if want == 0 {
			if rec.Code != 422 || !strings.Contains(rec.Body.String(), "header.X-Prometheus-Scrape-Timeout-Seconds") {
				t.Errorf("%q: %d %s", header, rec.Code, rec.Body)
			}
			continue
		}
		if rec.Code != 200 || time.Duration(e.asked[0].Timeout) != want || e.asked[0].Validate() != nil {
			t.Errorf("%q: %d, asked for %v, %v", header, rec.Code, e.asked[0].Timeout, e.asked[0].Validate())
		}
	}
}

// TestWhoMayProbe: who can ask from here can find out what is reached from
// here, so reading that is public is not enough, nor what a browser remembers.
func TestWhoMayProbe(t *testing.T) {
	for _, tt := range []struct {
		name, from string
		headers    []string
		want       int
	}{
		{"here", here, nil, 200},
		{"elsewhere", elsewhere, nil, 401},
		{"elsewhere, with a token", elsewhere, bearer("read"), 200},
		{"elsewhere, a browser", elsewhere, basic(secretOf("admin")), 401},
		{"a proxy here", here, []string{"X-Forwarded-For", "192.0.2.1"}, 401},
		{"a proxy here that hands on a token", here, append(bearer("read"), "Forwarded", "for=192.0.2.1"), 200},
		{"another site's link", here, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403},
	} {
		e := &echo{result: health.Result{Verdict: health.Pass}}
		h := busyWorld(time.Now()).server(Options{Asker: e, PublicRead: true, Tokens: someTokens()}).Handler()
		rec := askFrom(h, tt.from, "GET", "/probe?target=db:5432", nil, tt.headers...)
		if rec.Code != tt.want || (len(e.asked) > 0) != (tt.want == 200) {
			t.Errorf("%s: %d, want %d, %d asked", tt.name, rec.Code, tt.want, len(e.asked))
		}
		if tt.want == 401 && strings.Contains(strings.Join(rec.Header().Values("WWW-Authenticate"), ","), "Basic") {
			t.Errorf("%s: a browser is asked for a password that does not count", tt.name)
		}
	}
	e := &echo{}
	h := busyWorld(time.Now()).server(Options{Asker: e}).Handler()
	if rec := askFrom(h, here, "HEAD", "/probe?target=db:5432", nil); rec.Code != 405 || len(e.asked) > 0 {
		t.Errorf("HEAD: %d, %d asked", rec.Code, len(e.asked))
	}
	if rec := askFrom(busyWorld(time.Now()).server(Options{}).Handler(), here, "GET", "/probe?target=db:5432", nil); rec.Code != 404 {
		t.Errorf("without an asker: %d", rec.Code)
	}
}

// TestUnknownIsNoFailure: what could not be told has no probe_success at all.
func TestUnknownIsNoFailure(t *testing.T) {
	for reason, want := range map[health.Reason]int{health.LocalFDs: 503, health.LocalResolver: 503, health.LocalNetwork: 503, health.LocalOverload: 503, health.LocalPolicy: 403} {
		e := &echo{result: health.Result{Verdict: health.Indeterminate, Reason: reason, Text: "the evidence"}}
		rec := askFrom(busyWorld(time.Now()).server(Options{Asker: e}).Handler(), here, "GET", "/probe?target=db:5432", nil)
		if rec.Code != want || strings.Contains(rec.Body.String(), "probe_success") || !strings.Contains(rec.Body.String(), string(reason)+": the evidence") {
			t.Errorf("%s: %d %s", reason, rec.Code, rec.Body)
		}
	}
}

// state puts a check on the board as it is given.
func (w *world) state(st health.State, spec health.Spec) {
	full := spec.WithDefaults(health.DefaultProfile())
	st.Spec = &full
	w.board.Check(&st)
}

func TestProbeOfCheck(t *testing.T) {
	now := time.Now()
	w := newWorld(now)
	last := func(v health.Verdict, reason health.Reason, ago time.Duration) *health.Result {
		return &health.Result{Verdict: v, Reason: reason, At: now.Add(-ago), Took: health.Duration(time.Millisecond)}
	}
	spec := func(name string) health.Spec {
		return health.Spec{Name: name, Target: "tcp://" + name + ":80", Interval: health.Duration(10 * time.Second)}
	}
	w.state(health.State{Status: health.Healthy, Last: last(health.Pass, "", time.Second)}, spec("up"))
	w.state(health.State{Status: health.Degrading, Last: last(health.Warn, health.FamilyDead, time.Second)}, spec("warned"))
	w.state(health.State{Status: health.Healthy, Last: last(health.Fail, health.Refused, time.Second)}, spec("down"))
	w.state(health.State{Status: health.Healthy, Last: last(health.Indeterminate, health.LocalFDs, time.Second)}, spec("void"))
	w.state(health.State{Status: health.Unknown}, spec("new"))
	w.state(health.State{Status: health.Healthy, Last: last(health.Pass, "", 29*time.Second)}, spec("late"))
	w.state(health.State{Status: health.Healthy, Last: last(health.Pass, "", 40*time.Second)}, spec("stale"))
	w.state(health.State{Status: health.Unknown, Overlays: []health.Overlay{health.Paused}, Last: last(health.Fail, health.Refused, time.Second)}, spec("paused"))
	h := w.server(Options{Asker: &fakeAsker{}}).Handler()
	for name, tt := range map[string]struct {
		want int
		says string
	}{
		"up":     {200, "probe_success 1\n"},
		"warned": {200, "probe_success 1\n"},
		"late":   {200, "probe_success 1\n"},
		"down":   {200, "probe_success 0\n"},
		"void":   {503, "local_fds"},
		"new":    {503, "has not been asked yet"},
		"stale":  {503, "is stale: 40s old, and it is asked every 10s"},
		"paused": {503, "is paused"},
		"upp":    {404, "Did you mean up?"},
		"":       {404, "/sd/checks"},
	} {
		rec := askFrom(h, here, "GET", "/probe?check="+name, nil)
		if rec.Code != tt.want || !strings.Contains(rec.Body.String(), tt.says) || tt.want != 200 && strings.Contains(rec.Body.String(), "probe_success") && !strings.Contains(rec.Body.String(), "no probe_success") {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

// TestDiscovery is Prometheus's HTTP service discovery: an array of targets,
// whose labels alone make it scrape the right thing.
func TestDiscovery(t *testing.T) {
	w := newWorld(time.Now())
	w.state(health.State{}, health.Spec{Name: "shop-api", Title: `Shop "API" <b>`, Target: "https://shop.test/health", Alerts: []string{"ops", "mail"}})
	w.state(health.State{}, health.Spec{Name: "db", Target: "tcp://db.test:5432"})
	w.state(health.State{Overlays: []health.Overlay{health.Paused}}, health.Spec{Name: "asleep", Target: "tcp://a.test:1"})
	w.state(health.State{}, health.Spec{Name: "portreeve.local_fds", Origin: health.FromSelf})
	h := w.server(Options{}).Handler()
	rec := askFrom(h, here, "GET", "/sd/checks", nil)
	var groups []targetGroup
	if err := json.Unmarshal(rec.Body.Bytes(), &groups); err != nil || rec.Code != 200 || rec.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v %v: %s", rec.Code, rec.Header(), err, rec.Body)
	}
	golden(t, "discovery.json", indented(t, rec.Body.Bytes()))
	if len(groups) != 2 {
		t.Fatalf("%d targets, want 2: those that are paused or our own are none", len(groups))
	}
	r := arrived("GET", "https://web-07:443/sd/checks", here, "10.0.4.7:443")
	if g := groupOf(w.board.View().Checks[1], r); g.Labels["__scheme__"] != "https" || g.Targets[0] != "web-07:443" {
		t.Errorf("by TLS: %+v", g)
	}
	if none := askFrom(newWorld(time.Now()).server(Options{}).Handler(), here, "GET", "/sd/checks", nil); strings.TrimSpace(none.Body.String()) != "[\n]" {
		t.Errorf("without checks: %q", none.Body)
	}
}

// TestManyChecks: ten thousand are listed whole, quickly, and compressed.
func TestManyChecks(t *testing.T) {
	w := newWorld(time.Now())
	for i := range 10_000 {
		w.state(health.State{Last: &health.Result{Verdict: health.Pass, At: time.Now()}}, health.Spec{Name: fmt.Sprintf("check-%05d", i), Target: fmt.Sprintf("tcp://10.0.%d.%d:443", i/256, i%256)})
	}
	h := w.server(Options{}).Handler()
	var groups []targetGroup
	if err := json.Unmarshal(askFrom(h, here, "GET", "/sd/checks", nil).Body.Bytes(), &groups); err != nil || len(groups) != 10_000 {
		t.Fatalf("%d targets, %v", len(groups), err)
	}
	zipped := askFrom(h, here, "GET", "/sd/checks", nil, "Accept-Encoding", "gzip")
	if zipped.Header().Get("Content-Encoding") != "gzip" || zipped.Body.Len() > 300<<10 {
		t.Errorf("%d bytes, %v", zipped.Body.Len(), zipped.Header())
	}
	begin := time.Now()
	for i := range 1000 {
		if rec := askFrom(h, here, "GET", fmt.Sprintf("/probe?check=check-%05d", i*10), nil); rec.Code != http.StatusOK {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("a thousand answers took %v", took)
	}
}
