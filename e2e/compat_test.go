package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// A village is a home with two more machines, each on a cable of its own: one that
// may sign up, too, and one that may not.
//
//	server: eth2 ── eth0 10.7.0.3: neighbour
//	server: eth1 10.8.0.1 ── eth0 10.8.0.2: stranger
type village struct {
	*home
	neighbour, stranger *netns
}

const (
	neighbourAddr = "10.7.0.3"
	strangerAddr  = "10.8.0.2"
)

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{newHome(t), newNetns(t), newNetns(t)}
	v.server.join("eth1", v.stranger, "eth0")
	v.server.join("eth2", v.neighbour, "eth0")
	v.neighbour.ip("addr add " + neighbourAddr + "/24 dev eth0")
	v.stranger.ip("addr add "+strangerAddr+"/24 dev eth0", "route add default via 10.8.0.1")
	v.server.ip("route add "+neighbourAddr+"/32 dev eth2", "addr add 10.8.0.1/24 dev eth1")
	return v
}

// An oldApp answers with the letters of a script in turn, p for a pass and f for a
// failure, and then with the last one for ever.
type oldApp struct {
	mu    sync.Mutex
	moods string
}

func (a *oldApp) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.moods[0] == 'f' {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	if len(a.moods) > 1 {
		a.moods = a.moods[1:]
	}
}

// app has an app answer on a machine.
func (n *netns) app(address, moods string) *oldApp {
	n.t.Helper()
	var ln net.Listener
	n.do(func() (err error) {
		ln, err = net.Listen("tcp", address)
		return err
	})
	a := &oldApp{moods: moods}
	srv := &http.Server{Handler: a}
	go srv.Serve(ln)
	n.t.Cleanup(func() { srv.Close() })
	return a
}

var contentLength = regexp.MustCompile(`Content-Length: \d+`)

// recorded returns what the old client sends, byte for byte, with these texts
// instead of those before them.
func recorded(t *testing.T, file string, instead ...string) string {
	t.Helper()
	wire := string(bytesOf(t, filepath.Join("..", "internal", "compat", "testdata", file+".http")))
	if len(instead) == 0 {
		return wire
	}
	head, body, _ := strings.Cut(strings.NewReplacer(instead...).Replace(wire), "\r\n\r\n")
	return contentLength.ReplaceAllString(head, fmt.Sprintf("Content-Length: %d", len(body))) + "\r\n\r\n" + body
}

