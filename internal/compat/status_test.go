package compat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// busyWorld has apps of two addresses, in all conditions.
func busyWorld() (http.Handler, *shelf) {
	h, s := newWorld()
	sign := func(from, app string, restarts int, believe func(*health.State)) {
		for range restarts + 1 {
			post(h, from, app)
		}
		regs := s.Registrations()
		for _, r := range regs {
			if st := s.state(r.Spec.Name); st.Since.IsZero() && st.Last == nil && believe != nil {
				s.show(r.Spec.Name, believe)
			}
		}
	}
	believe := func(status health.Status, ago time.Duration, v health.Verdict, why health.Reason, text foreign.Text, overlays ...health.Overlay) func(*health.State) {
		return func(st *health.State) {
			st.Status, st.Since, st.Overlays = status, time.Now().Add(-ago), overlays
			st.Last = &health.Result{At: time.Now().Add(-3 * time.Second), Took: health.Duration(12 * time.Millisecond), Verdict: v, Reason: why, Text: text}
		}
	}
	sign(ann, "appname=shop&url=http://:3000&email=ops@example.org", 0, believe(health.Healthy, 9*time.Hour, health.Pass, "", ""))
	sign(ann, "appname=B%C3%BCcher+%26+Caf%C3%A9&url=http://:3001/healthcheck&interval=5", 3, believe(health.Unhealthy, 4*time.Minute, health.Fail, health.HTTPStatus, "503 Service Unavailable"))
	sign(ann, "appname=nightly&url=http://:3002", 1, believe(health.Unhealthy, 30*time.Hour, health.Fail, health.Refused, "connection refused", health.Paused))
	sign(bob, "appname=mail&url=http://:25/secret-path", 0, believe(health.Degrading, 20*time.Second, health.Fail, health.Timeout, "no answer from secret-host within 5s"))
	sign(bob, "appname=<b>bold</b>%22&url=http://:26", 0, believe(health.Healthy, time.Minute, health.Warn, health.HealthWarn, "", health.Flapping))
	sign(bob, "appname=young&url=http://:27", 0, nil)
	return h, s
}

// TestStatusPage compares the page with files in testdata: what an owner sees, what
// people on the machine see, and the empty page.
func TestStatusPage(t *testing.T) {
	for _, tt := range []struct {
		file, from, path string
		accept           string
	}{
		{"status.html", ann, "status", "text/html"},
		{"status-here.html", here, "status?refresh=5&done=paused", "text/html"},
		{"status-mine.html", ann, "status?show=mine", "text/html"},
		{"status.txt", ann, "status", "*/*"},
		{"status.json", ann, "status", "application/json"},
		{"refusal.html", ann, "pause?appname=shop", "text/html"},
		{"absent.html", ann, "nothing", "text/html"},
	} {
		t.Run(tt.file, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, _ := busyWorld()
				rec := call{from: tt.from, path: tt.path, headers: []string{"Accept", tt.accept, "User-Agent", firefox}}.send(h)
				body := rec.Body.Bytes()
				if tt.accept == "application/json" {
					body = indented(t, body)
				}
				golden(t, tt.file, body)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		h, _ := newWorld()
		golden(t, "status-empty.html", call{path: "status", headers: []string{"Accept", "text/html"}}.send(h).Body.Bytes())
	})
}

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

var version = regexp.MustCompile(`\?v=[0-9a-f]{12}`)

// golden compares got with a file in testdata, or writes the file with -update. The
// versions of files are left out, so that a change of style changes no page.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	got = version.ReplaceAll(got, nil)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); run with -update if that is right:\n%s", file, diff)
	}
}

