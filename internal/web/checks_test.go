package web

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// checked sets what is believed of a check; change may say more.
func (w *world) checked(name, target string, status health.Status, r health.Result, change func(*health.State)) {
	spec := health.Spec{Name: name, Target: target, Origin: health.FromConfig}.WithDefaults(health.DefaultProfile())
	r.At = w.now.Add(-3 * time.Second)
	st := &health.State{Spec: &spec, Status: status, Since: w.now.Add(-time.Hour), Last: &r, Next: w.now.Add(27 * time.Second)}
	if change != nil {
		change(st)
	}
	w.board.Check(st)
}

func overlaid(o ...health.Overlay) func(*health.State) {
	return func(st *health.State) { st.Overlays = o }
}

// checksWorld has a check of every sort.
func checksWorld(now time.Time) *world {
	w := newWorld(now)
	w.listen(port.TCP, "127.0.0.1", 3000, w.owner(held{name: "node", script: "server.js", cwd: "/srv/shop", user: "deploy", pid: 811, age: time.Hour}), queue(129, 128, 40))
	w.listen(port.TCP, "10.0.4.7", 6379, w.owner(held{name: "redis-server", user: "redis", pid: 4410, age: time.Hour}), queue(0, 511, 0))
	w.look()
	pass := health.Result{Verdict: health.Pass, Took: health.Duration(12 * time.Millisecond)}
	https := pass
	https.Answer = &health.Answer{
		Address: netip.MustParseAddrPort("192.0.2.7:443"),
		Phases: health.Phases{
			Resolve: health.Duration(38 * time.Microsecond), Connect: health.Duration(2 * time.Millisecond), TLS: health.Duration(4 * time.Millisecond),
			Processing: health.Duration(5 * time.Millisecond), Transfer: health.Duration(900 * time.Microsecond),
		},
		TLS:  &health.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", ALPN: "h2", Subject: "CN=shop.example.org", Issuer: "CN=Example CA", NotAfter: now.Add(9*24*time.Hour + time.Hour)},
		HTTP: &health.HTTP{Status: 200, Protocol: "HTTP/2.0", ContentType: "application/json", BodyBytes: 512, Redirects: 1},
	}
	fail := func(r health.Reason, text foreign.Text) health.Result {
		return health.Result{Verdict: health.Fail, Reason: r, Text: text, Took: health.Duration(5 * time.Second)}
	}
	w.checked("web", "https://shop.example.org/", health.Healthy, https, func(st *health.State) { st.Passes, st.Unknowns = 40, map[health.Reason]uint64{health.LocalNetwork: 2} })
	w.checked("api", "tcp://localhost:3000", health.Unhealthy, fail(health.Timeout, "no answer within 5 s"), func(st *health.State) { st.Fails, st.Down = 104, now.Add(-65*time.Minute) })
	w.checked("gone", "tcp://127.0.0.1:5432", health.Degrading, fail(health.Refused, "connection refused"), func(st *health.State) { st.Fails = 1 })
	w.checked("cache", "tcp://127.0.0.1:6379", health.Healthy, pass, func(st *health.State) { overlaid(health.Flapping)(st); st.Flap = 46 })
	w.checked("late", "tcp://192.0.2.9:25", health.Healthy, pass, overlaid(health.Stale))
	w.checked("holiday", "tcp://192.0.2.9:80", health.Unknown, pass, func(st *health.State) {
		overlaid(health.Paused)(st)
		st.Last, st.Since, st.Next = nil, time.Time{}, time.Time{}
	})
	w.checked("behind", "tcp://192.0.2.9:81", health.Unhealthy, fail(health.Unreachable, "no route to host"), overlaid(health.Behind))
	w.checked("barred", "http://169.254.169.254/", health.Unknown, health.Result{Verdict: health.Indeterminate, Reason: health.LocalPolicy, Text: "not asked: a metadata service"}, nil)
	w.checked("portreeve.local_network", "", health.Unhealthy, fail(health.LocalNetwork, "check web could not be judged: network is unreachable"), nil)
	w.checked("portreeve.local_fds", "", health.Healthy, pass, nil)
	return w
}

