package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// TestForeignTextHarmsNoPage parses what a browser would and looks for
// anything that could act: scripts, handlers, styles, links elsewhere, and
// characters that reorder or control.
func TestForeignTextHarmsNoPage(t *testing.T) {
	w := hostileWorld(time.Now())
	h := w.server(Options{Version: evil[0], Notices: []port.Degraded{{Text: evil[1], Hint: evil[2]}}}).Handler()
	urls := []string{"/", "/docs", "/?sort=" + "%22%3E%3Cscript%3E", "/?window=%3Cimg+src=x%3E&page=%3Cb%3E"}
	for _, l := range w.rows {
		urls = append(urls, "/?open="+elementID(l.ID))
	}
	for _, e := range []string{"%3Cimg+src=x+onerror=alert(1)%3E", "%22+onfocus=alert(1)+x=%22", "prot:%3Cscript%3E", "javascript:alert(1)", "%1b[31m%E2%80%AE"} {
		urls = append(urls, "/?filter="+e, "/?open="+e)
	}
	harmless(t, h, urls)
}

// TestForeignTextHarmsNoPageOfThePast does so with what people say when they ask
// for something, and with what channels answer.
func TestForeignTextHarmsNoPageOfThePast(t *testing.T) {
	w, reg := hostilePast(time.Now())
	h := w.server(hostileOptions(w, reg)).Handler()
	urls := []string{"/", "/docs", "/incidents"}
	for i, e := range evil {
		urls = append(urls, fmt.Sprintf("/checks/check-%d", i), "/incidents?check="+url.QueryEscape(e), "/incidents?state="+url.QueryEscape(e)+"&cursor="+url.QueryEscape(e), "/checks/check-0?window="+url.QueryEscape(e)+"&refresh="+url.QueryEscape(e))
	}
	harmless(t, h, urls)
	for _, e := range evil {
		rec := ask(h, "/checks/"+url.PathEscape(e), "Accept", "text/html")
		doc, err := html.Parse(strings.NewReader(rec.Body.String()))
		if err != nil || rec.Code != 404 && rec.Code != 307 {
			t.Fatalf("%q: %d %v", e, rec.Code, err)
		}
		for n := range doc.Descendants() {
			if problem := harm(n); problem != "" {
				t.Errorf("/checks/%q: %s", e, problem)
			}
		}
	}
	for _, path := range []string{"/api/v1/incidents", "/api/v1/checks/check-0/history", "/api/v1/maintenance", "/api/v1/checks/" + url.PathEscape(evil[0]) + "/uptime"} {
		if rec := ask(h, path); !json.Valid(rec.Body.Bytes()) || strings.ContainsAny(rec.Body.String(), "<>\u202e\u2028\x1b") {
			t.Errorf("%s: %s", path, rec.Body)
		}
	}
}

// harmless fails the test for each page in which something could act.
func harmless(t *testing.T, h http.Handler, urls []string) {
	t.Helper()
	for _, url := range urls {
		rec := ask(h, url, "Accept", "text/html")
		doc, err := html.Parse(strings.NewReader(rec.Body.String()))
		if err != nil || rec.Code != 200 {
			t.Fatalf("%s: %d %v", url, rec.Code, err)
		}
		for n := range doc.Descendants() {
			if problem := harm(n); problem != "" {
				t.Errorf("%s: %s", url, problem)
			}
		}
	}
}

// harm says what a node could do that it should not.
func harm(n *html.Node) string {
	if n.Type == html.TextNode && strings.ContainsFunc(n.Data, acts) {
		return "text with characters that act: " + n.Data
	}
	if n.Type != html.ElementNode {
		return ""
	}
	switch n.Data {
	case "img", "iframe", "object", "embed", "base", "style", "foreignobject":
		return "an element <" + n.Data + ">"
	case "script":
		if n.FirstChild != nil {
			return "a script in the page: " + n.FirstChild.Data
		}
	}
	for _, a := range n.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
			return "an attribute " + a.Key + "=" + a.Val
		case a.Key == "href" || a.Key == "src" || a.Key == "action":
			if !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") || strings.HasPrefix(a.Val, "//") {
				return "a link elsewhere: " + a.Val
			}
		case a.Key == "value": // what the person wrote, as it was written
		case strings.ContainsFunc(a.Val, acts):
			return "an attribute with characters that act: " + a.Key + "=" + a.Val
		}
	}
	return ""
}

// acts reports whether a character controls or reorders what is around it.
func acts(r rune) bool {
	return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
}

// TestForeignTextSurvivesJSON: programs get what was found, unharmed and
// harmless.
func TestForeignTextSurvivesJSON(t *testing.T) {
	w := hostileWorld(time.Now())
	h := w.server(Options{}).Handler()
	rec := ask(h, "/api/v1/listeners?sort=port")
	if strings.ContainsAny(rec.Body.String(), "<>\u2028") {
		t.Error("markup stands in JSON as it is")
	}
	var r board.Report[port.Listener]
	if err := json.Unmarshal(rec.Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	for i, l := range r.Items {
		if want := strings.ToValidUTF8(evil[i], "\ufffd"); strings.ReplaceAll(string(l.Owner.Leader.Name), "\ufffd\ufffd", "\ufffd") != want {
			t.Errorf("name %q became %q", want, l.Owner.Leader.Name)
		}
	}
	for _, path := range []string{"/api/v1/machine", "/api/v1/connections?group_by=process", "/api/v1/events", "/healthz"} {
		if rec := ask(h, path); !json.Valid(rec.Body.Bytes()) || strings.ContainsAny(rec.Body.String(), "<>") {
			t.Errorf("%s: %s", path, rec.Body)
		}
	}
}

// TestForeignTextCannotForgeEvents: a name with line breaks stays within the
// data of its own event.
func TestForeignTextCannotForgeEvents(t *testing.T) {
	w := hostileWorld(time.Now())
	events := hear(t, "http://"+serve(t, w.server(Options{}))+"/events/stream?since=start&kind=entry")
	for range len(evil) * 2 {
		h := next(t, events, kindEntry)
		if !json.Valid([]byte(h.data)) || !strings.HasPrefix(h.id, "c") {
			t.Errorf("event %+v", h)
		}
	}
}
