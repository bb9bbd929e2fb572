package probe

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

var update = flag.Bool("update", false, "write what is found as what is wanted")

// when is the time in the reports of testdata, as a header that says so.
const when = "Date: Wed, 17 Jan 2018 03:37:00 GMT\r\n"

// reporting is what a service says of its health.
func reporting(status int, body string) string { return page(status, when+healthJSON, body) }

// asked asks a server that says this, by a check that is asked every 30 s.
func asked(t testing.TB, spec health.Spec, answer string) health.Result {
	t.Helper()
	spec.Target, spec.Interval = "http://"+serve(t, says(answer))+"/health", health.Duration(30*time.Second)
	return check(t, spec)
}

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "health", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestReportOfTheDraft reads the example of its section 4.
func TestReportOfTheDraft(t *testing.T) {
	r := asked(t, health.Spec{}, reporting(200, read(t, "draft/section4.json")))
	mustBe(t, "the example", r, health.Pass, "")
	got := r.Answer.Report
	if got.Status != "pass" || got.Version != "1" || got.ReleaseID != "1.2.2" || got.ServiceID != "f03e522f-1f44-4062-9b55-9587f91c9c41" || got.Output != "" || got.Notes != nil || got.More != 0 {
		t.Errorf("%+v", got)
	}
	const node = " (6fd416e0-8920-410f-9c7b-c479000f7227)"
	const db = " (dfd6cf2b-1b6e-4412-a0b8-f6f7797a60d2)"
	at := time.Date(2018, 1, 17, 3, 36, 48, 0, time.UTC)
	want := []health.Part{
		{Name: "cassandra:connections" + db, Verdict: health.Warn, Time: at, Value: "75"},
		{Name: "cpu:utilization" + node, Verdict: health.Warn, Time: at, Value: "85 percent"},
		{Name: "cpu:utilization" + node, Verdict: health.Warn, Time: at, Value: "85 percent"},
		{Name: "memory:utilization" + node, Verdict: health.Warn, Time: at, Value: "8.5 GiB"},
		{Name: "cassandra:responseTime" + db, Verdict: health.Pass, Time: at, Value: "250 ms",
			Affected: []foreign.Text{"/users/{userId}", "/customers/{customerId}/status", "/shopping/{anything}"}},
		{Name: "uptime", Verdict: health.Pass, Time: at, Value: "1209600.245 s"},
		{Name: "memory:utilization" + node, Verdict: health.Pass, Time: at, Value: "5500 MiB"},
	}
	if !reflect.DeepEqual(got.Parts, want) {
		t.Errorf("parts %+v\nwant %+v", got.Parts, want)
	}
}

// TestReportsOfTheDraft takes others of its forms.
func TestReportsOfTheDraft(t *testing.T) {
	for _, tt := range []struct {
		file    string
		verdict health.Verdict
		reason  health.Reason
		text    string
	}{
		{"draft/minimal.json", health.Pass, "", ""},
		{"draft/with-service.json", health.Warn, health.HealthWarn, `its health report says "warn": disk is nearly full`},
	} {
		r := asked(t, health.Spec{}, reporting(200, read(t, tt.file)))
		mustBe(t, tt.file, r, tt.verdict, tt.reason)
		if string(r.Text) != tt.text || r.Answer.Report == nil {
			t.Errorf("%s: %s, %+v", tt.file, r.Text, r.Answer.Report)
		}
	}
}

// TestOddReports compares what is made of reports that are not as the draft has
// them with what was made of them before.
func TestOddReports(t *testing.T) {
	files, err := filepath.Glob("testdata/health/odd/*.json")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	var got strings.Builder
	for _, file := range files {
		name := filepath.Base(file)
		r := asked(t, health.Spec{}, reporting(200, read(t, "odd/"+name)))
		if (r.Verdict == health.Pass) != (r.Text == "") || len(r.Text) > 4*maxText {
			t.Errorf("%s: %s in %d bytes: %s", name, r.Verdict, len(r.Text), r.Text)
		}
		fmt.Fprintf(&got, "%s: %s %s %s\n", name, r.Verdict, r.Reason, r.Text)
		if r.Answer.Report == nil {
			continue
		}
		bounded(t, r.Answer.Report)
		for i, line := range written(r.Answer.Report) {
			if i == 8 {
				fmt.Fprintf(&got, "\t…\n")
				break
			}
			fmt.Fprintf(&got, "\t%s\n", line)
		}
	}
	const golden = "testdata/health/odd.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got.String() != string(want) {
		t.Errorf("%v: got\n%s\nwant\n%s", err, got.String(), want)
	}
}