// TestOthersAppsAreToldCoarsely shows a stranger how an app is, and nothing of where
// it is or what it said.
func TestOthersAppsAreToldCoarsely(t *testing.T) {
	h, _ := busyWorld()
	for _, accept := range []string{"text/html", "application/json", "text/plain"} {
		for from, sees := range map[string]bool{ann: false, carol: false, bob: true, here: true} {
			got := call{from: from, path: "status", headers: []string{"Accept", accept}}.send(h).Body.String()
			if strings.Contains(got, "secret-path") != sees || accept != "text/plain" && strings.Contains(got, "secret-host") != sees {
				t.Errorf("%s sees, as %s:\n%s", from, accept, got)
			}
			if from != ann && from != here && strings.Contains(got, "ops@example.org") {
				t.Errorf("%s sees whom ann has mailed", from)
			}
			if !strings.Contains(got, "mail") {
				t.Errorf("%s does not see that there is mail, as %s", from, accept)
			}
		}
	}
}

// TestHostileNames shows that an app's name is text and nothing else.
func TestHostileNames(t *testing.T) {
	h, s := newWorld()
	post(h, ann, "appname=%3Cscript%3Ealert(1)%3C/script%3E%22%27%E2%80%AE&url=http://:3000")
	name := s.Registrations()[0].Spec.Name
	s.show(name, func(st *health.State) {
		st.Last = &health.Result{Verdict: health.Fail, Reason: health.HTTPStatus, Text: "<img src=x onerror=alert(1)>\x1b[2J"}
	})
	for _, path := range []string{"status", "stop?name=" + name, "stop?appname=%3Cscript%3E", "pause?appname=%3Cscript%3E%22"} {
		got := call{path: path, headers: []string{"Accept", "text/html", "User-Agent", firefox}}.send(h).Body.String()
		if strings.Contains(got, "<script") || strings.Contains(got, "<img") || strings.ContainsAny(got, "\x1b\u202e") {
			t.Errorf("%s:\n%s", path, got)
		}
	}
	if got := (call{path: "status"}).send(h).Body.String(); strings.ContainsAny(got, "\x1b\u202e") {
		t.Errorf("%q", got)
	}
}

// TestPages turns over the pages of many apps.
func TestPages(t *testing.T) {
	h, s := newWorld()
	for i := range 250 {
		post(h, fmt.Sprintf("192.0.2.%d", i%50), fmt.Sprintf("appname=app%03d&url=http://:%d", i, 3000+i))
	}
	s.show("app249", func(st *health.State) { st.Status = health.Unhealthy })
	seen := map[string]bool{}
	for page := 1; page <= 3; page++ {
		var v turn
		get(t, h, fmt.Sprintf("status?page=%d", page), &v)
		if v.Page != page || v.Pages != 3 || v.Counts.All != 250 || v.Counts.Down != 1 || v.Counts.Unknown != 249 {
			t.Errorf("page %d is %d of %d, %+v", page, v.Page, v.Pages, v.Counts)
		}
		if page == 1 && v.Apps[0].Name != "app249" {
			t.Errorf("the first is %s, and not the one that is down", v.Apps[0].Name)
		}
		for _, a := range v.Apps {
			seen[a.Name] = true
		}
	}
	if len(seen) != 250 {
		t.Errorf("%d apps are on three pages", len(seen))
	}
	for path, want := range map[string]string{
		"status?page=2":                     `‹ previous</a><span>page 2 of 3</span><a href="/healthchecker/status?page=3" rel="next">`,
		"status?page=99999999999999999999":  "page 3 of 3",
		"status?page=-1":                    "page 1 of 3",
		"status?show=mine":                  ">5 of your address<",
		"status?refresh=5&page=2":           `<meta http-equiv="refresh" content="5">`,
		"status?refresh=1":                  "reload every 5 s",
		"status?done=%3Cscript%3E&show=all": "1 of 250 apps is down",
	} {
		rec := call{path: path, headers: []string{"Accept", "text/html"}}.send(h)
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), want) {
			t.Errorf("%s does not say %q: %d", path, want, rec.Code)
		}
	}
	if got := (call{path: "status"}).send(h).Body.String(); !strings.HasSuffix(got, "page 1 of 3: ?page=2 goes on\n") {
		t.Errorf("%q", got[len(got)-80:])
	}
}

// A turn is a page of a survey as a program reads it.
type turn struct {
	Counts      counts
	Page, Pages int
	Apps        []struct{ Name string }
}