func tableOf(w *world, query url.Values) checkTable {
	return newComposer(w.board.View(), parseQuery(query), w.now).checkTable()
}

func namesOf(t checkTable) string {
	var names []string
	for _, r := range t.Rows {
		names = append(names, r.Name)
	}
	return strings.Join(names, " ")
}

func TestPagesOfChecks(t *testing.T) {
	for file, url := range map[string]string{
		"checks.html":          "/?open=check-web,check-api",
		"checks-filtered.html": "/?checks=status:down,stale+-name:late&checks_sort=-took&filter=port:3000",
		"checks-mistakes.html": "/?checks=staus:down&checks_sort=speed&checks_page=x",
	} {
		t.Run(file, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				golden(t, file, unversioned(ask(checksWorld(time.Now()).server(Options{}).Handler(), url).Body.Bytes()))
			})
		})
	}
}

func TestChecksThatNeedALookComeFirst(t *testing.T) {
	w := checksWorld(time.Now())
	for _, tt := range []struct {
		checks, sort, want string
	}{
		{"", "", "api cache gone late barred behind holiday web"},
		{"status:down", "", "api"},
		{"status:flapping,stale", "", "cache late"},
		{"-status:up", "name", "api barred behind holiday"},
		{"portreeve", "", ""},
		{"reason:local", "", "barred"},
		{"port:3000-6379", "-name", "gone cache api"},
	} {
		if got := namesOf(tableOf(w, url.Values{"checks": {tt.checks}, "checks_sort": {tt.sort}})); got != tt.want {
			t.Errorf("%q by %q: %s, want %s", tt.checks, tt.sort, got, tt.want)
		}
	}
}