// say sends a request by a connection of its own, and returns what is answered.
func (n *netns) say(address, wire string) (*http.Response, string) {
	n.t.Helper()
	conn, err := n.dial(address)
	if err != nil {
		n.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, wire); err != nil {
		n.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp, string(body)
}

// asks has the old client on a machine sign an app up, as it does when its user
// says these values, name and value in turn.
func (v *village) asks(n *netns, appname, url string, values ...string) (int, string) {
	v.t.Helper()
	said := []string{"appname=shop", "appname=" + appname, "http%3A%2F%2F127.0.0.1%3A3000", strings.NewReplacer(":", "%3A", "/", "%2F").Replace(url)}
	usual := map[string]string{"timeout": "5", "interval": "30", "unhealthy_threshold": "2", "healthy_threshold": "10", "email": "ops%40example.org"}
	for i := 0; i < len(values); i += 2 {
		said = append(said, "&"+values[i]+"="+usual[values[i]], "&"+values[i]+"="+values[i+1])
	}
	resp, body := n.say(serverAddress, recorded(v.t, "shop-1-monitor", said...))
	return resp.StatusCode, body
}

var serverAddress = fmt.Sprintf("%s:%d", homeServer, homePort)

// TestTheOldClientWhole plays what the old client sends to the real server: as it
// was recorded on the server's own machine, from another machine that may sign up,
// and from one that may not.
func TestTheOldClientWhole(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.server.app("127.0.0.1:3000", "p")
	v.device.app(homeDevice+":3000", "p")
	steps := []struct {
		file   string
		status int
		says   string
	}{
		{"shop-1-monitor", 201, "shop is watched: http://ADDRESS:3000/health every 30s"},
		{"shop-2-info", 200, `"url":"http://ADDRESS:3000/health","email":"ops@example.org"`},
		{"shop-3-status", 200, "http://ADDRESS:3000/health"},
		{"shop-4-pause", 200, "shop is paused"},
		{"shop-2-info", 200, `"PAUSED"`},
		{"shop-5-resume", 200, "shop is resumed"},
		{"shop-4-pause", 200, "shop is paused"},
		{"shop-6-monitor", 302, "noted as restarted"},
		{"shop-2-info", 200, `"restarts":1`},
		{"shop-7-stop", 200, "shop is watched no more"},
		{"shop-8-stopmonitoring", 404, "Nobody has signed up a check of this name"},
		{"shop-1-monitor", 201, "shop is watched"},
		{"shop-8-stopmonitoring", 200, "shop is watched no more"},
	}
	for _, from := range []struct {
		on      *netns
		server  string
		address string
		instead []string
	}{
		{v.server, "127.0.0.1:9860", "127.0.0.1", nil}, // as it was recorded
		{v.device, serverAddress, homeDevice, []string{"Host: 127.0.0.1:9860", "Host: " + serverAddress, "127.0.0.1%3A", homeDevice + "%3A"}},
	} {
		for _, step := range steps {
			resp, body := from.on.say(from.server, recorded(t, step.file, from.instead...))
			if want := strings.ReplaceAll(step.says, "ADDRESS", from.address); resp.StatusCode != step.status || !strings.Contains(body, want) {
				t.Errorf("%s from %s: %d %s\nwant %d %s", step.file, from.address, resp.StatusCode, body, step.status, want)
			}
			if _, there := resp.Header["Location"]; there {
				t.Errorf("%s has a Location, which requests would follow", step.file)
			}
		}
	}
	for _, step := range steps {
		resp, body := v.stranger.say(serverAddress, recorded(t, step.file, "Host: 127.0.0.1:9860", "Host: "+serverAddress, "127.0.0.1%3A", strangerAddr+"%3A"))
		if resp.StatusCode != http.StatusForbidden || strings.Contains(body, "shop") {
			t.Errorf("%s of a stranger: %d %s", step.file, resp.StatusCode, body)
		}
	}
	if st, found := v.state("shop"); found {
		t.Errorf("a stranger has signed it up: %+v", st)
	}
	v.refuses()
	v.crashes()
}

// refuses has the real registry judge what old clients ask for, at both ends of
// each range and beyond.
func (v *village) refuses() {
	v.t.Helper()
	const own = "http://" + homeDevice + ":3000"
	for _, tt := range []struct {
		url    string
		values []string
		status int
		says   []string
	}{
		{own, []string{"unhealthy_threshold", "2", "healthy_threshold", "2", "interval", "5", "timeout", "2"}, 201, []string{"every 5s, 2s to answer; down after 2 failures in a row, up after 2 successes"}},
		{own, []string{"unhealthy_threshold", "10", "healthy_threshold", "10", "interval", "300", "timeout", "60"}, 201, []string{"every 5m0s, 1m0s to answer; down after 10 failures in a row, up after 10 successes"}},
		{own, []string{"unhealthy_threshold", "1"}, 406, []string{"unhealthy_threshold", "2 to 10"}},
		{own, []string{"unhealthy_threshold", "11", "healthy_threshold", "11", "interval", "4", "timeout", "1"}, 406, []string{"unhealthy_threshold", "healthy_threshold", "2 to 10", "interval", "5s to 300s", "timeout", "2s to 60s"}},
		{own, []string{"interval", "301", "timeout", "61"}, 406, []string{"interval", "timeout"}},
		{own, []string{"interval", "often"}, 400, []string{"interval", `"often" is no whole number`}},
		{own, []string{"email", "nobody"}, 400, []string{"email"}},
		{"ftp://" + homeDevice, nil, 400, []string{"url"}},
		{"http://127.0.0.1:3000", nil, 400, []string{"url"}}, // that is the server's own
		{"http://169.254.169.254", nil, 400, []string{"url"}},
		{"http://" + strangerAddr, nil, 400, []string{"url"}},
	} {
		code, body := v.asks(v.device, "mill", tt.url, tt.values...)
		if words := missing(body, tt.says...); code != tt.status || words != "" {
			v.t.Errorf("%s %v: %d %s\nwant %d %q", tt.url, tt.values, code, body, tt.status, tt.says)
		}
		if code == http.StatusCreated {
			v.device.say(serverAddress, recorded(v.t, "shop-7-stop", "appname=shop", "appname=mill"))
		}
	}
	v.asks(v.device, "mill", own)
	if code, body := v.asks(v.neighbour, "mill", "http://"+neighbourAddr+":3000"); code != http.StatusConflict || !strings.Contains(body, "another address") {
		v.t.Errorf("a name that somebody else has: %d %s", code, body)
	}
	if resp, body := v.neighbour.say(serverAddress, recorded(v.t, "shop-7-stop", "appname=shop", "appname=mill")); resp.StatusCode != http.StatusForbidden {
		v.t.Errorf("somebody else signs it off: %d %s", resp.StatusCode, body)
	}
}

// crashes has an app start four times: that is a crash loop, for programs and
// people.
func (v *village) crashes() {
	v.t.Helper()
	for i, want := range []int{201, 302, 302, 302} {
		code, body := v.asks(v.device, "anvil", "http://"+homeDevice+":3000", "interval", "60")
		if loop := strings.Contains(body, "does it crash?"); code != want || loop != (i == 3) {
			v.t.Errorf("start %d: %d %s", i+1, code, body)
		}
	}
	read := func(on *netns, path, accept string) string {
		_, body := on.say(serverAddress, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nAccept: %s\r\n\r\n", path, serverAddress, accept))
		return body
	}
	var all struct {
		Counts struct {
			Crashing int `json:"crash_loops"`
		}
	}
	if text := read(v.neighbour, "/healthchecker/status", "application/json"); json.Unmarshal([]byte(text), &all) != nil || all.Counts.Crashing != 1 {
		v.t.Errorf("the survey says %s", text)
	}
	if text := read(v.device, "/api/v1/checks/anvil/registration", "application/json"); !strings.Contains(text, `"crash_loop":true`) {
		v.t.Errorf("the API says %s", text)
	}
	for path, words := range map[string]string{"/healthchecker/status": "crash", "/checks/anvil": "crash"} {
		if text := read(v.server, path, "text/html"); !strings.Contains(text, words) {
			v.t.Errorf("%s does not say %q:\n%s", path, words, text)
		}
	}
}

// TestMailOfOldApps has old apps fail and recover: who signed them up is mailed
// of a suspicion, the outage and its end, counted in a row; and when one does not
// answer any more, another address takes its name over.
func TestMailOfOldApps(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	quick := []string{"interval", "5", "timeout", "2", "unhealthy_threshold", fmt.Sprint(enough), "healthy_threshold", fmt.Sprint(enough)}
	apps := map[string]string{ // their moods, of which enough in a row count
		"once":   "p" + strings.Repeat("f", enough) + "p",
		"wavers": "p" + strings.Repeat(strings.Repeat("f", enough-1)+"p", 2),
		"gone":   "f",
	}
	port := 3000
	for _, name := range []string{"once", "wavers", "gone"} {
		v.device.app(fmt.Sprintf("%s:%d", homeDevice, port), apps[name])
		if code, body := v.asks(v.device, name, fmt.Sprintf("http://%s:%d", homeDevice, port), append(quick, "email", name+"%40example.org")...); code != http.StatusCreated {
			t.Fatalf("%s: %d %s", name, code, body)
		}
		port++
	}
	v.neighbour.app(neighbourAddr+":3000", "p")
	takeOver := func() int {
		code, body := v.asks(v.neighbour, "gone", "http://"+neighbourAddr+":3000", quick...)
		if code != http.StatusCreated && code != http.StatusConflict {
			t.Fatalf("taking over: %d %s", code, body)
		}
		return code
	}
	if takeOver() != http.StatusConflict {
		t.Error("a name was taken over before its app was known to be down")
	}
	v.eventually("gone", 20*enough*time.Second, func(st checkState) bool { return st.Status == "UNHEALTHY" })
	if code := takeOver(); code != http.StatusCreated {
		t.Errorf("taking over: %d", code)
	}
	v.eventually("gone", 30*time.Second, func(st checkState) bool { return st.Status == "HEALTHY" })
	if code, body := v.asks(v.device, "gone", "http://"+homeDevice+":3002", append(quick, "email", "gone%40example.org")...); code != http.StatusConflict {
		t.Errorf("taking it back from one that answers: %d %s", code, body)
	}

	told := v.toldOf("once", "once@example.org", 3, 30*enough*time.Second)
	for i, words := range []string{"once is DEGRADING", "once is DOWN", "once has recovered"} {
		if !strings.Contains(told[i].Header("Subject"), words) {
			t.Errorf("mail %d of %q is called %q", i, words, told[i].Header("Subject"))
		}
	}
	if len(told) != 3 {
		t.Errorf("mailed %d times", len(told))
	}
	if !regexp.MustCompile(`recovered after (\d+m)?\d+s`).MatchString(told[2].Header("Subject")) {
		t.Errorf("the end of the outage has no length: %q", told[2].Header("Subject"))
	}
	for _, mail := range v.toldOf("wavers", "wavers@example.org", 1, 10*time.Second) {
		if strings.Contains(mail.Header("Subject"), "DOWN") {
			t.Errorf("failures that were not in a row were mailed as %q", mail.Header("Subject"))
		}
	}
	if first := v.toldOf("gone", "gone@example.org", 1, 10*time.Second)[0]; !strings.Contains(first.Header("Subject"), "gone is DOWN") {
		t.Errorf("what never answered was mailed as %q", first.Header("Subject"))
	}
}

// eventually waits until a check is as it is to be.
func (h *home) eventually(name string, within time.Duration, is func(checkState) bool) (st checkState) {
	h.t.Helper()
	eventually(h.t, within, func() string {
		var found bool
		if st, found = h.state(name); !found || !is(st) {
			return fmt.Sprintf("%s is %+v (%v)", name, st, found)
		}
		return ""
	})
	return st
}

// toldOf waits for so many mails about a check to an address, and returns them:
// each once, however often it was repeated.
func (h *home) toldOf(name, to string, n int, within time.Duration) (mails []smtpsink.Mail) {
	h.t.Helper()
	eventually(h.t, within, func() string {
		mails = nil
		known := map[string]bool{}
		for _, m := range h.mail.Mails() {
			if id := m.Header("Message-ID"); m.Header("X-Portreeve-Check") == name && slices.Contains(m.To, to) && !known[id] {
				mails, known[id] = append(mails, m), true
			}
		}
		if len(mails) < n {
			return fmt.Sprintf("of %s there were %d mails, want %d", name, len(mails), n)
		}
		return ""
	})
	return mails
}
