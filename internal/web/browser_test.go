package web

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/portreeve/portreeve/internal/port"
)

// browse starts a browser that ends with the test.
func browse(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("headless", "new"), chromedp.Flag("hide-scrollbars", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	focused := emulation.SetFocusEmulationEnabledParams{Enabled: true}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, focused); err != nil {
		t.Fatalf("start chromium (Debian's package): %v", err)
	}
	ctx, cancel = context.WithTimeout(ctx, 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// serve lets s answer on a port of its own and returns its address.
func serve(t *testing.T, s *Server) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := serveOn(t, s, ln)
	t.Cleanup(stop)
	return ln.Addr().String()
}

// serveOn lets s answer on ln until stop is called.
func serveOn(t *testing.T, s *Server, ln net.Listener) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
}

// open shows a page, and fails the test at its end if the browser complained.
func open(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	var mu sync.Mutex
	var complaints []string
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			mu.Lock()
			complaints = append(complaints, m.String())
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		for _, c := range complaints {
			if !strings.Contains(c, "ERR_CONNECTION_REFUSED") && !strings.Contains(c, "ERR_INCOMPLETE_CHUNKED_ENCODING") && !strings.Contains(c, "status of 403") { // a test stopped the server, or asked with a weak token
				t.Errorf("the browser says: %s", c)
			}
		}
	})
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
}

// eval returns what an expression is worth in the page.
func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// become waits until an expression is true in the page.
func become(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	attempt := "(() => { try { return !!(" + expression + ") } catch { return false } })()"
	if !within(10*time.Second, func() bool { return eval[bool](t, ctx, attempt) }) {
		t.Fatalf("%s does not become true; the page is at %s and shows:\n%.600s", expression, eval[string](t, ctx, "location.href"), eval[string](t, ctx, "document.body.innerText"))
	}
}

