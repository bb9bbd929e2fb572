package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

func TestPagesOfThePast(t *testing.T) {
	for file, url := range map[string]string{
		"check-down.html":      "/checks/api",
		"check-month.html":     "/checks/web?window=30d&refresh=5",
		"check-paused.html":    "/checks/holiday",
		"incidents.html":       "/incidents",
		"incidents-wrong.html": "/incidents?state=opn&cursor=x&check=api",
		"past.html":            "/",
		"past-docs.html":       "/docs",
	} {
		t.Run(file, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, reg := pastWorld(time.Now())
				rec := ask(w.server(pastOptions(w, reg)).Handler(), url)
				if rec.Code != http.StatusOK {
					t.Fatalf("status %d: %s", rec.Code, rec.Body)
				}
				golden(t, file, unversioned(rec.Body.Bytes()))
			})
		})
	}
}

func TestAnswersOfThePast(t *testing.T) {
	for file, url := range map[string]string{
		"incidents.json": "/api/v1/incidents?limit=3",
		"uptime.json":    "/api/v1/checks/api/uptime",
		"history.json":   "/api/v1/checks/web/history?limit=3",
		"latency.json":   "/api/v1/checks/api/latency?from=1999-12-31T22:00:00Z&until=1999-12-31T22:11:00Z",
		"windows.json":   "/api/v1/maintenance",
	} {
		t.Run(file, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, reg := pastWorld(time.Now())
				h := w.server(pastOptions(w, reg)).Handler()
				rec := ask(h, url)
				if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "application/json" {
					t.Fatalf("status %d, %v: %s", rec.Code, rec.Header(), rec.Body)
				}
				golden(t, file, indented(t, rec.Body.Bytes()))
				if again := ask(h, url, "If-None-Match", rec.Header().Get("ETag")); again.Code != http.StatusNotModified {
					t.Errorf("unchanged, it is %d", again.Code)
				}
			})
		})
	}
}

// TestAnOutageReadsItsLength: two failures, ten passes, every 30 s; the row, the
// uptime and the API all say 90 s.
func TestAnOutageReadsItsLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(time.Now())
		w.checked("x", "tcp://192.0.2.1:1", health.Healthy, health.Result{Verdict: health.Pass}, nil)
		w.change("x", 2*time.Hour, health.Change{From: health.Unknown, To: health.Healthy})
		began := w.now.Add(-time.Hour)
		w.change("x", time.Hour, health.Change{From: health.Healthy, To: health.Degrading, Reason: health.Refused})
		w.change("x", time.Hour-30*time.Second, health.Change{From: health.Degrading, To: health.Unhealthy, Reason: health.Refused, Began: began, Down: began})
		w.change("x", time.Hour-6*time.Minute, health.Change{From: health.Unhealthy, To: health.Healthy, Began: began.Add(90 * time.Second), Outage: health.Duration(90 * time.Second)})
		h := w.server(pastOptions(w, newRegistry())).Handler()
		page := plainBlanks(ask(h, "/checks/x").Body.String())
		for _, says := range []string{`<td class="n le">90 s</td>`, `dn">90 s, 1 outage</td>`, "recovered after 90 s"} {
			if !strings.Contains(page, says) {
				t.Errorf("the page does not say %q", says)
			}
		}
		if in := readOnward(t, ask(h, "/api/v1/incidents")).Items; len(in) != 1 || time.Duration(in[0].Outage) != 90*time.Second || !in[0].Began.Equal(began) {
			t.Errorf("incidents: %+v", in)
		}
		if up := ask(h, "/api/v1/checks/x/uptime").Body.String(); !strings.Contains(up, `"up":"1h58m30s","degrading":"0s","down":"1m30s"`) {
			t.Errorf("uptime: %s", up)
		}
	})
}

// TestHistoryCanBeReadOn: parts of any size come to the whole, the newest first.
func TestHistoryCanBeReadOn(t *testing.T) {
	w, reg := pastWorld(time.Now())
	h := w.server(pastOptions(w, reg)).Handler()
	read := func(limit int, cursor string) (keys []string, next string) {
		part := readPart[struct {
			Number uint64
			At     time.Time
		}](t, ask(h, fmt.Sprintf("/api/v1/checks/api/history?limit=%d&cursor=%s", limit, cursor)))
		for _, it := range part.Items {
			keys = append(keys, fmt.Sprint(it.Number))
		}
		return keys, part.Next
	}
	whole, next := read(500, "")
	if len(whole) < 20 || next != "" || whole[len(whole)-1] != "1" {
		t.Fatalf("%d changes, next %q: %v", len(whole), next, whole)
	}
	for limit := 1; limit < 8; limit++ {
		var all []string
		part, next := read(limit, "")
		for all = part; next != ""; all = append(all, part...) {
			part, next = read(limit, next)
		}
		if diff := cmp.Diff(whole, all); diff != "" {
			t.Errorf("in parts of %d: %s", limit, diff)
		}
	}
	for path, want := range map[string]int{"/api/v1/checks/nosuch/history": 404, "/api/v1/checks/api/history?cursor=x": 422, "/api/v1/checks/api/history?limit=501": 422, "/api/v1/checks/nosuch/uptime": 404, "/api/v1/checks/nosuch/latency": 404,
		"/api/v1/checks/api/latency?from=2000-01-01T00:00:00Z&until=1999-01-01T00:00:00Z": 422, "/api/v1/checks/api/latency?from=1990-01-01T00:00:00Z&until=2000-01-01T00:00:00Z": 422} {
		if rec := ask(h, path); rec.Code != want {
			t.Errorf("%s: %d, want %d: %s", path, rec.Code, want, rec.Body)
		}
	}
}

