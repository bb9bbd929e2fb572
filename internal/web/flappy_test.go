package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/health"
)

// A fakeAsker answers by the name of the host: its letters are what each round
// finds, + for a pass, - for a failure and ? for a fault of our own.
type fakeAsker struct {
	hold chan struct{} // if not nil: answers wait until it is closed

	mu     sync.Mutex
	asked  []health.Spec
	allow  [][]netip.Prefix
	rounds int
	ended  int // by their context
}

func (a *fakeAsker) note(ctx context.Context, specs []*health.Spec, rounds int, allow []netip.Prefix) error {
	a.mu.Lock()
	a.rounds = rounds
	for _, s := range specs {
		a.asked = append(a.asked, *s)
	}
	a.allow = append(a.allow, allow)
	a.mu.Unlock()
	if a.hold == nil {
		return nil
	}
	select {
	case <-a.hold:
		return nil
	case <-ctx.Done():
		a.mu.Lock()
		defer a.mu.Unlock()
		a.ended++
		return ctx.Err()
	}
}

func (a *fakeAsker) count() (asked, ended int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.asked), a.ended
}

func (a *fakeAsker) Ask(ctx context.Context, spec *health.Spec, allow []netip.Prefix) health.Result {
	if a.note(ctx, []*health.Spec{spec}, 1, allow) != nil {
		return health.Result{Verdict: health.Indeterminate, Reason: health.LocalOverload}
	}
	target, err := health.ParseTarget(spec.Target)
	if err != nil {
		return health.Result{Verdict: health.Indeterminate, Reason: health.LocalOverload, Text: "no target"}
	}
	return roundsOf(target.Host)[0]
}

func (a *fakeAsker) Rounds(ctx context.Context, specs []*health.Spec, rounds int, allow []netip.Prefix) ([]health.Tally, error) {
	if err := a.note(ctx, specs, rounds, allow); err != nil {
		return nil, err
	}
	tallies := make([]health.Tally, len(specs))
	for i, s := range specs {
		target, err := health.ParseTarget(s.Target)
		if err != nil {
			return nil, err
		}
		for _, r := range roundsOf(target.Host) {
			tallies[i].Add(r)
		}
	}
	return tallies, nil
}

// roundsOf returns what a host's name says that each round finds.
func roundsOf(host string) (results []health.Result) {
	for letter := range strings.SplitSeq(strings.SplitN(host, ".", 2)[0], "-") {
		r := health.Result{Verdict: health.Pass}
		switch letter {
		case "bad":
			r = health.Result{Verdict: health.Fail, Reason: health.Refused, Text: "connection refused"}
		case "blind":
			r = health.Result{Verdict: health.Indeterminate, Reason: health.LocalResolver, Text: "no resolver"}
		case "forbidden":
			r = health.Result{Verdict: health.Indeterminate, Reason: health.LocalPolicy, Text: "169.254.169.254 must not be asked"}
		}
		results = append(results, r)
	}
	return results
}

// flappyOptions open is_flappy's endpoints to 192.0.2.0/24.
func flappyOptions(a Asker) Options {
	return Options{Asker: a, Flappy: true, FlappyAllow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}, Tokens: someTokens()}
}

func asJSON() []string { return []string{"Content-Type", "application/json"} }

