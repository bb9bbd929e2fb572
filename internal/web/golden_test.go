package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// ask lets h answer a GET from this machine; headers are names and values in
// turn.
func ask(h http.Handler, url string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://localhost:9860"+url, nil)
	r.RemoteAddr = "127.0.0.1:50000"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// golden compares got with a file in testdata, or writes the file with -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
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

func TestPages(t *testing.T) {
	tests := []struct {
		file, url string
		world     func(time.Time) *world
		options   Options
	}{
		{"busy.html", "/", busyWorld, Options{Metrics: http.NotFoundHandler()}},
		{"busy-filtered.html", "/?filter=service:shop&sort=-connections&open=OPEN&window=6h&refresh=5", busyWorld, Options{}},
		{"busy-mistakes.html", "/?filter=prot:80&sort=conections&page=x&window=2h&refresh=0", busyWorld, Options{}},
		{"nothing-matches.html", "/?filter=nosuchservice", busyWorld, Options{}},
		{"empty.html", "/", emptyWorld, Options{Notices: []port.Degraded{{Code: "public", Text: "Reading is open to everybody.", Hint: "Remove insecure: true"}}}},
		{"unprivileged.html", "/", unprivilegedWorld, Options{}},
		{"docs.html", "/docs", emptyWorld, Options{}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := tt.world(time.Now())
				url := tt.url
				if i := len(w.rows); i > 0 {
					url = string(bytes.ReplaceAll([]byte(url), []byte("OPEN"), []byte(elementID(rowOn(w, 3002).ID))))
				}
				rec := ask(w.server(tt.options).Handler(), url)
				if rec.Code != http.StatusOK {
					t.Fatalf("status %d: %s", rec.Code, rec.Body)
				}
				golden(t, tt.file, unversioned(rec.Body.Bytes()))
			})
		})
	}
}

func rowOn(w *world, p uint16) *port.Listener {
	for i := range w.rows {
		if w.rows[i].Port == p {
			return &w.rows[i]
		}
	}
	return &port.Listener{}
}

// unversioned takes the versions of assets out, so that a change of style does
// not change every page.
func unversioned(page []byte) []byte {
	for name, a := range loadAssets() {
		page = bytes.ReplaceAll(page, []byte(name+"?v="+a.version), []byte(name))
	}
	return page
}

func TestAnswers(t *testing.T) {
	for file, url := range map[string]string{
		"machine.json":                "/api/v1/machine",
		"listeners.json":              "/api/v1/listeners?filter=port:3002,9200&sort=-connections",
		"connections.json":            "/api/v1/connections?port=8500",
		"connections-by-client.json":  "/api/v1/connections?group_by=client",
		"connections-by-process.json": "/api/v1/connections?group_by=process&port=3002",
		"events.json":                 "/api/v1/events?limit=2",
		"checks.json":                 "/api/v1/checks?limit=2",
	} {
		t.Run(file, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rec := ask(busyWorld(time.Now()).server(Options{}).Handler(), url)
				if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "application/json" {
					t.Fatalf("status %d, %v: %s", rec.Code, rec.Header(), rec.Body)
				}
				golden(t, file, indented(t, rec.Body.Bytes()))
			})
		})
	}
}

// TestPageSaysThatItIsBlind shows that what is not known is never called fine.
func TestPageSaysThatItIsBlind(t *testing.T) {
	now := time.Now()
	never, late := newWorld(now), busyWorld(now.Add(-3*time.Minute))
	quiet := emptyWorld(now.Add(-time.Hour))
	for name, tt := range map[string]struct {
		world *world
		want  []string
	}{
		"never looked":                 {never, []string{"◌ No look yet", "not looked yet", "Connections have not been counted yet."}},
		"looked three minutes ago":     {late, []string{"▲ 2 problems", "Not looking", "last saw this machine&#39;s sockets 3\u00a0m ago"}},
		"quiet, looked long ago":       {quiet, []string{"◌ Not looking", "icon-none.svg"}},
		"unprivileged: hidden, not ok": {unprivilegedWorld(now), []string{"unknown, no privilege", "the kernel itself", "unknown, being looked up", "owners unknown</dt> <dd class=\"v\"><a href=\"/?filter=state:unknown#ports\">8"}},
	} {
		t.Run(name, func(t *testing.T) {
			body := ask(tt.world.server(Options{}).Handler(), "/").Body.String()
			for _, want := range tt.want {
				if !bytes.Contains([]byte(body), []byte(want)) {
					t.Errorf("the page does not say %q", want)
				}
			}
		})
	}
}

// TestManyAlikeProblemsAreOneStrip keeps an upgrade that wants every service
// restarted from hiding the outage.
func TestManyAlikeProblemsAreOneStrip(t *testing.T) {
	w := newWorld(time.Now())
	for i := range 12 {
		name := string(rune('a' + i))
		w.listen(port.TCP, "0.0.0.0", uint16(1000+i), w.owner(held{name: name, user: "u", unit: name + ".service", pid: 10 + i, deleted: true}), queue(0, 1, 0))
	}
	w.look()
	w.check("api", "tcp://localhost:1000", health.Unhealthy, health.Result{Verdict: health.Fail, Reason: health.Refused}, time.Minute, 2)
	c := &composer{view: w.board.View(), now: time.Now(), query: parseQuery(nil)}
	strips, more := c.strips()
	if len(strips) != 2 || more != "" || strips[0].Subject != "api" || strips[1].Subject != "12 ports:" {
		t.Errorf("strips = %+v, %q; want the outage, then the restarts as one", strips, more)
	}
}

func TestPageIsLight(t *testing.T) {
	files := 0
	for _, a := range loadAssets() {
		files += len(a.body)
	}
	page := ask(busyWorld(time.Now()).server(Options{}).Handler(), "/").Body.Len()
	if sum := page + files; sum > 150<<10 {
		t.Errorf("page of %d and assets of %d bytes are over 150 KiB", page, files)
	}
	many := ask(manyWorld(time.Now()).server(Options{}).Handler(), "/", "Accept-Encoding", "gzip").Body.Len()
	if sum := many + files; sum > 150<<10 {
		t.Errorf("compressed page of 500 listeners of %d and assets of %d bytes are over 150 KiB", many, files)
	}
}