func get(t *testing.T, h http.Handler, path string, into *turn) {
	t.Helper()
	rec := call{path: path, headers: []string{"Accept", "application/json"}}.send(h)
	if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil || rec.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %v", err, rec.Header())
	}
}

// TestConflict shows a registration whose name the configuration has, and tells
// nothing of the configured check.
func TestConflict(t *testing.T) {
	h, s := newWorld()
	post(h, ann, "appname=shop&url=http://:3000")
	r := s.regs["shop"]
	r.Conflict = true
	s.regs["shop"] = r
	configured := health.Spec{Name: "shop", Target: "http://10.0.0.1:1/configured", Origin: health.FromConfig}
	s.board.Check(&health.State{Spec: &configured, Status: health.Healthy, Last: &health.Result{Text: "configured"}})
	for _, path := range []string{"status", "info?appname=shop"} {
		got := call{path: path, headers: []string{"Accept", "application/json"}}.send(h).Body.String()
		if !strings.Contains(got, `"status":"UNKNOWN"`) || !strings.Contains(got, "which goes first") || strings.Contains(got, "configured\"") || strings.Contains(got, "10.0.0.1") {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// TestVerdicts reads like the headline.
func TestVerdicts(t *testing.T) {
	for want, c := range map[string]counts{
		"◌ No app has signed up":         {},
		"▲ 1 of 3 apps is down":          {All: 3, Down: 1, Crashing: 1},
		"▲ 2 of 3 apps are down":         {All: 3, Down: 2, Up: 1},
		"◆ 1 of 3 apps keeps restarting": {All: 3, Up: 3, Crashing: 1},
		"◆ 2 of 3 apps are degrading":    {All: 3, Degrading: 2, Up: 1},
		"◌ Nothing is known of 1 app":    {All: 1, Unknown: 1},
		"● 1 app is up":                  {All: 1, Up: 1},
		"● 3 apps are up":                {All: 3, Up: 3},
		"● 1 of 2 apps is up":            {All: 2, Up: 1, Paused: 1},
	} {
		if m, text := c.verdict(); m.Shape+" "+text != want {
			t.Errorf("%+v: %s %s, want %s", c, m.Shape, text, want)
		}
	}
}

// TestFiles shows that pages ask for files that are there, by a version that may be
// kept.
func TestFiles(t *testing.T) {
	h, _ := busyWorld()
	page := call{path: "status", headers: []string{"Accept", "text/html"}}.send(h).Body.String()
	urls := regexp.MustCompile(`(?:href|src)="(/healthchecker/[a-z-]+\.[a-z]+\?v=[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(urls) != 2 {
		t.Fatalf("the page asks for %v", urls)
	}
	for _, u := range urls {
		rec := call{path: strings.TrimPrefix(u[1], Path)}.send(h)
		if rec.Code != 200 || rec.Body.Len() == 0 || !strings.Contains(rec.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", u[1], rec.Code, rec.Header())
		}
		rec = call{path: strings.TrimPrefix(u[1], Path) + "x"}.send(h)
		if rec.Code != 200 || rec.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("another version of %s: %d %v", u[1], rec.Code, rec.Header())
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "style=") || strings.Contains(page, "<style") {
		t.Error("the page has what its policy forbids")
	}
}

// TestColours keeps this page in the colours of the machine page.
func TestColours(t *testing.T) {
	read := func(path string) map[string]bool {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]bool{}
		for _, c := range regexp.MustCompile(`--[a-z-]+: #[0-9a-f]+`).FindAllString(string(text), -1) {
			all[c] = true
		}
		return all
	}
	theirs := read("../web/assets/app.css")
	ours := read("assets/status.css")
	if len(ours) < 20 {
		t.Errorf("%d colours are found", len(ours))
	}
	for c := range ours {
		if !theirs[c] {
			t.Errorf("%s is none of the machine page's", c)
		}
	}
}

// TestHead shows that HEAD answers as GET does what is only read.
func TestHead(t *testing.T) {
	h, s := busyWorld()
	s.done()
	srv := httptest.NewServer(h)
	defer srv.Close()
	resp, err := http.Head(srv.URL + Path + "status")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" || s.done() != "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}