// TestFlappyAnswers are is_flappy's, word by word.
func TestFlappyAnswers(t *testing.T) {
	a := &fakeAsker{}
	h := busyWorld(time.Now()).server(flappyOptions(a)).Handler()
	rec := askFrom(h, here, "POST", "/json", strings.NewReader(`{"port": 443, "hosts": ["ok-ok.test", " bad-bad.test\r\n", "ok-bad-ok.test", "blind-ok.test", "blind-blind.test", "[2001:db8::7]", "ok-ok.test", "OK-OK.test."]}`), asJSON()...)
	want := `{"results":[` + strings.Join([]string{
		`{"host":"ok-ok.test","message":"service using port 443 on host ok-ok.test is reporting OK","port":443,"status":"OK"}`,
		`{"host":"bad-bad.test","message":"service using port 443 on host bad-bad.test is reporting DOWN","port":443,"status":"DOWN"}`,
		`{"host":"ok-bad-ok.test","message":"service using port 443 on host ok-bad-ok.test is reporting FLAPPY","port":443,"status":"FLAPPY"}`,
		`{"host":"blind-ok.test","message":"service using port 443 on host blind-ok.test is reporting OK","port":443,"status":"OK"}`,
		`{"host":"blind-blind.test","message":"service using port 443 on host blind-blind.test could not be checked: local_resolver","port":443,"status":"UNKNOWN"}`,
		`{"host":"2001:db8::7","message":"service using port 443 on host 2001:db8::7 is reporting OK","port":443,"status":"OK"}`,
		`{"host":"ok-ok.test","message":"service using port 443 on host ok-ok.test is reporting OK","port":443,"status":"OK"}`,
		`{"host":"OK-OK.test.","message":"service using port 443 on host OK-OK.test. is reporting OK","port":443,"status":"OK"}`,
	}, ",") + "]}\n"
	if diff := cmp.Diff(want, rec.Body.String()); diff != "" || rec.Code != 200 || rec.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v\n%s", rec.Code, rec.Header(), diff)
	}
	var targets, names []string
	for _, s := range a.asked {
		targets, names = append(targets, s.Target), append(names, s.Name)
		if s.Interval != health.Duration(2*time.Second) || s.Timeout >= s.Interval || s.Mode != health.Accept || s.Origin != health.FromRequest || s.Validate() != nil {
			t.Errorf("asked is %+v, %v", s, s.Validate())
		}
	}
	wantTargets := []string{"tcp://ok-ok.test:443", "tcp://bad-bad.test:443", "tcp://ok-bad-ok.test:443", "tcp://blind-ok.test:443", "tcp://blind-blind.test:443", "tcp://[2001:db8::7]:443"}
	if diff := cmp.Diff(wantTargets, targets); diff != "" || a.rounds != 5 || a.allow[0] != nil {
		t.Errorf("%d rounds within %v of\n%s", a.rounds, a.allow, diff)
	}
	if slices.Sort(names); len(slices.Compact(names)) != len(targets) {
		t.Errorf("names are not unique: %v", names)
	}

	one := askFrom(h, here, "GET", "/check/ok-ok.test", nil)
	if want := `{"host":"ok-ok.test","message":"service using port 80 on host ok-ok.test is reporting OK","port":80,"status":"OK"}` + "\n"; one.Body.String() != want || one.Code != 200 {
		t.Errorf("%d %s", one.Code, one.Body)
	}
	other := askFrom(h, here, "GET", "/check/ok-ok.test?port=9860", nil)
	if want := `{"host":"ok-ok.test","message":"service using port 9860 on host ok-ok.test is reporting OK","port":9860,"status":"OK"}` + "\n"; other.Body.String() != want || a.asked[len(a.asked)-1].Target != "tcp://ok-ok.test:9860" {
		t.Errorf("%d %s", other.Code, other.Body)
	}
	if typo := askFrom(h, here, "GET", "/check/ok.test?prot=1", nil); !strings.Contains(typo.Body.String(), `"location":"query.prot"`) || !strings.Contains(typo.Body.String(), "did you mean port?") || typo.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("a misspelt parameter: %s", typo.Body)
	}
	if none := askFrom(h, here, "POST", "/json", strings.NewReader(`{"port":1,"hosts":[]}`), asJSON()...); none.Body.String() != `{"results":[]}`+"\n" {
		t.Errorf("of no hosts it says %s", none.Body)
	}
}

// TestFlappyCallers: who is here may name any host, who is in flappy.allow
// those in it, nobody else any; whatever else they show.
func TestFlappyCallers(t *testing.T) {
	for _, tt := range []struct {
		name, from string
		headers    []string
		want       int
		bounded    bool
	}{
		{"here", here, nil, 200, false},
		{"in the network", "192.0.2.7:1", nil, 200, true},
		{"in the IPv6 network", "[2001:db8::7%eth0]:1", nil, 200, true},
		{"in the network, as mapped", "[::ffff:192.0.2.7]:1", nil, 200, true},
		{"in the network, with a token", "192.0.2.7:1", bearer("admin"), 200, true},
		{"in the network, with a wrong token", "192.0.2.7:1", bearer("nobody"), 401, false},
		{"elsewhere", elsewhere, nil, 403, false},
		{"elsewhere, with a token", elsewhere, bearer("admin"), 403, false},
		{"a proxy here", here, []string{"X-Forwarded-For", "192.0.2.7"}, 403, false},
		{"another site's link", here, []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403, false},
		{"another port's script", here, []string{"Sec-Fetch-Site", "same-site"}, 403, false},
		{"the address bar", here, []string{"Sec-Fetch-Site", "none"}, 200, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &fakeAsker{}
			o := flappyOptions(a)
			o.PublicRead = true
			h := busyWorld(time.Now()).server(o).Handler()
			for _, rec := range []int{
				askFrom(h, tt.from, "GET", "/check/ok.test", nil, tt.headers...).Code,
				askFrom(h, tt.from, "POST", "/json", strings.NewReader(`{"port":80,"hosts":["ok.test"]}`), append(tt.headers, asJSON()...)...).Code,
			} {
				if rec != tt.want {
					t.Errorf("status %d, want %d", rec, tt.want)
				}
			}
			asked, _ := a.count()
			if (asked > 0) != (tt.want == 200) {
				t.Errorf("%d were asked", asked)
			}
			for _, allow := range a.allow {
				if (allow != nil) != tt.bounded {
					t.Errorf("asked within %v", allow)
				}
			}
		})
	}
}