// written writes a report out.
func written(r *health.Report) []string {
	all := []string{fmt.Sprintf("status %q service %q release %q version %q more %d", r.Status, r.ServiceID, r.ReleaseID, r.Version, r.More)}
	for _, n := range r.Notes {
		all = append(all, "note: "+n)
	}
	for _, p := range r.Parts {
		b, _ := json.Marshal(p)
		all = append(all, string(b[:min(len(b), 300)]))
	}
	return all
}

// bounded demands that a report is no larger than it may be, and in order.
func bounded(t testing.TB, r *health.Report) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil || !json.Valid(b) {
		t.Errorf("%v: %s", err, b)
	}
	size, rank := 0, func(p health.Part) int {
		return 2*slices.Index([]health.Verdict{health.Fail, health.Warn, health.Pass}, p.Verdict) - map[bool]int{true: 1}[p.Stale && p.Verdict == health.Pass]
	}
	for i, p := range r.Parts {
		size += len(p.Name) + len(p.Value) + len(p.Output)
		for _, a := range p.Affected {
			size += len(a)
		}
		if i > 0 && rank(r.Parts[i-1]) > rank(p) {
			t.Errorf("part %d is worse than the one before: %+v", i, r.Parts)
		}
	}
	if len(r.Parts) > maxParts || size > maxReport+2<<10 || len(r.Notes) > maxNotes+2 || r.More < 0 {
		t.Errorf("%d parts of %d bytes with %d notes, and %d more", len(r.Parts), size, len(r.Notes), r.More)
	}
}

// TestTheWorseOfStatusAndReportCounts, and that they contradict each other is told.
func TestTheWorseOfStatusAndReportCounts(t *testing.T) {
	good := []int{200}
	bad := []int{201, 204, 302, 404, 429, 500, 503}
	for _, tt := range []struct {
		word    string
		verdict health.Verdict // with a good status
		reason  health.Reason
		broken  []int // statuses that contradict it
	}{
		{"pass", health.Pass, "", []int{404, 429, 500, 503}},
		{"OK", health.Pass, "", []int{404, 429, 500, 503}},
		{"Up", health.Pass, "", []int{404, 429, 500, 503}},
		{"warn", health.Warn, health.HealthWarn, []int{404, 429, 500, 503}},
		{"fail", health.Fail, health.ExpectationFailed, good},
		{"ERROR", health.Fail, health.ExpectationFailed, good},
		{"down", health.Fail, health.ExpectationFailed, good},
		{"banana", health.Warn, health.HealthWarn, nil},
	} {
		for _, status := range append(bad, good...) {
			what := fmt.Sprintf("%s with %d", tt.word, status)
			answer := reporting(status, fmt.Sprintf(`{"status":%q,"output":"why"}`, tt.word))
			if status == 204 {
				answer = "HTTP/1.1 204 x\r\n" + healthJSON + "\r\n"
			}
			r := asked(t, health.Spec{}, answer)
			if status != 200 {
				mustBe(t, what, r, health.Fail, health.HTTPStatus)
			} else {
				mustBe(t, what, r, tt.verdict, tt.reason)
			}
			if status == 204 {
				continue // which has no body
			}
			contradicts := slices.Contains(tt.broken, status)
			if said := strings.Contains(string(r.Text), "though"); said != contradicts || (len(r.Answer.Report.Notes) > 0) != contradicts {
				t.Errorf("%s: %s, notes %q", what, r.Text, r.Answer.Report.Notes)
			}
			if r.Verdict != health.Pass && !strings.Contains(string(r.Text), tt.word) {
				t.Errorf("%s: %s", what, r.Text)
			}
		}
	}
}

func TestWhatAReportAddsToAnAlert(t *testing.T) {
	body := `{"status":"fail","output":"2 of 3 nodes","checks":{
		"a:up":[{"status":"pass","observedValue":1,"output":"fine"}],
		"db:conn":[{"status":"fail","observedValue":9,"observedUnit":"s","output":"refused","affectedEndpoints":["/orders","/carts"]}],
		"mq:lag":[{"status":"warn","observedValue":"long"}]}}`
	const details = `2 of 3 nodes; db:conn fail at 9 s: refused (affects /orders, /carts); mq:lag warn at long`
	for status, want := range map[int]string{
		503: `status 503 Service Unavailable; its health report says "fail": ` + details,
		200: `its health report says "fail", though the status is 200 OK: ` + details,
	} {
		if r := asked(t, health.Spec{}, reporting(status, body)); string(r.Text) != want {
			t.Errorf("%d: %s\nwant %s", status, r.Text, want)
		}
	}
}