// TestStatusIsReadWithItsOverlays: what is excused or paused has no colour,
// and every overlay has a word.
func TestStatusIsReadWithItsOverlays(t *testing.T) {
	got := map[string]string{}
	for _, r := range tableOf(checksWorld(time.Now()), nil).Rows {
		got[r.Name] = r.Mark.Shape + " " + r.Mark.Word + " " + r.Mark.Class
		for _, tag := range r.Tags {
			got[r.Name] += ", " + tag.Text
			if tag.Title == "" {
				t.Errorf("%s: nobody says what %s means", r.Name, tag.Text)
			}
		}
	}
	want := map[string]string{
		"web": "✓ healthy ok", "api": "✕ unhealthy bad", "gone": "◆ degrading warn", "cache": "◆ healthy warn, flapping", "late": "◆ healthy warn, stale",
		"holiday": "‖ unknown none, paused", "behind": "✕ unhealthy none, unreachable", "barred": "◌ unknown none",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKernelsSideOfACheck(t *testing.T) {
	w := checksWorld(time.Now())
	w.listen(port.TCP, "0.0.0.0", 80, w.owner(held{name: "nginx", user: "root", pid: 7}), queue(0, 511, 0))
	w.look()
	c := newComposer(w.board.View(), parseQuery(nil), w.now)
	for target, want := range map[string]string{
		"tcp://localhost:3000":   "bad the accept queue is full: 129/128",
		"tcp://web-07:3000":      "bad the accept queue is full: 129/128",
		"tcp://127.0.0.1:5432":   "miss nobody listens on 5432",
		"tcp://10.0.4.7:6379":    " redis-server listens, accept queue 0/511",
		"tcp://127.0.0.1:6379":   "warn on 6379 somebody listens, but on 10.0.4.7 alone",
		"http://127.0.0.9/":      " nginx listens, accept queue 0/511",
		"http://[::1]/":          "warn on 80 somebody listens, but on 0.0.0.0 alone",
		"tcp://192.0.2.9:3000":   " ",
		"tcp://example.org:3000": " ",
		"":                       " ",
	} {
		p := c.ownPort(&health.State{Spec: &health.Spec{Target: target}})
		if got := p.Class + " " + p.Text; got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
		if linked := strings.Contains(want, "listens, ") || strings.Contains(want, "full"); linked && !strings.Contains(p.Link, "#tcp-") {
			t.Errorf("%s leads to %q", target, p.Link)
		}
	}
}

// TestOwnFaultsStandAtTheTop: they are in no table and in no count, but cast
// doubt on all else.
func TestOwnFaultsStandAtTheTop(t *testing.T) {
	w := checksWorld(time.Now())
	c := newComposer(w.board.View(), parseQuery(nil), w.now)
	strips, _ := c.strips()
	s := strips[0]
	want := "local network: check web could not be judged: network is unreachable. This is a fault of portreeve's own machine, not of the target: this machine cannot send there: see its routes, its links and its own firewall."
	if s.Mark != blinded || s.Subject != "portreeve cannot tell:" || s.Text != want {
		t.Errorf("the first strip is %+v", s)
	}
	if n := strings.Count(fmt.Sprint(strips), "portreeve cannot tell"); n != 1 {
		t.Errorf("%d strips about portreeve, though one of its checks is well", n)
	}
	if table := c.checkTable(); table.Total != 8 || strings.Contains(namesOf(table), "portreeve") {
		t.Errorf("%d checks: %s", table.Total, namesOf(table))
	}
	blind := emptyWorld(time.Now())
	blind.checked("portreeve.local_fds", "", health.Unhealthy, health.Result{Verdict: health.Fail, Reason: health.LocalFDs}, nil)
	if v := newComposer(blind.board.View(), parseQuery(nil), blind.now).verdict(); v.Mark != unclear {
		t.Errorf("a blind portreeve says %q", v.Text)
	}
}

// crowdWorld has five hundred listeners and ten thousand checks.
func crowdWorld(now time.Time) *world {
	w := manyWorld(now)
	for i := range 10_000 {
		status, r := health.Healthy, health.Result{Verdict: health.Pass, Took: health.Duration(3 * time.Millisecond)}
		if i%250 == 0 {
			status, r = health.Unhealthy, health.Result{Verdict: health.Fail, Reason: health.Timeout, Text: "no answer within 5 s"}
		}
		w.checked(fmt.Sprintf("check-%05d", i), fmt.Sprintf("tcp://10.2.%d.%d:8080", i/250, i%250), status, r, nil)
	}
	return w
}

// TestTenThousandChecksAreOnPages: the first one, which everybody opens, is
// short; whoever says which checks to show gets full ones.
func TestTenThousandChecksAreOnPages(t *testing.T) {
	w := crowdWorld(time.Now())
	for _, tt := range []struct {
		query          string
		first, last    int
		previous, next string
		matching       int
	}{
		{"", 1, 25, "", "/?checks_page=2#checks", 10_000},
		{"checks_page=2", 26, 125, "/#checks", "/?checks_page=3#checks", 10_000},
		{"checks_page=101", 9926, 10_000, "/?checks_page=100#checks", "", 10_000},
		{"checks_page=999", 9926, 10_000, "/?checks_page=100#checks", "", 10_000},
		{"checks_sort=name", 1, 100, "", "/?checks_sort=name&checks_page=2#checks", 10_000},
		{"checks=status:down", 1, 40, "", "", 40},
		{"checks=check-000", 1, 100, "", "", 100},
		{"checks=check-0000&checks_page=7", 1, 10, "", "", 10},
		{"checks=nosuch", 0, 0, "", "", 0},
	} {
		q, err := url.ParseQuery(tt.query)
		if err != nil {
			t.Fatal(err)
		}
		got := tableOf(w, q)
		if got.First != tt.first || got.Last != tt.last || got.Previous != tt.previous || got.Next != tt.next || got.Matching != tt.matching || len(got.Rows) != got.Last-max(got.First, 1)+1 {
			t.Errorf("%q: %d rows, %d to %d of %d, %q %q", tt.query, len(got.Rows), got.First, got.Last, got.Matching, got.Previous, got.Next)
		}
	}
}

// TestPageOfManyIsLight: the page of 500 listeners and 10,000 checks.
func TestPageOfManyIsLight(t *testing.T) {
	w := crowdWorld(time.Now())
	files := 0
	for _, a := range loadAssets() {
		files += len(a.body)
	}
	h := w.server(Options{}).Handler()
	page, refreshed := ask(h, "/").Body.Len(), ask(h, "/", refreshHeader, "yes").Body.Len()
	zipped := ask(h, "/", "Accept-Encoding", "gzip").Body.Len()
	t.Logf("page of %d bytes, compressed %d, assets of %d; refreshed %d", page, zipped, files, refreshed)
	if page > 150<<10 || refreshed > 150<<10 || zipped+files > 75<<10 {
		t.Errorf("page of %d bytes, compressed %d, assets of %d; refreshed %d", page, zipped, files, refreshed)
	}
}

// TestLinksLeadToChecksOnOtherPages: what is not on the page is filtered for.
func TestLinksLeadToChecksOnOtherPages(t *testing.T) {
	w := crowdWorld(time.Now())
	c := newComposer(w.board.View(), parseQuery(nil), w.now)
	c.checkTable()
	for name, want := range map[string]string{"check-00250": "#check-check-00250", "check-09999": "/?checks=name:check-09999#check-check-09999"} {
		if got := c.checkLink(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestWordsOfChanges(t *testing.T) {
	for _, tt := range []struct {
		change health.Change
		want   string
	}{
		{health.Change{Check: "a", From: health.Healthy, To: health.Degrading, Reason: health.Refused, Text: "connection refused"}, "◆ a degrading, was healthy · refused: connection refused"},
		{health.Change{Check: "a", From: health.Unhealthy, To: health.Healthy, Outage: health.Duration(5 * time.Minute)}, "✓ a recovered after 5 m"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Healthy, Overlay: health.Flapping}, "◆ a began to flap"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Healthy, Overlay: health.Flapping, Ended: true}, "✓ a stopped flapping, healthy"},
		{health.Change{Check: "a", From: health.Unhealthy, To: health.Unhealthy, Overlay: health.Paused}, "‖ a paused: nobody asks"},
		{health.Change{Check: "a", From: health.Unknown, To: health.Unknown, Overlay: health.Paused, Ended: true}, "◌ a asked again after a pause, unknown"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Healthy, Overlay: health.Stale}, "◆ a became stale: results are overdue"},
		{health.Change{Check: "a", From: health.Unhealthy, To: health.Unhealthy, Overlay: health.Behind}, "◌ a unreachable: a check that it stands behind is down"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Healthy, Overlay: health.Paused, By: "ann"}, "‖ a paused: nobody asks, by ann"},
		{health.Change{Check: "a", From: health.Unhealthy, To: health.Unhealthy, Overlay: health.Paused, By: health.AfterOutage}, "‖ a paused: nobody asks, for it had been down for too long"},
		{health.Change{Check: "a", From: health.Unhealthy, To: health.Unknown, Overlay: health.Paused, Ended: true, By: "ann"}, "◌ a asked again after a pause, unknown, by ann"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Healthy, Overlay: health.Maintenance, By: "configuration"}, "◌ a maintenance began, by configuration"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Healthy, Overlay: health.Maintenance, Ended: true}, "✓ a maintenance ended, healthy"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Healthy, Overlay: health.Behind, Ended: true}, "✓ a can be told again: what it stands behind is up, healthy"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Healthy, Overlay: health.Stale, Ended: true, At: time.Unix(9000, 0), Began: time.Unix(0, 0)}, "✓ a nobody watched for 2 h 30 m, healthy"},
		{health.Change{Check: "a", From: health.Unhealthy, To: health.Unknown}, "◌ a nobody saw the outage end: it is watched no longer, or asked anew"},
		{health.Change{Check: "a", From: health.Healthy, To: health.Unknown}, "◌ a nothing is believed any more: asked anew, or watched no longer"},
		{health.Change{Check: "a", From: health.Unhealthy, To: health.Healthy, Outage: health.Duration(270 * time.Second)}, "✓ a recovered after 4 m 30 s"},
		{health.Change{Check: "portreeve.local_fds", From: health.Healthy, To: health.Unhealthy, Reason: health.LocalFDs, Text: "too many open files"}, "◌ portreeve cannot tell · local fds: too many open files"},
		{health.Change{Check: "portreeve.local_fds", From: health.Unhealthy, To: health.Healthy, Outage: health.Duration(5 * time.Minute)}, "✓ portreeve can tell again after 5 m: local fds is over"},
	} {
		c := &composer{query: parseQuery(nil), now: time.Now()}
		it := c.changeItem(&event.Recorded{Entry: event.Entry{Change: &tt.change}})
		if got := plainBlanks(it.Mark.Shape + " " + it.Subject + " " + it.Text); got != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
}