// press types keys into the page as a keyboard does: a key that the page takes
// for itself types nothing.
func press(t *testing.T, ctx context.Context, keys string) {
	t.Helper()
	for _, r := range keys {
		events := kb.Encode(r)
		down, up := events[0], events[len(events)-1]
		if len(events) > 2 {
			down.Text = events[1].Text
		}
		for _, e := range []*input.DispatchKeyEventParams{down, up} {
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, *e); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestPageIsLive(t *testing.T) {
	w := busyWorld(time.Now())
	ctx := browse(t)
	open(t, ctx, "http://"+serve(t, w.server(Options{}))+"/")
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	id := elementID(rowOn(w, 3002).ID)
	eval[any](t, ctx, fmt.Sprintf(`document.querySelector('#%s .fold > summary').click()`, id))
	become(t, ctx, fmt.Sprintf(`location.search.includes('open=%s') && document.querySelector('#more-%s').offsetHeight > 50`, id, id))
	eval[any](t, ctx, `document.getElementById('filter').value = 'half written'`)
	eval[any](t, ctx, `document.getElementById('help').open = true`)
	eval[any](t, ctx, `window.kept = document.querySelector('#`+id+`')`)

	begin := time.Now()
	w.listen(port.TCP, "0.0.0.0 ::", 3003, w.owner(held{name: "node", script: "server.js", cwd: "/srv/shop", user: "deploy", pid: 1300}), queue(0, 511, 0))
	for i := range w.snap.Connections.Ports {
		w.snap.Connections.Ports[i].Established += 1000
	}
	w.look()
	w.happen(port.Opened, 3003, 0)
	become(t, ctx, `[...document.querySelectorAll('.ports .port')].some(cell => cell.textContent === '3003')`)
	if took := time.Since(begin); took > 5*time.Second { // half a second each for stream and page, the rest for a busy machine
		t.Errorf("an opened port appeared after %v", took)
	}
	for what, expression := range map[string]string{
		"a changed number glows":       `document.querySelector('#` + id + ` .cx').classList.contains('glow')`,
		"a new row comes in":           `document.querySelector('tr.fresh .port')?.textContent === '3003'`,
		"the row is the same element":  `document.querySelector('#` + id + `') === window.kept`,
		"the row is still unfolded":    `document.querySelector('#` + id + ` .fold').open && document.querySelector('#more-` + id + `').offsetHeight > 50`,
		"the help is still open":       `document.getElementById('help').open`,
		"typed text stays":             `document.getElementById('filter').value === 'half written'`,
		"the event is in the timeline": `document.querySelector('.events').textContent.includes('3003/tcp')`,
		"the title tells the verdict":  `document.title.startsWith('▲ 2 problems')`,
		"all ports of the service":     `document.querySelector('#` + id + ` .svc').textContent.includes('also 3000, 3001, 3003')`,
	} {
		if !within(5*time.Second, func() bool { return eval[bool](t, ctx, "!!("+expression+")") }) {
			t.Errorf("not so: %s", what)
		}
	}
}

// TestStateLivesInTheAddress: links, the form and the way back, without a
// reload of the page.
func TestStateLivesInTheAddress(t *testing.T) {
	ctx := browse(t)
	url := "http://" + serve(t, busyWorld(time.Now()).server(Options{}))
	open(t, ctx, url+"/")
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	eval[any](t, ctx, `window.here = true`)
	rows := `document.querySelectorAll('.ports tr.row').length`
	press(t, ctx, "/")
	press(t, ctx, "service:shop"+kb.Enter)
	become(t, ctx, rows+` === 3 && location.search === '?filter=service:shop'`)
	eval[any](t, ctx, `[...document.querySelectorAll('.ports thead a')].find(a => a.textContent === 'Connections').click()`)
	become(t, ctx, `location.search === '?filter=service:shop&sort=-connections' && document.querySelector('.ports .port').textContent === '3002'`)
	eval[any](t, ctx, `history.go(-2)`)
	become(t, ctx, rows+` === 12 && document.getElementById('filter').value === ''`)
	eval[any](t, ctx, `history.go(1)`)
	become(t, ctx, rows+` === 3 && document.getElementById('filter').value === 'service:shop'`)
	press(t, ctx, "/")
	press(t, ctx, " prot:80"+kb.Enter)
	become(t, ctx, rows+` === 12 && document.querySelector('.mistake')?.textContent.includes('did you mean proto:?')`)
	if !eval[bool](t, ctx, `window.here === true`) {
		t.Error("the page was reloaded")
	}
}

func TestKeys(t *testing.T) {
	ctx := browse(t)
	open(t, ctx, "http://"+serve(t, busyWorld(time.Now()).server(Options{}))+"/")
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	focused := `document.activeElement.closest('tr')?.querySelector('.port').textContent`
	for _, step := range []struct{ keys, want string }{
		{"j", focused + ` === '9200'`}, {"j", focused + ` === '80'`}, {"j", focused + ` === '22'`}, {"k", focused + ` === '80'`},
		{kb.Enter, `document.querySelectorAll('.fold[open]').length === 1`}, {"j", focused + ` === '22'`},
		{"?", `document.getElementById('help').open`}, {"?", `!document.getElementById('help').open`},
		{"/", `document.activeElement.id === 'filter'`}, {"j", `document.getElementById('filter').value === 'j'`}, {kb.Escape, `document.activeElement.id !== 'filter'`},
	} {
		press(t, ctx, step.keys)
		become(t, ctx, step.want)
	}
}

func TestLostConnectionIsSaidAndFoundAgain(t *testing.T) {
	w := busyWorld(time.Now())
	s := w.server(Options{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := serveOn(t, s, ln)
	ctx := browse(t)
	open(t, ctx, "http://"+ln.Addr().String()+"/")
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	stop()
	become(t, ctx, `document.getElementById('live').innerText.startsWith('connection lost, last update ') && getComputedStyle(document.querySelector('main')).filter === 'grayscale(1)'`)
	w.listen(port.TCP, "0.0.0.0", 3003, w.owner(held{name: "x", user: "x", pid: 1300}), queue(0, 511, 0))
	w.look()
	if ln, err = net.Listen("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(serveOn(t, s, ln))
	become(t, ctx, `document.documentElement.dataset.state === 'live' && document.body.innerText.includes('3003')`)
}

func TestPageWorksWithoutScripts(t *testing.T) {
	w := busyWorld(time.Now())
	ctx := browse(t)
	if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	url := "http://" + serve(t, w.server(Options{}))
	open(t, ctx, url+"/?refresh=3600")
	id := elementID(rowOn(w, 3002).ID)
	height := `document.querySelector('#more-` + id + `').offsetHeight`
	become(t, ctx, `document.documentElement.dataset.state === undefined && document.getElementById('live').innerText.startsWith('as of ') && `+height+` === 0`)
	step := func(a chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	step(chromedp.Click(chromedp.CSS("#" + id + " .fold > summary")))
	become(t, ctx, height+` > 50`)
	step(chromedp.Click(chromedp.Search(`//thead//a[text()="Connections"]`)))
	become(t, ctx, `location.search === '?sort=-connections&refresh=3600' && document.querySelector('.ports .port').textContent === '8500'`)
	step(chromedp.SendKeys(chromedp.CSS("#filter"), "service:shop"+kb.Enter))
	become(t, ctx, `document.querySelectorAll('.ports tr.row').length === 3 && location.search.includes('sort=-connections')`)
	step(chromedp.Navigate(url + "/?open=" + id))
	become(t, ctx, height+` > 50`)
}

// TestForeignTextHarmsNoBrowser shows names that would be programs to one.
func TestForeignTextHarmsNoBrowser(t *testing.T) {
	w := hostileWorld(time.Now())
	ctx := browse(t)
	eval[any](t, ctx, `1`)
	var all []string
	for _, l := range w.rows {
		all = append(all, elementID(l.ID))
	}
	open(t, ctx, "http://"+serve(t, w.server(Options{}))+"/?open="+strings.Join(all, ","))
	become(t, ctx, `document.documentElement.dataset.state === 'live'`)
	w.connect(4000, port.Counts{Established: 7})
	w.look()
	become(t, ctx, `document.querySelector('.cx').classList.contains('glow')`) // morphed once
	if !eval[bool](t, ctx, `document.scripts.length === 2 && !document.querySelector('img, iframe, [onerror], [onload], [onmouseover]')`) {
		t.Error("a name became an element")
	}
}

// TestPageFitsAPhone: nothing sticks out to the side.
func TestPageFitsAPhone(t *testing.T) {
	ctx := browse(t)
	past, reg := pastWorld(time.Now())
	evilPast, evilReg := hostilePast(time.Now())
	for _, tt := range []struct {
		name    string
		world   *world
		options Options
		paths   []string
	}{
		{"busy", busyWorld(time.Now()), Options{}, []string{"/"}}, {"checks", checksWorld(time.Now()), Options{}, []string{"/"}},
		{"hostile", hostileWorld(time.Now()), Options{}, []string{"/"}}, {"many", manyWorld(time.Now()), Options{}, []string{"/"}},
		{"past", past, pastOptions(past, reg), []string{"/", "/checks/api", "/checks/holiday", "/incidents"}},
		{"hostile past", evilPast, hostileOptions(evilPast, evilReg), []string{"/", "/checks/check-1", "/incidents"}},
	} {
		url := "http://" + serve(t, tt.world.server(tt.options))
		for _, path := range tt.paths {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(360, 740)); err != nil {
				t.Fatal(err)
			}
			open(t, ctx, url+path+"?open=check-api,"+elementID(tt.world.rows[1].ID))
			eval[any](t, ctx, `document.querySelectorAll('.action').forEach(a => a.open = true)`)
			if got := eval[int](t, ctx, `document.documentElement.scrollWidth`); got > 360 {
				out := `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 360).map(e => e.tagName + '.' + e.className).slice(0, 9).join(' ')`
				t.Errorf("%s %s: the page is %d wide on a phone of 360: %s", tt.name, path, got, eval[string](t, ctx, out))
			}
		}
	}
}
