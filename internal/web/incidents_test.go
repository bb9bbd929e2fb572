package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

func readOnward(t *testing.T, rec *httptest.ResponseRecorder) onward[history.Incident] {
	t.Helper()
	var part onward[history.Incident]
	if err := json.Unmarshal(rec.Body.Bytes(), &part); err != nil || rec.Code != http.StatusOK {
		t.Fatalf("%d %v: %s", rec.Code, err, rec.Body)
	}
	return part
}

// respond lets h answer a request with a body.
func respond(h http.Handler, r *http.Request, body string) int {
	if body != "" {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Code
}

// incidentWords writes incidents in short: the check, how long it was, and what
// else is with it.
func incidentWords(items []history.Incident, now time.Time) string {
	var out []string
	for _, in := range items {
		text := in.Check + " " + plainBlanks(lasted(in.Lasts(now)))
		switch {
		case in.Open():
			text += " open"
		case in.Closed:
			text += " unseen"
		}
		if in.Ack != nil {
			text += " acknowledged"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func TestIncidentsOpenFirstThenNewest(t *testing.T) {
	w, reg := pastWorld(time.Now())
	h := w.server(pastOptions(w, reg)).Handler()
	key := openKey(t, h, "api")
	reg.acked[key] = health.Acknowledgement{Incident: key, Check: "api", By: "ann"}
	ended := url.QueryEscape(w.now.Add(-2 * 24 * time.Hour).UTC().Format(time.RFC3339))
	for query, want := range map[string]string{
		"":                        "api 65 m open acknowledged, web 24 h unseen, api 90 s, api 2 h, api 24 h",
		"state=open":              "api 65 m open acknowledged",
		"state=closed&check=api":  "api 90 s, api 2 h, api 24 h",
		"state=closed&check=web":  "web 24 h unseen",
		"check=nosuch":            "",
		"since=" + ended:          "api 65 m open acknowledged, web 24 h unseen, api 90 s",
		"state=closed&limit=1":    "web 24 h unseen",
		"state=all&limit=2":       "api 65 m open acknowledged, web 24 h unseen",
		"check=gone&state=closed": "",
	} {
		part := readOnward(t, ask(h, "/api/v1/incidents?"+query))
		if got := incidentWords(part.Items, w.now); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", query, got, want)
		}
	}
}

// TestIncidentsCanBeReadOn: parts of any size come to the whole, and page links
// do the same.
func TestIncidentsCanBeReadOn(t *testing.T) {
	w := newWorld(time.Now())
	reg := newRegistry()
	const checks, each = 7, 9
	for i := range each {
		for c := range checks {
			name := fmt.Sprintf("c%d", c)
			ago := time.Duration((each-i)*60+c) * time.Minute
			until := ago - time.Duration(2+c)*time.Minute
			if i == each-1 && c < 3 {
				until = 0
				w.checked(name, "tcp://192.0.2.1:1", health.Unhealthy, health.Result{Verdict: health.Fail}, func(st *health.State) { st.Down = w.now.Add(-ago) })
			}
			w.outage(name, ago, until, health.Refused, "")
		}
	}
	h := w.server(pastOptions(w, reg)).Handler()
	whole := incidentWords(readOnward(t, ask(h, "/api/v1/incidents?limit=200")).Items, w.now)
	if n := strings.Count(whole, ",") + 1; n != checks*each || strings.Count(whole, "open") != 3 || !strings.HasPrefix(whole, "c0 60 m open") {
		t.Fatalf("%d incidents: %s", n, whole)
	}
	for limit := 1; limit < 12; limit++ {
		var parts []string
		cursor := ""
		for range checks*each + 1 {
			part := readOnward(t, ask(h, fmt.Sprintf("/api/v1/incidents?limit=%d&cursor=%s", limit, url.QueryEscape(cursor))))
			if len(part.Items) > limit {
				t.Fatalf("a part of %d has %d", limit, len(part.Items))
			}
			if len(part.Items) > 0 {
				parts = append(parts, incidentWords(part.Items, w.now))
			}
			if cursor = part.Next; cursor == "" {
				break
			}
		}
		if got := strings.Join(parts, ", "); got != whole {
			t.Errorf("in parts of %d:\ngot  %s\nwant %s", limit, got, whole)
		}
	}
	first := ask(h, "/incidents").Body.String()
	_, rest, ok := strings.Cut(first, `rel="first"`)
	if ok {
		t.Errorf("the first page leads to itself: %.80s", rest)
	}
	i := strings.Index(first, `<a href="/incidents?cursor=`)
	if i < 0 {
		t.Fatal("the first page does not lead on")
	}
	next := first[i+len(`<a href="`):]
	second := ask(h, next[:strings.IndexByte(next, '"')]).Body.String()
	if n := strings.Count(first, `<tr class="row" id="i-`) + strings.Count(second, `<tr class="row" id="i-`); n != checks*each {
		t.Errorf("two pages have %d incidents", n)
	}
}

// TestIncidentsAtTheEdges: where the journal does not have it all.
func TestIncidentsAtTheEdges(t *testing.T) {
	w, reg := pastWorld(time.Now())
	h := w.server(pastOptions(w, reg)).Handler()
	for query, want := range map[string]string{
		"cursor=x": "query.cursor", "cursor=closed.nosuch": "query.cursor", "cursor=open.zz": "query.cursor", "state=opn": "query.state", "limit=0": "query.limit", "chek=api": "query.chek", "since=x": "query.since",
	} {
		if rec := ask(h, "/api/v1/incidents?"+query); rec.Code != 422 || !strings.Contains(rec.Body.String(), `"location":"`+want) {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
	w.checked("new", "tcp://192.0.2.1:1", health.Unhealthy, health.Result{Verdict: health.Fail, Reason: health.Refused}, func(st *health.State) { st.Down = w.now.Add(-time.Second) })
	open := readOnward(t, ask(h, "/api/v1/incidents?state=open&check=new"))
	if len(open.Items) != 1 || open.Items[0].Key != "" || open.Items[0].Reason != health.Refused {
		t.Errorf("an outage that is not written yet: %+v", open.Items)
	}
	w.journal.err = errors.New("locked")
	if rec := ask(h, "/api/v1/incidents"); rec.Code != 503 {
		t.Errorf("an unreadable journal: %d %s", rec.Code, rec.Body)
	}
	for path, says := range map[string]string{"/incidents": "The journal cannot be read now", "/checks/api": "The journal cannot be read now", "/": "3 problems"} {
		if rec := ask(h, path); rec.Code != 200 || !strings.Contains(rec.Body.String(), says) {
			t.Errorf("%s of an unreadable journal: %d", path, rec.Code)
		}
	}
}

// TestAcknowledgedOutagesAreCalmer on the machine's page, and the count stays.
func TestAcknowledgedOutagesAreCalmer(t *testing.T) {
	w, reg := pastWorld(time.Now())
	h := w.server(pastOptions(w, reg)).Handler()
	key := openKey(t, h, "api")
	before := ask(h, "/").Body.String()
	reg.acked[key] = health.Acknowledgement{Incident: key, Check: "api", By: "ann", Note: "disk is full <b>", At: w.now}
	after := ask(h, "/").Body.String()
	if !strings.Contains(before, "▲ down</b><p><strong>api") || strings.Contains(after, "▲ down</b>") {
		t.Error("the outage is as loud as before")
	}
	if !strings.Contains(after, "◌ acknowledged</b><p><strong>api</strong>") || !strings.Contains(after, "Acknowledged by ann: disk is full &lt;b&gt;.") || !strings.Contains(after, "2 problems") {
		t.Error("the page does not say who looks after it")
	}
	page := ask(h, "/checks/api").Body.String()
	if !strings.Contains(page, "Take back the acknowledgement") || strings.Contains(page, `id="act-acknowledge"`) {
		t.Error("the check's page does not know of the acknowledgement")
	}
}

// TestOpeningsAreAskedForOnce: not for every page.
func TestOpeningsAreAskedForOnce(t *testing.T) {
	w := newWorld(time.Now())
	for i := range 60 {
		name := fmt.Sprintf("c%02d", i)
		w.outage(name, time.Hour, 0, health.Refused, "")
		w.checked(name, "tcp://192.0.2.1:1", health.Unhealthy, health.Result{Verdict: health.Fail}, func(st *health.State) { st.Down = w.now.Add(-time.Hour) })
	}
	w.checked("lost", "tcp://192.0.2.1:1", health.Unhealthy, health.Result{Verdict: health.Fail}, func(st *health.State) { st.Down = w.now.Add(-time.Minute) })
	h := w.server(pastOptions(w, newRegistry())).Handler()
	for range 20 {
		ask(h, "/")
	}
	if n := w.journal.asked.Load(); n > 3 { // all at once, then the lost one alone
		t.Errorf("20 pages asked the journal %d times", n)
	}
}

// FuzzPlace: what is read is written again as it was meant, and the rest is
// refused.
func FuzzPlace(f *testing.F) {
	for _, text := range []string{"", "open.abc.shop-api", "closed.", "closed.c12", "open..", "open.zzzzzzzzzzzzzzzz.x", "x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePlace(text)
		if err != nil {
			return
		}
		again, err := parsePlace(p.String())
		if err != nil || again.String() != p.String() || again.closed != p.closed || again.before != p.before || again.check != p.check || !again.down.Equal(p.down) {
			t.Errorf("%q was read as %+v, and that as %+v: %v", text, p, again, err)
		}
	})
}
