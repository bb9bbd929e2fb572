package web

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLinksKeepTheRestOfTheState(t *testing.T) {
	q := parseQuery(url.Values{
		"filter": {"port:3000-3010 scope:all"}, "sort": {"-queue"}, "open": {"tcp-3000-1a,tcp-80-2b"}, "page": {"3"}, "window": {"6h"}, "refresh": {"5"},
	})
	if len(q.mistakes) > 0 {
		t.Fatal(q.mistakes)
	}
	all := "/?filter=port:3000-3010+scope:all&sort=-queue&window=6h&page=3&open=tcp-3000-1a,tcp-80-2b&refresh=5"
	tests := []struct {
		name    string
		changes []change
		want    string
	}{
		{"nothing changes", nil, all},
		{"another order goes to the first page", []change{{"sort", "port"}, {"page", "1"}}, "/?filter=port:3000-3010+scope:all&sort=port&window=6h&open=tcp-3000-1a,tcp-80-2b&refresh=5"},
		{"no filter", []change{{"filter", ""}}, "/?sort=-queue&window=6h&page=3&open=tcp-3000-1a,tcp-80-2b&refresh=5"},
		{"the usual window is not said", []change{{"window", "24h"}}, "/?filter=port:3000-3010+scope:all&sort=-queue&page=3&open=tcp-3000-1a,tcp-80-2b&refresh=5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := q.link(tt.changes...)
			if got != tt.want {
				t.Errorf("link = %s\n   want %s", got, tt.want)
			}
			if tt.changes == nil {
				u, err := url.Parse(got)
				if err != nil || !cmp.Equal(parseQuery(u.Query()).link(), all) {
					t.Errorf("%s does not lead back to its state: %v", got, err)
				}
			}
		})
	}
	if got := parseQuery(nil).link(); got != "/" {
		t.Errorf("the plain page is at %q", got)
	}
}

func TestMistakesAreNamedAndTheRestIsKept(t *testing.T) {
	q := parseQuery(url.Values{"filter": {"prot:80"}, "sort": {"conections"}, "page": {"x"}, "refresh": {"9999"}, "window": {"2h"}})
	want := []mistake{
		{"filter", `unknown key "prot"`, "did you mean proto:?"},
		{"sort", `unknown sort key "conections"`, "did you mean connections?"},
		{"page", `"x" is no such number`, "pages are numbered from 1"},
		{"refresh", `"9999" is no such number`, "seconds between two reloads are 1 to 3600"},
		{"window", `unknown window "2h"`, "windows are 1h, 6h, 24h, 7d"},
	}
	if diff := cmp.Diff(want, q.mistakes); diff != "" {
		t.Error(diff)
	}
	if q.page != 1 || q.refresh != 0 || q.window != day || q.order != "" {
		t.Errorf("a mistake left something behind: %+v", q)
	}
	if got := q.link(); got != "/?filter=prot:80" {
		t.Errorf("the wrong filter is not kept for correction: %s", got)
	}
}

func TestEndlessFilterIsRefused(t *testing.T) {
	long := strings.Repeat("x ", maxFilter)
	q := parseQuery(url.Values{"filter": {long}})
	if len(q.mistakes) != 1 || q.filter.String() != "" || q.link() != "/" {
		t.Errorf("mistakes %v, filter %q", q.mistakes, q.filter)
	}
	if rec := ask(busyWorld(time.Now()).server(Options{}).Handler(), "/api/v1/listeners?filter="+url.QueryEscape(long)); rec.Code != 422 {
		t.Errorf("the API takes it: %d", rec.Code)
	}
}

func TestSortLinksTakeTurns(t *testing.T) {
	for _, tt := range []struct{ order, column, link, sorted string }{
		{"", "port", "/?sort=port#ports", ""},
		{"port", "port", "/?sort=-port#ports", "ascending"},
		{"-port", "port", "/#ports", "descending"},
		{"", "-queue", "/?sort=-queue#ports", ""},
		{"-queue", "-queue", "/?sort=queue#ports", "descending"},
		{"queue", "-queue", "/#ports", "ascending"},
		{"-queue", "port", "/?sort=port#ports", ""},
	} {
		c := &composer{query: parseQuery(url.Values{"sort": {tt.order}, "page": {"4"}})}
		link, sorted := c.sortLink(tt.column)
		if link != tt.link || sorted != tt.sorted {
			t.Errorf("sorted by %q, column %q: %q %q, want %q %q", tt.order, tt.column, link, sorted, tt.link, tt.sorted)
		}
	}
}

func TestPaging(t *testing.T) {
	w := manyWorld(time.Now())
	for _, tt := range []struct {
		page                  string
		first, last           int
		previous, next        string
		filter                string
		matching, total, rows int
	}{
		{"1", 1, 50, "", "/?page=2#ports", "", 500, 500, 50},
		{"2", 51, 100, "/#ports", "/?page=3#ports", "", 500, 500, 50},
		{"10", 451, 500, "/?page=9#ports", "", "", 500, 500, 50},
		{"99", 451, 500, "/?page=9#ports", "", "", 500, 500, 50},
		{"2", 51, 60, "/?filter=service:svc-00#ports", "", "service:svc-00", 60, 500, 10},
		{"1", 0, 0, "", "", "service:none", 0, 500, 0},
	} {
		q := parseQuery(url.Values{"page": {tt.page}, "filter": {tt.filter}})
		v := w.board.View()
		c := &composer{view: v, query: q, now: w.now}
		got := c.listenerTable(pick(v, q))
		if got.First != tt.first || got.Last != tt.last || got.Previous != tt.previous || got.Next != tt.next ||
			got.Matching != tt.matching || got.Total != tt.total || len(got.Rows) != tt.rows {
			t.Errorf("page %s of %q: %d to %d of %d/%d, %q %q, %d rows", tt.page, tt.filter, got.First, got.Last, got.Matching, got.Total, got.Previous, got.Next, len(got.Rows))
		}
	}
}

func TestProblemsComeFirst(t *testing.T) {
	v := busyWorld(time.Now()).board.View()
	var ports []uint16
	for _, l := range pick(v, parseQuery(nil))[:5] {
		ports = append(ports, l.Port)
	}
	if diff := cmp.Diff([]uint16{9200, 80, 5432, 22, 123}, ports); diff != "" {
		t.Errorf("problem, warning, watched but not held, then by port:\n%s", diff)
	}
}

// TestOpenIsBounded: every link repeats what is open, so a long text there
// would make megabytes of a short URL.
func TestOpenIsBounded(t *testing.T) {
	w := busyWorld(time.Now())
	s := w.server(Options{})
	rec := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/?open="+strings.Repeat("%22", 10_000), nil)
	r.Host, r.RemoteAddr = "localhost", "127.0.0.1:1"
	s.Handler().ServeHTTP(rec, r)
	if rec.Code != 200 || rec.Body.Len() > 200_000 {
		t.Errorf("%d, %d bytes", rec.Code, rec.Body.Len())
	}
}
