package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/portreeve/portreeve/e2e/debian"
)

// A browser is a real Chromium with one page open. Whatever the page complains
// about (the console, an exception, a dialog) fails the test.
type browser struct {
	t   testing.TB
	ctx context.Context
}

func browse(t testing.TB) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox,
		chromedp.ExecPath(debian.Path(t, "chromium")), chromedp.Flag("headless", "new"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(cancel)
	b := &browser{t, ctx}
	if err := chromedp.Listen(ctx, b.complain); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return b
}

// complain turns what a page should never do into failures.
func (b *browser) complain(ev any) {
	switch e := ev.(type) {
	case *page.EventJavascriptDialogOpening:
		b.t.Errorf("the page opened a dialog: %s", e.Message)
	case *runtime.EventExceptionThrown:
		b.t.Errorf("the page threw: %s", e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
			b.t.Errorf("the console says: %s %s", e.Entry.Text, e.Entry.URL)
		}
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// row is an expression for the text of a port's row, or "".
func row(port int) string {
	return fmt.Sprintf(`[...document.querySelectorAll("tr.row")].find(r => r.querySelector(".port")?.textContent.trim() === "%d")?.innerText ?? ""`, port)
}

func TestThePageIsLive(t *testing.T) {
	port := freePort(t)
	s := serve(t)
	b := browse(t)
	b.do(chromedp.Navigate(s.URL+"/?sort=-port"), chromedp.Evaluate[chromedp.Void](`void (window.loadedOnce = true)`))

	opener := openPorts(t, "-p", fmt.Sprint(port), "-n", "7")
	opened := time.Now()
	eventually(t, 20*time.Second, func() string {
		if text := ask[string](b, row(port)); !strings.Contains(text, "portopener") || !strings.Contains(text, "7") {
			return fmt.Sprintf("the row of port %d reads %q", port, text)
		}
		return ""
	})
	// On a machine with nothing else to do it is a second; here two cores are shared
	// with other tests, and a browser.
	if took := time.Since(opened); took > 5*time.Second {
		t.Errorf("an opened port took %v to show", took)
	} else {
		t.Logf("an opened port showed after %v", took)
	}
	if !ask[bool](b, `window.loadedOnce === true`) {
		t.Error("the page was loaded again")
	}
	if url := ask[string](b, `location.search`); url != "?sort=-port" {
		t.Errorf("the order left the URL: %q", url)
	}
	opener.kill()
	closed := time.Now()
	eventually(t, 10*time.Second, func() string { return ask[string](b, row(port)) })
	t.Logf("a closed port went after %v", time.Since(closed))
}

func TestFilterAndOrderLiveInTheURL(t *testing.T) {
	port := freePort(t)
	openPorts(t, "-p", fmt.Sprint(port))
	s := serve(t)
	for name, script := range map[string]bool{"with JavaScript": true, "without JavaScript": false} {
		t.Run(name, func(t *testing.T) {
			b := browse(t)
			if !script {
				if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
					t.Fatal(err)
				}
			}
			b.do(chromedp.Navigate(s.URL+"/"), chromedp.SendKeys(`input[name="filter"]`, fmt.Sprintf("port:%d", port)), chromedp.Submit(`input[name="filter"]`))
			rows := b.rows(fmt.Sprintf("filter=port%%3A%d", port))
			if len(rows) != 1 || !strings.Contains(rows[0], "portopener") {
				t.Errorf("filtered rows: %q", rows)
			}
			b.do(chromedp.Click(`thead a[href*="sort="]`))
			if rows := b.rows("sort="); len(rows) != 1 {
				t.Errorf("a click on a column lost the filter: %q", rows)
			}
		})
	}
}

// rows waits until the page's URL has a part and returns the texts of its
// rows, by the protocol alone: the page may have no JavaScript.
func (b *browser) rows(part string) []string {
	b.t.Helper()
	eventually(b.t, 10*time.Second, func() string {
		url, err := chromedp.Run(b.ctx, chromedp.Location())
		if err != nil || !strings.Contains(url, part) {
			return fmt.Sprintf("the URL is %s, %v; want %s in it", url, err, part)
		}
		return ""
	})
	html, err := chromedp.Run(b.ctx, chromedp.OuterHTML("html"))
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Split(html, `<tr class="row"`)[1:]
}

// TestAHostileNameHarmsNoBrowser runs a server named like markup while the
// page is open, and opens its details.
func TestAHostileNameHarmsNoBrowser(t *testing.T) {
	name := "<img src=x onerror=alert(1)>"
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("cp", filepath.Join(bin, "portopener"), path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := serve(t)
	b := browse(t)
	b.do(chromedp.Navigate(s.URL + "/"))
	port := freePort(t)
	start(t, nil, path, "-p", fmt.Sprint(port)).line()
	eventually(t, 10*time.Second, func() string {
		if text := ask[string](b, row(port)); !strings.Contains(text, name) {
			return fmt.Sprintf("the row reads %q, want the name as it is", text)
		}
		return ""
	})
	b.do(chromedp.Navigate(s.URL+"/?filter=port:"+fmt.Sprint(port)), chromedp.Click(`tr.row summary`))
	eventually(t, 10*time.Second, func() string {
		if n := ask[int](b, `document.querySelectorAll('img[src="x"]').length + document.querySelectorAll("[onerror]").length`); n != 0 {
			return fmt.Sprintf("%d elements were made of the name", n)
		}
		if text := ask[string](b, `document.body.innerText`); strings.Count(text, name) < 2 {
			return "the details do not show the name"
		}
		return ""
	})
}