// TestRestlessCheckIsOneItem keeps a check that comes and goes from pushing out
// all else.
func TestRestlessCheckIsOneItem(t *testing.T) {
	w := busyWorld(time.Now())
	for i := range 40 {
		to := []health.Status{health.Unhealthy, health.Healthy}[i%2]
		w.record(event.Entry{Stream: event.CheckStream("x"), At: w.now.Add(time.Duration(i-41) * time.Minute), Change: &health.Change{Check: "x", To: to}})
	}
	n, text := 0, ""
	for _, it := range timelineOf(w, nil).Items {
		if it.Subject == "x" {
			n, text = n+1, it.Text
		}
	}
	if n != 1 || !strings.Contains(text, "40 events since") {
		t.Errorf("%d items, %q", n, text)
	}
}

// TestChecksUnfoldInTheBrowser: rows beyond the first bring their details only
// when somebody asks, and the checks' filter leaves that of the ports alone.
func TestChecksUnfoldInTheBrowser(t *testing.T) {
	w := crowdWorld(time.Now())
	ctx := browse(t)
	open(t, ctx, "http://"+serve(t, w.server(Options{}))+"/?filter=service:svc-001&checks_sort=name")
	become(t, ctx, `document.documentElement.dataset.state === 'live' && document.querySelectorAll('.checks tr.row').length === 100`)
	eval[any](t, ctx, `document.querySelector('#check-check-00050 .fold > summary').click()`)
	become(t, ctx, `document.querySelector('#more-check-check-00050').textContent.includes('next due') && location.search.includes('open=check-check-00050')`)
	eval[any](t, ctx, `document.getElementById('checks-filter').value = 'name:0999'; document.querySelector('#checks form').requestSubmit()`)
	become(t, ctx, `document.querySelectorAll('.checks tr.row').length === 11 && location.search.includes('checks=name:0999')`)
	become(t, ctx, `document.getElementById('filter').value === 'service:svc-001' && location.hash === '#checks'`)
}