// restlessWorld has a check that changed every ten minutes for ninety days.
func restlessWorld(now time.Time) *world {
	w := newWorld(now)
	w.checked("x", "tcp://192.0.2.1:1", health.Healthy, health.Result{Verdict: health.Pass}, nil)
	for i := range 90 * 144 / 2 {
		ago := time.Duration(90*144/2-i) * 20 * time.Minute
		w.journal.add(changeEntry("x", uint64(2*i+1), now.Add(-ago), health.Change{From: health.Healthy, To: health.Unhealthy, Reason: health.Refused, Text: foreign.Text(fmt.Sprint("try ", i))}))
		w.journal.add(changeEntry("x", uint64(2*i+2), now.Add(-ago+10*time.Minute), health.Change{From: health.Unhealthy, To: health.Healthy, Outage: health.Duration(10 * time.Minute)}))
	}
	w.answers("x", 90*24*time.Hour)
	return w
}

// TestLongPastIsBounded: a page reads so much and no more, says so, and does not
// call what is left out fine.
func TestLongPastIsBounded(t *testing.T) {
	w := restlessWorld(time.Now())
	h := w.server(pastOptions(w, newRegistry())).Handler()
	rec := ask(h, "/checks/x")
	body := rec.Body.String()
	if !strings.Contains(body, "were too many and are left out") || len(body) > 100<<10 {
		t.Errorf("the page has %d bytes", len(body))
	}
	if n := w.journal.asked.Load(); n > pastMost/pastBatch+1 {
		t.Errorf("the page asked %d times", n)
	}
	page := plainBlanks(body)
	if !strings.Contains(page, `<th scope="row">90d</th><td class="n v up-of"><span>50.`) || !strings.Contains(page, `<td class="n v ob">15.`) {
		t.Errorf("ninety days of which a fortnight is known are told as: %s", page[strings.Index(page, ">90d<"):][:200])
	}
}

func BenchmarkCheckPage(b *testing.B) {
	w := restlessWorld(time.Now())
	h := w.server(pastOptions(w, newRegistry())).Handler()
	b.ReportAllocs()
	for b.Loop() {
		ask(h, "/checks/x")
	}
}

func TestPlot(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	bucket := func(ago time.Duration, took ...time.Duration) history.Latency {
		l := history.Latency{At: now.Add(-ago), Span: 5 * time.Minute}
		for _, d := range took {
			l.Add(d)
		}
		return l
	}
	p := &past{now: now, latency: []history.Latency{
		bucket(23*time.Hour, 10*time.Millisecond), bucket(23*time.Hour-10*time.Minute, 20*time.Millisecond), bucket(22*time.Hour, time.Second), bucket(time.Hour, 12*time.Millisecond, 5*time.Second),
	}}
	got := p.plot(day)
	if runs := strings.Count(got.Median, "M"); runs != 3 || strings.Count(got.Median, "h0") != 2 || strings.Count(got.Band, "Z") != 1 || strings.Count(got.Dots, "M") != 4 {
		t.Errorf("median %s, band %s, dots %s", got.Median, got.Band, got.Dots)
	}
	if want := "Response times of the last 24h: median 19 ms, 95 % within 5.0 s, longest 5.0 s"; plainBlanks(got.Summary) != want {
		t.Errorf("summary %q", got.Summary)
	}
	var marks []string
	for _, l := range got.Heights {
		marks = append(marks, plainBlanks(l.Text))
	}
	if diff := cmp.Diff([]string{"10 ms", "100 ms", "1 s"}, marks); diff != "" {
		t.Error(diff)
	}
	if (&past{now: now}).plot(day) != nil {
		t.Error("no answers make a plot")
	}
	flat := (&past{now: now, latency: []history.Latency{bucket(time.Hour, 10*time.Millisecond)}}).plot(day)
	if len(flat.Heights) < 3 {
		t.Errorf("one answer has the scale %v", flat.Heights)
	}
}

func TestBarsAreToldApart(t *testing.T) {
	w, reg := pastWorld(time.Now())
	s := w.server(pastOptions(w, reg))
	p, err := s.readPast(t.Context(), "api", w.now)
	if err != nil {
		t.Fatal(err)
	}
	b := p.bars("90 days", history.Days(w.now.Local(), 90), "2 Jan", "2 Jan")
	seen := map[string]barPart{}
	for _, part := range b.Parts {
		seen[part.Class] = part
		if part.H < 1 || part.Y < 0 || part.Y+part.H > barAxis+barDown || (part.Class == "down") != (part.Y == barAxis) {
			t.Errorf("a bar of %+v", part)
		}
	}
	for _, class := range []string{"up", "degrading", "down", "paused", "maintenance", "unreachable", "unobserved"} {
		if seen[class].Title == "" {
			t.Errorf("no bar is %s", class)
		}
	}
	if len(b.Ticks) != 5 || b.Ticks[4].Text != "now" {
		t.Errorf("ticks %+v", b.Ticks)
	}
}

func TestShare(t *testing.T) {
	for of, want := range map[float64]string{1: "100 %", 0: "0.00 %", .99999: "> 99.99 %", .9999: "99.99 %", .00001: "< 0.01 %", .5: "50.00 %"} {
		if got := plainBlanks(share(of)); got != want {
			t.Errorf("%v: %q, want %q", of, got, want)
		}
	}
}

func TestLasted(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 90 * time.Second: "90 s", 150 * time.Second: "2 m 30 s", 10 * time.Minute: "10 m", 130 * time.Minute: "2 h 10 m", 27 * time.Hour: "27 h", 76 * time.Hour: "3 d 4 h",
	} {
		if got := plainBlanks(lasted(d)); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