// TestWhenABodyIsAReport: by its type always, as plain JSON of apps alone, and
// never against an expectation.
func TestWhenABodyIsAReport(t *testing.T) {
	const plain, vendor, text = "Content-Type: application/json\r\n", "Content-Type: application/vnd.shop.v3+JSON; charset=utf-8\r\n", "Content-Type: text/html\r\n"
	const down = `{"status":"DOWN"}`
	app, known := health.Spec{Origin: health.FromAPI}, health.Spec{ServiceID: "shop"}
	compat, expecting := health.Spec{Origin: health.FromCompat}, health.Spec{Expect: `status == 200`}
	head := health.Spec{Method: "HEAD"}
	for _, tt := range []struct {
		name    string
		spec    health.Spec
		answer  string
		verdict health.Verdict
		reason  health.Reason
		report  bool
	}{
		{"health+json", health.Spec{}, page(200, healthJSON, down), health.Fail, health.ExpectationFailed, true},
		{"plain JSON", health.Spec{}, page(200, plain, down), health.Pass, "", false},
		{"plain JSON of an app", app, page(200, plain, down), health.Fail, health.ExpectationFailed, true},
		{"plain JSON of an old app", compat, page(200, plain, down), health.Fail, health.ExpectationFailed, true},
		{"a type of its own", app, page(200, vendor, down), health.Fail, health.ExpectationFailed, true},
		{"a word that means nothing", app, page(200, plain, `{"status":"shipped"}`), health.Pass, "", false},
		{"no status", app, page(200, plain, `{"id":3}`), health.Pass, "", false},
		{"no JSON", app, page(200, plain, `hello`), health.Pass, "", false},
		{"a page", app, page(200, text, down), health.Pass, "", false},
		{"too long", app, page(200, plain, `{"status":"DOWN","x":"`+strings.Repeat("x", maxBody)), health.Pass, "", false},
		{"plain JSON of a service that is known", known, page(200, plain, `{"status":"down","serviceId":"shop"}`), health.Fail, health.ExpectationFailed, true},
		{"an expectation alone decides", expecting, page(200, healthJSON, down), health.Pass, "", true},
		{"an expectation of what is no report", expecting, page(200, healthJSON, `hello`), health.Pass, "", false},
		{"no body at all", head, "HTTP/1.1 200 OK\r\n" + healthJSON + "Content-Length: 17\r\n\r\n", health.Pass, "", false},
	} {
		r := asked(t, tt.spec, tt.answer)
		mustBe(t, tt.name, r, tt.verdict, tt.reason)
		if (r.Answer.Report != nil) != tt.report {
			t.Errorf("%s: report %+v", tt.name, r.Answer.Report)
		}
	}
}

func TestAnotherServiceAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, answer, expect string
		verdict              health.Verdict
		reason               health.Reason
		text                 string
	}{
		{"the right one", reporting(200, `{"status":"pass","serviceId":"shop"}`), "", health.Pass, "", ""},
		{"by the old key", reporting(200, `{"status":"pass","serviceID":"shop"}`), "", health.Pass, "", ""},
		{"another", reporting(200, `{"status":"pass","serviceId":"blog"}`), "", health.Warn, health.WrongService, `it is the service "blog", not "shop"`},
		{"another case", reporting(200, `{"status":"pass","serviceId":"Shop"}`), "", health.Warn, health.WrongService, `it is the service "Shop", not "shop"`},
		{"another that warns", reporting(200, `{"status":"warn","serviceId":"blog"}`), "", health.Warn, health.WrongService, `it is the service "blog", not "shop"`},
		{"another that fails", reporting(200, `{"status":"fail","serviceId":"blog"}`), "", health.Fail, health.ExpectationFailed, `its health report says "fail", though the status is 200 OK`},
		{"one that does not say", reporting(200, `{"status":"pass"}`), "", health.Warn, health.WrongService, `it does not say that it is the service "shop"`},
		{"a page", page(200, "", "<html>"), "", health.Warn, health.WrongService, `it does not say that it is the service "shop"`},
		{"a page that fails", page(404, "", "<html>"), "", health.Fail, health.HTTPStatus, "status 404 Not Found"},
		{"another, as expected", reporting(200, `{"status":"pass","serviceId":"blog"}`), "status == 200", health.Warn, health.WrongService, `it is the service "blog", not "shop"`},
		{"the right one, not as expected", reporting(200, `{"status":"pass","serviceId":"shop"}`), "status == 201", health.Fail, health.ExpectationFailed, `status is 200, not 201`},
	} {
		r := asked(t, health.Spec{ServiceID: "shop", Expect: tt.expect}, tt.answer)
		mustBe(t, tt.name, r, tt.verdict, tt.reason)
		if string(r.Text) != tt.text {
			t.Errorf("%s: %s, want %s", tt.name, r.Text, tt.text)
		}
	}
}