func TestFlappyIsClosed(t *testing.T) {
	for name, o := range map[string]Options{"by itself": {}, "without an asker": {Flappy: true}, "by configuration": {Asker: &fakeAsker{}}} {
		h := busyWorld(time.Now()).server(o).Handler()
		if one, many := askFrom(h, here, "GET", "/check/ok.test", nil).Code, askFrom(h, here, "POST", "/json", strings.NewReader("{}"), asJSON()...).Code; one != 404 || many != 404 {
			t.Errorf("%s: %d, %d", name, one, many)
		}
	}
}

// TestFlappyMistakes reads like a user's.
func TestFlappyMistakes(t *testing.T) {
	hosts := func(n int) string {
		return `{"port":80,"hosts":[` + strings.Repeat(`"a",`, n-1) + `"a"]}`
	}
	for _, tt := range []struct {
		name, body string
		headers    []string
		want       int
		says       []string
	}{
		{"not JSON", "port=80", nil, 415, []string{"application/json"}},
		{"nothing", "", asJSON(), 400, []string{"it ends early"}},
		{"half", `{"port":80,`, asJSON(), 400, []string{"it ends early"}},
		{"a list", `["a"]`, asJSON(), 400, []string{"it is no object"}},
		{"two objects", `{"port":80,"hosts":[]} {}`, asJSON(), 400, []string{"something follows"}},
		{"broken", `{"port":80,"hosts":[}`, asJSON(), 400, []string{"at byte"}},
		{"deep", `{"port":80,"hosts":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + `}`, asJSON(), 400, []string{"nested more than 16 deep"}},
		{"endless depth", strings.Repeat("[", 100_000), asJSON(), 400, []string{"nested more than 16 deep"}},
		{"an empty object", `{}`, asJSON(), 422, []string{"body.port", "body.hosts", "is missing"}},
		{"everything", `{"prot":80,"hosts":["a b",7,null,"","ok.test"],"port":70000,"port":1}`, asJSON(), 422, []string{"body.prot", "did you mean port?", "body.port", "is there twice", "from 1 to 65535", "body.hosts[0]", "body.hosts[1]", "must be a text", "body.hosts[2]", "body.hosts[3]", "is empty"}},
		{"a port as text", `{"port":"80","hosts":[]}`, asJSON(), 422, []string{"body.port", `\"80\"`}},
		{"a port of null", `{"port":null,"hosts":null}`, asJSON(), 422, []string{"body.port", "body.hosts", "must be a list"}},
		{"half a port", `{"port":80.5,"hosts":[]}`, asJSON(), 422, []string{"body.port"}},
		{"a host with a port", `{"port":80,"hosts":["a.test:80"]}`, asJSON(), 422, []string{"body.hosts[0]"}},
		{"a URL", `{"port":80,"hosts":["http://a.test/"]}`, asJSON(), 422, []string{"body.hosts[0]"}},
		{"markup", `{"<script>":1,"port":80,"hosts":["<img>"]}`, asJSON(), 422, []string{`body.\u003cscript\u003e`, `\u003cimg\u003e`}},
		{"too many wrong ones", strings.ReplaceAll(hosts(100), `"a"`, `"?"`), asJSON(), 422, []string{"body.hosts[19]", "80 more fields are wrong"}},
		{"too many hosts", hosts(maxHosts + 1), asJSON(), 422, []string{"names 10001 hosts, and 10000 are the most"}},
		{"too much", `{"port":80,"hosts":["` + strings.Repeat("a", maxHostList) + `"]}`, asJSON(), 413, []string{"is larger than"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &fakeAsker{}
			rec := askFrom(busyWorld(time.Now()).server(flappyOptions(a)).Handler(), here, "POST", "/json", strings.NewReader(tt.body), tt.headers...)
			if rec.Code != tt.want || rec.Header().Get("Content-Type") != "application/problem+json" || !json.Valid(rec.Body.Bytes()) {
				t.Errorf("%d, want %d: %.300s", rec.Code, tt.want, rec.Body)
			}
			for _, text := range tt.says {
				if !strings.Contains(rec.Body.String(), text) {
					t.Errorf("it does not say %s: %.500s", text, rec.Body)
				}
			}
			if asked, _ := a.count(); asked > 0 {
				t.Errorf("%d were asked", asked)
			}
		})
	}
	h := busyWorld(time.Now()).server(flappyOptions(&fakeAsker{})).Handler()
	for path, want := range map[string]int{"/check/a%20b": 422, "/check/": 404, "/check/a/b": 404, "/check/%3Cb%3E": 422,
		"/check/a?prot=443": 422, "/check/a?port=": 422, "/check/a?port=0": 422, "/check/a?port=65536": 422, "/check/a?port=-1": 422, "/check/a?port=http": 422, "/check/a?port=1&port=1": 422, "/check/a?port=1&x=": 422, "/check/a?port=1;x": 422, "/sd/checks?check=a": 422} {
		if rec := askFrom(h, here, "GET", path, nil); rec.Code != want {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	for _, tt := range []struct{ method, path, allow string }{{"GET", "/json", "POST, OPTIONS"}, {"HEAD", "/check/ok.test", "GET, OPTIONS"}, {"POST", "/check/ok.test", "GET, HEAD, OPTIONS"}} {
		if rec := askFrom(h, here, tt.method, tt.path, nil); rec.Code != 405 || rec.Header().Get("Allow") != tt.allow {
			t.Errorf("%s %s: %d, Allow %q", tt.method, tt.path, rec.Code, rec.Header().Get("Allow"))
		}
	}
}

// TestLargestList is one that fits: ten thousand of the longest names, on lines
// of their own.
func TestLargestList(t *testing.T) {
	label := strings.Repeat("a", 62)
	var b bytes.Buffer
	b.WriteString("{\n    \"port\": 80,\n    \"hosts\": [\n")
	for i := range maxHosts {
		comma := ","
		if i == maxHosts-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "        \"h%05d%s.%s.%s.%s\"%s\n", i, label[:56], label, label, label, comma)
	}
	b.WriteString("    ]\n}\n")
	a := &fakeAsker{}
	rec := askFrom(busyWorld(time.Now()).server(flappyOptions(a)).Handler(), here, "POST", "/json", &b, asJSON()...)
	var answer flappyAnswer
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || len(answer.Results) != maxHosts || len(a.asked) != maxHosts {
		t.Errorf("%d: %d results of %d, %v: %.200s", rec.Code, len(answer.Results), len(a.asked), err, rec.Body)
	}
}

// post sends a list of one host from an address.
func post(ctx context.Context, addr, target string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", "http://"+target+"/json", strings.NewReader(`{"port":80,"hosts":["ok.test"]}`))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return (&http.Client{Transport: &http.Transport{DialContext: from(addr).DialContext, DisableKeepAlives: true}}).Do(req)
}

// TestOneQuestionPerCaller at a time, and a few in all.
func TestOneQuestionPerCaller(t *testing.T) {
	a := &fakeAsker{hold: make(chan struct{})}
	o := flappyOptions(a)
	o.MaxLive = 16 // two lists
	s := busyWorld(time.Now()).server(o)
	target := serve(t, s)
	answers := make(chan int, 10)
	send := func(addr string) {
		resp, err := post(t.Context(), addr, target)
		if err != nil {
			t.Errorf("%s: %v", addr, err)
			answers <- 0
			return
		}
		resp.Body.Close()
		answers <- resp.StatusCode
	}
	go send("127.0.0.1")
	if !within(5*time.Second, func() bool { asked, _ := a.count(); return asked == 1 }) {
		t.Fatal("nothing is asked")
	}
	send("127.0.0.1")
	if code := <-answers; code != http.StatusTooManyRequests {
		t.Errorf("a second list of one caller: %d", code)
	}
	go send("127.0.0.2")
	if !within(5*time.Second, func() bool { asked, _ := a.count(); return asked == 2 }) {
		t.Fatal("another caller's list is not asked")
	}
	send("127.0.0.3")
	if code := <-answers; code != http.StatusTooManyRequests {
		t.Errorf("a list too many: %d", code)
	}
	s.gate.mu.Lock()
	if s.gate.count > 2 {
		t.Errorf("%d connections are counted: those that wait for an answer are, too", s.gate.count)
	}
	s.gate.mu.Unlock()
	close(a.hold)
	for range 2 {
		if code := <-answers; code != 200 {
			t.Errorf("answered with %d", code)
		}
	}
	if !within(5*time.Second, func() bool { return s.flappy.open() == 0 }) {
		t.Error("places are not given back")
	}
}

// TestHangingUpEndsTheWork, and so does the end of the server.
func TestHangingUpEndsTheWork(t *testing.T) {
	a := &fakeAsker{hold: make(chan struct{})}
	s := busyWorld(time.Now()).server(flappyOptions(a))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := serveOn(t, s, ln)
	ctx, hangUp := context.WithCancel(t.Context())
	go func() {
		if within(5*time.Second, func() bool { asked, _ := a.count(); return asked == 1 }) {
			hangUp()
		}
	}()
	if _, err := post(ctx, "127.0.0.1", ln.Addr().String()); !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v", err)
	}
	if !within(5*time.Second, func() bool { _, ended := a.count(); return ended == 1 && s.flappy.open() == 0 }) {
		t.Fatal("the work goes on though the caller has hung up")
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		within(5*time.Second, func() bool { asked, _ := a.count(); return asked == 2 })
		stop()
	}()
	resp, err := post(t.Context(), "127.0.0.1", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 503 || !strings.Contains(string(body), "server is ending") {
		t.Errorf("when the server ends: %d %s %v", resp.StatusCode, body, err)
	}
	<-stopped
}

// TestLongQuestionsOutliveTheServersLimits of seconds for reading and writing.
func TestLongQuestionsOutliveTheServersLimits(t *testing.T) {
	a := &fakeAsker{hold: make(chan struct{})}
	s := busyWorld(time.Now()).server(flappyOptions(a))
	s.wait.read, s.wait.write = 300*time.Millisecond, 300*time.Millisecond
	target := serve(t, s)
	time.AfterFunc(time.Second, func() { close(a.hold) }) // three times what the limits allow
	resp, err := post(t.Context(), "127.0.0.1", target)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), `"status":"OK"`) {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
}

