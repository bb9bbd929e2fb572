//go:build screenshots

package web

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var directory = flag.String("screenshots", ".", "where to leave the pictures")

// TestScreenshots leaves pictures for people to judge: go test -tags
// screenshots -run Screenshots . -args -screenshots DIR.
func TestScreenshots(t *testing.T) {
	ctx := browse(t)
	now := time.Now()
	for name, w := range map[string]*world{"busy": busyWorld(now), "checks": checksWorld(now), "empty": emptyWorld(now), "many": manyWorld(now), "unprivileged": unprivilegedWorld(now), "hostile": hostileWorld(now)} {
		url := "http://" + serve(t, w.server(Options{Metrics: http.NotFoundHandler()})) + "/"
		id := ""
		if len(w.rows) > 0 {
			id = elementID(w.rows[len(w.rows)/2].ID)
		}
		for _, shot := range []struct {
			name   string
			width  int64
			scheme string
			query  string
		}{
			{"wide-light", 1280, "light", ""}, {"wide-dark", 1280, "dark", ""}, {"narrow-light", 390, "light", ""}, {"narrow-dark", 390, "dark", ""},
			{"open", 1280, "light", "?filter=port:3000-9000&sort=-connections&open=" + id}, {"mistake", 1280, "dark", "?filter=prot:80&page=x"},
			{"narrow-open", 390, "light", "?open=" + id}, {"docs", 1280, "light", "docs"}, {"print", 800, "print", ""},
		} {
			takePicture(t, ctx, url+shot.query, shot.scheme, shot.width, name+"-"+shot.name)
		}
	}
}

func takePicture(t *testing.T, ctx context.Context, url, scheme string, width int64, name string) {
	t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if scheme == "print" {
		media = emulation.SetEmulatedMediaParams{Media: scheme}
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*directory, name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestScreenshotsOfThePast does the same for pages about one thing.
func TestScreenshotsOfThePast(t *testing.T) {
	ctx := browse(t)
	w, reg := pastWorld(time.Now())
	url := "http://" + serve(t, w.server(pastOptions(w, reg)))
	for name, path := range map[string]string{"check-down": "/checks/api", "check-month": "/checks/api?window=30d", "check-paused": "/checks/holiday", "incidents": "/incidents", "past": "/"} {
		takePicture(t, ctx, url+path, "light", 1280, name+"-wide-light")
		takePicture(t, ctx, url+path, "dark", 1280, name+"-wide-dark")
		takePicture(t, ctx, url+path, "light", 390, name+"-narrow-light")
	}
	open(t, ctx, url+"/checks/api")
	for _, width := range []int64{1280, 390} {
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)); err != nil {
			t.Fatal(err)
		}
		become(t, ctx, `document.documentElement.dataset.state === 'live'`)
		eval[any](t, ctx, `document.querySelectorAll('.action').forEach(a => a.open = true)`)
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*directory, fmt.Sprintf("check-actions-%d.png", width)), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	takePicture(t, ctx, url+"/docs", "light", 1280, "past-docs")
}

// TestScreenshotsOfApps does the same for what apps sign up.
func TestScreenshotsOfApps(t *testing.T) {
	ctx := browse(t)
	p := appsReception(t)
	url := "http://" + serve(t, p.server(p.options))
	for name, path := range map[string]string{
		"apps": "/", "app-report": "/checks/shop", "app-restless": "/checks/restless", "app-conflict": "/checks/web", "job-alive": "/checks/backup", "job-silent": "/checks/silent",
		"apps-open": "/?checks=name:shop&open=check-shop", "apps-docs": "/docs",
	} {
		takePicture(t, ctx, url+path, "light", 1280, name+"-wide-light")
		takePicture(t, ctx, url+path, "dark", 1280, name+"-wide-dark")
		takePicture(t, ctx, url+path, "light", 390, name+"-narrow-light")
	}
}