// TestStaleParts: what was measured more than three intervals ago, by the clock
// of who answers.
func TestStaleParts(t *testing.T) {
	now := time.Now()
	at := func(ago time.Duration) string { return now.Add(-ago).UTC().Format(time.RFC3339) }
	date := func(ago time.Duration) string {
		return "Date: " + now.Add(-ago).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") + "\r\n"
	}
	for _, tt := range []struct {
		name, date string
		ago        time.Duration
		stale      bool
	}{
		{"just now", "", 0, false},
		{"not quite too old", "", 60 * time.Second, false},
		{"too old", "", 200 * time.Second, true},
		{"to come", "", -time.Hour, false},
		{"just now, by a clock that is behind", date(time.Hour), time.Hour, false},
		{"too old, by a clock that is behind", date(time.Hour), time.Hour + 100*time.Second, true},
		{"too old, by a clock that is ahead", date(-time.Hour), -time.Hour + 100*time.Second, true},
		{"a clock that says nothing", "Date: tomorrow\r\n", 200 * time.Second, true},
	} {
		body := fmt.Sprintf(`{"status":"pass","checks":{"fresh":{},"db":{"time":%q}}}`, at(tt.ago))
		r := asked(t, health.Spec{}, page(200, tt.date+healthJSON, body))
		if tt.stale {
			mustBe(t, tt.name, r, health.Warn, health.StaleCheck)
			if want := "db in its health report is too old to say anything: it was measured at " + at(tt.ago); !strings.HasPrefix(string(r.Text), want) {
				t.Errorf("%s: %s", tt.name, r.Text)
			}
		} else {
			mustBe(t, tt.name, r, health.Pass, "")
		}
		if first := r.Answer.Report.Parts[0]; first.Stale != tt.stale || tt.stale && first.Name != "db" {
			t.Errorf("%s: %+v", tt.name, r.Answer.Report.Parts)
		}
	}
}

func TestBombsOfReports(t *testing.T) {
	zeros := strings.Repeat(" ", 32<<20)
	entries := `{"status":"pass","checks":{` + strings.TrimSuffix(strings.Repeat(`"a":{},`, 9000), ",") + `}}`
	for _, tt := range []struct {
		name, answer string
		verdict      health.Verdict
		reason       health.Reason
	}{
		{"gzip", page(200, healthJSON+"Content-Encoding: gzip\r\n", packed(t, "gzip", `{"status":"pass","x":"`+zeros)), health.Fail, health.BodyTooLarge},
		{"deflate", page(200, healthJSON+"Content-Encoding: deflate\r\n", packed(t, "zlib", zeros)), health.Fail, health.BodyTooLarge},
		{"gzip of a good one", page(200, healthJSON+"Content-Encoding: gzip\r\n", packed(t, "gzip", `{"status":"pass"}`)), health.Pass, ""},
		{"an encoding that nobody knows", page(200, healthJSON+"Content-Encoding: br\r\n", `{"status":"pass"}`), health.Fail, health.HTTPProtocol},
		{"one that nobody knows, of a bad status", page(503, healthJSON+"Content-Encoding: br\r\n", `{"status":"fail"}`), health.Fail, health.HTTPStatus},
		{"brackets", page(200, healthJSON, strings.Repeat("[", 60_000)), health.Fail, health.NotJSON},
		{"braces", page(200, healthJSON, strings.Repeat(`{"a":`, 9_000)+"1"+strings.Repeat("}", 9_000)), health.Fail, health.NotJSON},
		{"entries", page(200, healthJSON, entries), health.Pass, ""},
		{"digits", page(200, healthJSON, `{"status":"pass","checks":{"a":{"observedValue":1`+strings.Repeat("0", 60_000)+`}}}`), health.Pass, ""},
	} {
		r := asked(t, health.Spec{}, tt.answer)
		mustBe(t, tt.name, r, tt.verdict, tt.reason)
		if r.Answer.Report != nil {
			bounded(t, r.Answer.Report)
		}
		if r.Answer.HTTP.BodyBytes > maxBody {
			t.Errorf("%s: %d bytes were read", tt.name, r.Answer.HTTP.BodyBytes)
		}
	}
}