// TestSlowListHoldsOnePlace until the server loses its patience.
func TestSlowListHoldsOnePlace(t *testing.T) {
	a := &fakeAsker{}
	s := busyWorld(time.Now()).server(flappyOptions(a))
	s.wait.read = 500 * time.Millisecond
	target := serve(t, s)
	slow := "POST /json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	crowd(t, target, "127.0.0.2", slow, 50)
	if took := quickest(t, target, "127.0.0.2"); took > 100*time.Millisecond {
		t.Errorf("the page took %v", took)
	}
	if n := s.flappy.open(); n > 1 {
		t.Errorf("%d places are taken by one caller", n)
	}
	if !within(5*time.Second, func() bool { return s.flappy.open() == 0 }) {
		t.Error("the slow list is waited for, for ever")
	}
	if asked, _ := a.count(); asked > 0 {
		t.Errorf("%d were asked", asked)
	}
}

// FuzzHostList: no body does harm, and what is understood is what it says.
func FuzzHostList(f *testing.F) {
	f.Add([]byte(`{"port": 443, "hosts": ["a.test", "::1", "[::1]"]}`))
	f.Add([]byte(`{"hosts":[null,{},"\u0000"],"port":1e3,"x":[[[[]]]]}`))
	a := &fakeAsker{}
	h := busyWorld(time.Now()).server(flappyOptions(a)).Handler()
	f.Fuzz(func(t *testing.T, body []byte) {
		rec := askFrom(h, here, "POST", "/json", bytes.NewReader(body), asJSON()...)
		if !json.Valid(rec.Body.Bytes()) || rec.Code >= 500 {
			t.Fatalf("%q: %d %s", body, rec.Code, rec.Body)
		}
		if rec.Code != 200 {
			return
		}
		var said struct {
			Port  uint16
			Hosts []string
		}
		var answer flappyAnswer
		if err := errors.Join(json.Unmarshal(body, &said), json.Unmarshal(rec.Body.Bytes(), &answer)); err != nil || len(said.Hosts) != len(answer.Results) {
			t.Fatalf("%q: %v, %d results", body, err, len(answer.Results))
		}
		for _, r := range answer.Results {
			if r.Port != said.Port || health.CheckHost(r.Host) != nil {
				t.Fatalf("%q: %+v", body, r)
			}
		}
	})
}