// TestAnswersGoOnInTheBrowser: a target that answers as before makes no new
// generation, yet the page does not stand still.
func TestAnswersGoOnInTheBrowser(t *testing.T) {
	w := emptyWorld(time.Now())
	answer := func(at time.Time) {
		st := *w.board.View().FindCheck("db")
		st.Last = &health.Result{Verdict: health.Pass, At: at}
		w.board.Check(&st)
	}
	w.checked("db", "tcp://10.0.0.1:5432", health.Healthy, health.Result{Verdict: health.Pass}, nil)
	ctx := browse(t)
	open(t, ctx, "http://"+serve(t, w.server(Options{}))+"/")
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	before, asked := w.board.View().Generation, time.Now().Add(time.Minute)
	answer(asked)
	if !within(20*time.Second, func() bool {
		w.snap.Listening.At = w.snap.Listening.At.Add(time.Second)
		w.board.Look(w.snap) // as it comes every second
		return eval[string](t, ctx, `document.querySelector('#check-db .as time').dateTime`) == asked.Local().Format(timeLayout)
	}) {
		t.Errorf("the page still says that it asked at %s", eval[string](t, ctx, `document.querySelector('#check-db .as').innerText`))
	}
	if v := w.board.View(); v.Generation != before {
		t.Errorf("generation %d became %d", before, v.Generation)
	}
}
