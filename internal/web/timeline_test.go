package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/port"
)

func timelineOf(w *world, query url.Values) timeline {
	q := parseQuery(query)
	c := &composer{view: w.board.View(), query: q, now: w.now}
	return c.timeline(pick(c.view, q))
}

func TestTimelineHoldsTheWindowNewestFirst(t *testing.T) {
	w := busyWorld(time.Now())
	for window, want := range map[string]string{
		"":   "3002/tcp shop-api 3001/tcp 8500/tcp 3001/tcp 3001/tcp",
		"6h": "3002/tcp shop-api 3001/tcp",
		"1h": "3002/tcp shop-api",
	} {
		var got []string
		for _, it := range timelineOf(w, url.Values{"window": {window}}).Items {
			got = append(got, it.Subject)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("window %q: %v, want %s", window, got, want)
		}
	}
}

func TestTimelineFollowsTheFilter(t *testing.T) {
	w := busyWorld(time.Now())
	gone := port.Event{Kind: port.Closed, Listener: "tcp/4444/0", Proto: port.TCP, Port: 4444, NetNS: ownNetNS, Service: port.Service{Name: "batch"}, User: "ann"}
	w.record(portEntry(&gone, w.now.Add(-time.Minute)))
	for filter, want := range map[string]int{"port:3001": 3, "service:batch": 1, "user:ann": 1, "state:problem": 0, "port:8500,4444": 2} {
		tl := timelineOf(w, url.Values{"filter": {filter}})
		if len(tl.Items) != want || (want == 0) != (tl.None != "") {
			t.Errorf("%s: %d items, %q; want %d", filter, len(tl.Items), tl.None, want)
		}
	}
}

// TestFlappingPortIsOneItem keeps one port that comes and goes from pushing out
// all else.
func TestFlappingPortIsOneItem(t *testing.T) {
	w := busyWorld(time.Now())
	for i := range 40 {
		w.happen(port.EventKinds()[i%2], 6379, time.Duration(40-i)*time.Minute)
	}
	tl := timelineOf(w, nil)
	n := 0
	for _, it := range tl.Items {
		if it.Subject == "6379/tcp" {
			n++
			if !strings.HasPrefix(it.Text, "closed") || !strings.Contains(it.Text, "40 events since") {
				t.Errorf("text = %q", it.Text)
			}
		}
	}
	if n != 1 || len(tl.Items) != 7 {
		t.Errorf("%d items of the flapping port, %d in all", n, len(tl.Items))
	}
}

// TestMomentIsOneItem: a test run that opens a port for a second is not two
// pieces of news.
func TestMomentIsOneItem(t *testing.T) {
	w := newWorld(time.Now())
	w.listen(port.TCP, "127.0.0.1", 40000, port.Owner{}, queue(0, 9, 0))
	w.look()
	w.happen(port.Opened, 40000, 70*time.Minute)
	w.happen(port.Closed, 40000, 10*time.Minute)
	w.happen(port.Opened, 40000, 5*time.Minute)
	w.happen(port.Closed, 40000, 5*time.Minute-8*time.Second)
	var got []string
	for _, it := range timelineOf(w, nil).Items {
		got = append(got, plainBlanks(it.Text))
	}
	want := []string{"closed · process unknown · was open for 8 s", "closed · process unknown", "opened · process unknown · bound to loopback"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestUnwatchedEventsSaySo: the time of such an event is when it was found.
func TestUnwatchedEventsSaySo(t *testing.T) {
	w := busyWorld(time.Now())
	e := port.Event{Kind: port.Closed, Listener: "tcp/4444/0", Proto: port.TCP, Port: 4444, NetNS: ownNetNS, Unwatched: true}
	w.record(portEntry(&e, w.now.Add(-time.Minute)))
	got := timelineOf(w, url.Values{"filter": {"port:4444"}}).Items[0].Text
	if want := "closed · process unknown · while nobody watched: when, is not known"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTimelineSaysWhatItLeavesOut: the view holds the newest 500 entries. What
// was before them must not look like a calm time.
func TestTimelineSaysWhatItLeavesOut(t *testing.T) {
	w := busyWorld(time.Now())
	for i := range 600 { // one a minute, for ten hours
		w.happen(port.EventKinds()[i%2], 8500, time.Duration(600-i)*time.Minute)
	}
	from := at(w.now.Add(-500*time.Minute), w.now).Text
	for window, width := range map[string]string{"1h": "", "6h": "", "24h": "65.28", "7d": "95.04"} {
		tl := timelineOf(w, url.Values{"window": {window}})
		if width == "" {
			if tl.From.Text != "" || tl.Strip.Cut != nil || strings.Contains(tl.Strip.Summary, "since") {
				t.Errorf("%s: %q is left out, %+v, %q; nothing is", window, tl.From.Text, tl.Strip.Cut, tl.Strip.Summary)
			}
			continue
		}
		if tl.From.Text != from || tl.Strip.Cut == nil || tl.Strip.Cut.Width != width || tl.Strip.Cut.Text != "not shown: older than "+from {
			t.Errorf("%s: %q is left out, %+v; want %s%%, older than %s", window, tl.From.Text, tl.Strip.Cut, width, from)
		}
		if !strings.HasPrefix(tl.Strip.Summary, "since "+from+": 250 opened, 250 closed, ") {
			t.Errorf("%s: summary %q", window, tl.Strip.Summary)
		}
	}
	if none := timelineOf(w, url.Values{"filter": {"port:3001"}, "window": {"24h"}}).None; none != "Nothing happened to what the filter picks since "+from+"." {
		t.Errorf("what is left out is called calm: %q", none)
	}
	h := w.server(Options{}).Handler()
	if page := ask(h, "/").Body.String(); !strings.Contains(page, "Not shown: older than <time") || !strings.Contains(page, `class="cut"`) {
		t.Error("the page does not say that older entries are not shown")
	}
	if page := ask(h, "/?window=6h").Body.String(); strings.Contains(page, "Not shown") || strings.Contains(page, `class="cut"`) {
		t.Error("the page says that something is left out of six hours")
	}
}

func TestPictureCountsWhatHappened(t *testing.T) {
	p := timelineOf(busyWorld(time.Now()), nil).Strip
	if p.Summary != "3 opened, 1 closed, 1 other port change, 1 check change" {
		t.Errorf("summary = %q", p.Summary)
	}
	if last := p.Ticks[len(p.Ticks)-1]; last.Text != "now" || len(p.Ticks) != 5 {
		t.Errorf("ticks = %+v", p.Ticks)
	}
}

func TestEventMarksTellWideningFromNarrowing(t *testing.T) {
	for _, tt := range []struct {
		from, to port.Scope
		want     string
	}{{port.Loopback, port.All, "opened up"}, {port.All, port.Loopback, "scope changed"}, {port.Private, port.Public, "opened up"}, {port.Public, port.Private, "scope changed"}} {
		if got := eventMark(&port.Event{Kind: port.ScopeChanged, Before: tt.from, Scope: tt.to}).Word; got != tt.want {
			t.Errorf("%s to %s: %q, want %q", tt.from, tt.to, got, tt.want)
		}
	}
}
