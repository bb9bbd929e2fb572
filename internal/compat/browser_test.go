package compat

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// plainName is a name that leads a test's browser to this machine. To a browser
// plain HTTP is safe at a loopback address and nowhere else, so here it says as
// little of where a request comes from as it does to a server elsewhere.
const plainName = "plain.example"

// browse starts a browser that ends with the test.
func browse(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("headless", "new"),
		chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// visit shows a page, which may be a refusal.
func visit(t *testing.T, ctx context.Context, url string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatalf("chromium (Debian's package) at %s: %v", url, err)
	}
}

// become waits until an expression is true in the page.
func become(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	attempt := "(() => { try { return !!(" + expression + ") } catch { return false } })()"
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](attempt)); err == nil && ok { // an error: the page is just changing
			return
		}
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	t.Fatalf("%s does not become true: %v\n%s", expression, err, text)
}

func click(t *testing.T, ctx context.Context, selector string) {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.Click(selector)); err != nil {
		t.Fatalf("press %s: %v", selector, err)
	}
}

// TestButtons presses them as a person does, at an address where the browser says
// which site a request is from, and at one where it does not.
func TestButtons(t *testing.T) {
	ctx := browse(t)
	for _, host := range []string{"127.0.0.1", plainName} {
		t.Run(host, func(t *testing.T) {
			h, s := newWorld()
			srv := httptest.NewServer(h)
			defer srv.Close()
			url := "http://" + addressOf(host, srv) + Path
			post(h, here, "appname=My+%22Shop%22&url=http://:3000")
			s.done()
			did := func(want string) {
				t.Helper()
				if got := s.done(); !strings.HasPrefix(got, want+" my-shop-") || strings.Contains(got, ",") {
					t.Errorf("did %q, want %s", got, want)
				}
			}
			visit(t, ctx, url+"status")
			become(t, ctx, `getComputedStyle(document.querySelector('header')).display === 'flex'`)
			click(t, ctx, `form[action$="/pause"] button`)
			become(t, ctx, `document.body.innerText.includes('The app is paused') && document.querySelector('form[action$="/resume"]')`)
			did("pause")
			click(t, ctx, `form[action$="/resume"] button`)
			become(t, ctx, `document.body.innerText.includes('The app is resumed') && document.querySelector('form[action$="/pause"]')`)
			did("resume")

			visit(t, ctx, url+"pause?appname=My+%22Shop%22")
			become(t, ctx, `document.querySelector('h1').innerText === '◆ Pause My "Shop"?'`)
			if got := s.done(); got != "" {
				t.Errorf("an address that was typed did %q", got)
			}
			click(t, ctx, `form.ask button`)
			become(t, ctx, `document.body.innerText.includes('The app is paused')`)
			did("pause")

			click(t, ctx, `details.action summary`)
			click(t, ctx, `form[action$="/stop"] button`)
			become(t, ctx, `document.querySelector('h1').innerText.includes('No app has signed up')`)
			did("remove")
		})
	}
}

// addressOf is where a server answers by the name of a host.
func addressOf(host string, srv *httptest.Server) string {
	_, p, _ := net.SplitHostPort(srv.Listener.Addr().String())
	return net.JoinHostPort(host, p)
}

// TestOtherSitesPages has another site's page try everything that a page can: an
// image, a frame, a style, a script that fetches, and forms by both methods.
func TestOtherSitesPages(t *testing.T) {
	ctx := browse(t)
	for _, host := range []string{"127.0.0.1", plainName} {
		t.Run(host, func(t *testing.T) {
			h, s := newWorld()
			heard := make(chan string, 100)
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h.ServeHTTP(w, r)
				if strings.HasPrefix(r.URL.Path, Path) {
					heard <- r.Method + " " + r.URL.Query().Get("by")
				}
			}))
			defer srv.Close()
			url := "http://" + addressOf(host, srv) + Path
			evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Referrer-Policy", "no-referrer")
				fmt.Fprintf(w, evilPage, url)
			}))
			defer evil.Close()
			post(h, here, "appname=shop&url=http://:3000")
			s.done()
			visit(t, ctx, "http://"+addressOf("evil.example", evil))
			waiting := map[string]bool{"GET image": true, "GET frame": true, "GET style": true, "GET fetch": true, "POST fetch": true, "GET form": true, "POST form": true}
			for end := time.After(20 * time.Second); len(waiting) > 0; {
				select {
				case what := <-heard:
					delete(waiting, what)
				case <-end:
					t.Fatalf("the browser did not try %v", waiting)
				}
			}
			if got := s.done(); got != "" {
				t.Errorf("another site's page did %q", got)
			}
		})
	}
}

// evilPage is another site's page, with the address of a victim to be filled in.
const evilPage = `<!doctype html><meta charset="utf-8"><script>const url = %q, app = 'appname=shop&by='
const add = (tag, more) => document.body.append(Object.assign(document.createElement(tag), more))
addEventListener('load', () => {
  add('img', {src: url + 'stop?' + app + 'image'})
  add('iframe', {src: url + 'stop?' + app + 'frame'})
  add('link', {rel: 'stylesheet', href: url + 'stop?' + app + 'style'})
  fetch(url + 'stop?' + app + 'fetch', {mode: 'no-cors', headers: {'Accept-Language': '*'}})
  fetch(url + 'stop?by=fetch', {method: 'POST', mode: 'no-cors', body: new URLSearchParams({appname: 'shop'})})
  for (const method of ['get', 'post']) {
    add('iframe', {name: method})
    const form = Object.assign(document.createElement('form'), {method, target: method, action: url + 'stop?by=form'})
    form.innerHTML = '<input name=appname value=shop><input name=by value=form>'
    document.body.append(form)
    form.submit()
  }
})</script><body>`
