package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// A siege is a server in plain HTTP that old apps may sign up at, and a network
// beside it, of which an attacker commands some addresses:
//
//	here: eth0 192.0.2.1, 2001:db8::1 ── eth0 192.0.2.2 to .19, 2001:db8::2 and others: there
type siege struct {
	t           testing.TB
	here, there *netns
	server      *program
	sink        *smtpsink.Sink
	tokens      string // the file
	url         string
}

const (
	fort     = "192.0.2.1"
	victim   = "192.0.2.2"
	attacker = "192.0.2.3"
	fortPort = 9860
)

// besiege starts a server with these lines in its configuration.
func besiege(t testing.TB, lines string) *siege {
	t.Helper()
	w := &siege{t: t, here: newNetns(t), there: newNetns(t), tokens: filepath.Join(t.TempDir(), "tokens"), url: fmt.Sprintf("http://%s:%d", fort, fortPort)}
	w.here.join("eth0", w.there, "eth0")
	w.here.ip("addr add 192.0.2.1/24 dev eth0", "-6 addr add 2001:db8::1/32 dev eth0 nodad")
	for i := 2; i < 20; i++ {
		w.there.ip(fmt.Sprintf("addr add 192.0.2.%d/24 dev eth0", i))
	}
	w.there.ip("-6 addr add 2001:db8::2/32 dev eth0 nodad", "-6 addr add 2001:db8::3/32 dev eth0 nodad", "-6 addr add 2001:db8:0:1::3/32 dev eth0 nodad")
	w.here.do(func() error {
		w.sink = smtpsink.Open(t, smtpsink.Options{})
		return nil
	})
	file := write(t, "portreeve.yaml", fmt.Sprintf("listen: '[::]:%d'\ndatabase: 'memory:'\nauth: {tokens_file: %s}\nsmtp: {url: 'smtp://%s', from: portreeve@example.org}\n%s", fortPort, w.tokens, w.sink.Addr, lines))
	w.here.do(func() error {
		w.server = start(t, nil, filepath.Join(bin, "portreeve"), "serve", "--config", file)
		return nil
	})
	w.server.line()
	return w
}

// dialFrom connects from one of the network's addresses.
func (n *netns) dialFrom(from, address string) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good
		if err = unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err == nil {
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
			conn, err = dialer.Dial("tcp", address)
		}
	}()
	<-done
	return conn, err
}

// from returns a client at an address of the network; at the fort itself, one on
// the server's machine.
func (w *siege) from(address string) *http.Client {
	n := w.there
	if address == fort {
		n = w.here
	}
	return &http.Client{
		Timeout:       20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: func(_ context.Context, _, to string) (net.Conn, error) {
			return n.dialFrom(address, to)
		}},
	}
}

// ask sends a request from an address and returns status and body.
func (w *siege) ask(from, method, path, body string, headers ...string) (int, string) {
	w.t.Helper()
	base := w.url
	if strings.Contains(from, ":") {
		base = fmt.Sprintf("http://[2001:db8::1]:%d", fortPort)
	}
	req, err := http.NewRequest(method, base+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := w.from(from)
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

const asJSON, asForm = "application/json", "application/x-www-form-urlencoded"

// signUp signs up a check in JSON, which must succeed, and returns the answer.
func (w *siege) signUp(from, body string) string {
	w.t.Helper()
	code, text := w.ask(from, "POST", "/api/v1/checks", body, "Content-Type", asJSON)
	if code != http.StatusCreated {
		w.t.Fatalf("%s: %d %s", body, code, text)
	}
	return text
}

// openDoors lets the whole network of the siege sign up.
const openDoors = "registration: {enabled: true, compat: true, allow: [192.0.2.0/24, '2001:db8::/32']}\n"

// TestNobodyTakesWhatIsNotHis tries to read, pause, change, stop and take over
// what others have signed up, by everything that a stranger can show.
func TestNobodyTakesWhatIsNotHis(t *testing.T) {
	t.Parallel()
	w := besiege(t, openDoors)
	answer := w.signUp(victim, `{"name":"shop","target":"tcp://:8080"}`)
	w.signUp(fort, `{"name":"local","target":"tcp://:8081"}`)
	w.signUp("2001:db8::2", `{"name":"six","target":"tcp://:8082"}`)
	w.signUp(victim, `{"name":"job","target":"push://job","period":"1h"}`)
	if code, text := w.ask(victim, "POST", "/healthchecker/monitor", "appname=old&url=http://:3000", "Content-Type", asForm); code != http.StatusCreated {
		t.Fatal(code, text)
	}
	own := secretIn(t, w.signUp(attacker, `{"name":"mine","target":"tcp://:1"}`))
	ended := secretIn(t, w.signUp(attacker, `{"name":"over","target":"tcp://:2"}`))
	if code, text := w.ask(attacker, "DELETE", "/api/v1/checks/over", ""); code != http.StatusNoContent {
		t.Fatal(code, text)
	}
	theirs := secretIn(t, answer)
	shows := [][]string{
		nil, {"Authorization", "Bearer " + own}, {"Authorization", "Bearer " + ended}, {"Authorization", "Bearer prt_guess"},
		{"Authorization", basic(own)}, {"Authorization", basic(theirs)},
		{"X-Forwarded-For", victim}, {"Forwarded", "for=" + victim}, {"X-Real-IP", victim}, {"Via", "1.1 " + victim}, {"X-Forwarded-Host", victim},
		{"X-HTTP-Method-Override", "DELETE"}, {"User-Agent", "portreeve"},
	}
	tooOften, all := 0, 0
	for _, home := range []string{attacker, "2001:db8::3", "2001:db8:0:1::3"} {
		for i, show := range shows {
			from := home
			if home == attacker { // many addresses, for one may not ask so often
				from = fmt.Sprintf("192.0.2.%d", 3+i)
			} else if i > 1 {
				continue
			}
			for _, name := range []string{"shop", "local", "six", "job", "old"} {
				for _, try := range []struct{ method, path, body, kind string }{
					{"GET", "/api/v1/checks/NAME/registration", "", ""},
					{"GET", "/healthchecker/info?appname=NAME", "", ""},
					{"PUT", "/api/v1/checks/NAME", `{"target":"tcp://:9"}`, asJSON},
					{"DELETE", "/api/v1/checks/NAME", "", ""},
					{"POST", "/api/v1/checks/NAME/pause", "{}", asJSON},
					{"POST", "/api/v1/checks/NAME/resume", "", ""},
					{"POST", "/api/v1/checks", `{"name":"NAME","target":"tcp://:9"}`, asJSON},
					{"POST", "/api/v1/push/NAME", "", ""},
					{"GET", "/healthchecker/stop?appname=NAME", "", ""},
					{"POST", "/healthchecker/stopmonitoring", "appname=NAME", asForm},
					{"GET", "/healthchecker/pause?name=NAME", "", ""},
					{"POST", "/healthchecker/monitor", "appname=NAME&url=http://:9", asForm},
				} {
					headers := show
					if try.kind != "" {
						headers = append([]string{"Content-Type", try.kind}, show...)
					}
					code, text := w.ask(from, try.method, strings.Replace(try.path, "NAME", name, 1), strings.Replace(try.body, "NAME", name, 1), headers...)
					if all++; code == http.StatusTooManyRequests {
						tooOften++
					}
					if code < 400 || code >= 500 {
						t.Errorf("%s %s of %s from %s with %v: %d %.200s", try.method, try.path, name, from, show, code, text)
					}
					if strings.Contains(text, theirs) || strings.Contains(text, ":808") {
						t.Errorf("%s %s tells: %s", try.method, try.path, text)
					}
				}
			}
		}
	}
	if tooOften > all/10 {
		t.Errorf("%d of %d tries were only too many", tooOften, all)
	}
	for name, from := range map[string]string{"shop": victim, "local": fort, "six": "2001:db8::2", "job": victim, "old": victim} {
		code, text := w.ask(from, "GET", "/api/v1/checks/"+name+"/registration", "")
		if code != http.StatusOK || !strings.Contains(text, `"restarts":0`) || !strings.Contains(text, `"paused":false`) {
			t.Errorf("%s is not as it was: %d %s", name, code, text)
		}
	}
}

func secretIn(t testing.TB, receipt string) string {
	t.Helper()
	var r struct{ Token string }
	if err := json.Unmarshal([]byte(receipt), &r); err != nil || r.Token == "" {
		t.Fatalf("no token in %s", receipt)
	}
	return r.Token
}

func basic(password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte("x:"+password))
}

// TestOwnChecksAreNoWayIn: whoever signs a check of the server itself up asks
// from the server's own address, and gets nothing by it that is for callers there.
func TestOwnChecksAreNoWayIn(t *testing.T) {
	t.Parallel()
	w := besiege(t, openDoors)
	if code, text := w.ask(fort, "POST", "/healthchecker/monitor", "appname=local&url=http://192.0.2.1:3000", "Content-Type", asForm); code != http.StatusCreated {
		t.Fatal(code, text)
	}
	paths := []string{"/healthchecker/stop?appname=local", "/healthchecker/pause?appname=local", "/api/v1/machine", "/healthchecker/info?appname=local", "/"}
	for i, path := range paths {
		w.signUp(attacker, fmt.Sprintf(`{"name":"deputy-%d","target":"http://192.0.2.1:9860%s","interval":"30s"}`, i, path))
	}
	for i, path := range paths {
		eventually(t, 20*time.Second, func() string {
			_, text := w.ask(attacker, "GET", fmt.Sprintf("/api/v1/checks/deputy-%d/registration", i), "")
			if !strings.Contains(text, `"http":{"status":40`) {
				return path + ": " + text
			}
			return ""
		})
	}
	if code, text := w.ask(fort, "GET", "/healthchecker/info?appname=local", ""); code != http.StatusOK || strings.Contains(text, "PAUSED") {
		t.Errorf("the local app: %d %s", code, text)
	}
}

// TestRegistrationOnlyTellsNothingElse writes requests in every manner that might
// be read in two ways, from another machine and with a right token: only what is
// for registration answers.
func TestRegistrationOnlyTellsNothingElse(t *testing.T) {
	t.Parallel()
	w := besiege(t, openDoors)
	var admin string
	w.here.do(func() error {
		text, err := os.ReadFile(w.tokens + ".admin")
		admin = strings.TrimSpace(string(text))
		return err
	})
	host := fmt.Sprintf("Host: %s:%d\r\n", fort, fortPort)
	var lines []string
	for _, path := range []string{"/", "/docs", "/assets/app.css", "/events/stream", "/healthz", "/metrics", "/incidents", "/checks/shop", "/api/v1/checks", "/api/v1/machine", "/api/v1/listeners", "/api/v1/checks/shop", "/api/v1/events", "/openapi.json", "/api/v1/openapi.json", "/probe?target=tcp://192.0.2.1:9860", "/check/localhost", "/sd", "/api/v1/pauses"} {
		for _, form := range []string{
			path, "/healthchecker/.." + path, "/healthchecker/%2e%2e" + path, "//healthchecker/.." + path, "/healthchecker/%2E%2E%2F" + path[1:], "/api/v1/push/x/.." + "/../../.." + path,
			"/api/v1/checks/x/../../../.." + path, "/" + path, "/." + path, path + "?/healthchecker/", path + "%3f", "http://127.0.0.1:9860" + path, "http://localhost" + path, "/healthchecker\\.." + path, "/healthchecker/..;" + path,
		} {
			for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "CONNECT", "TRACE"} {
				lines = append(lines, method+" "+form+" HTTP/1.1\r\n"+host)
			}
			lines = append(lines, "GET "+form+" HTTP/1.0\r\n", "GET "+form+" HTTP/1.1\r\nHost: localhost\r\n", "GET "+form+" HTTP/1.1\r\n"+host+"X-Original-URL: "+path+"\r\nX-Rewrite-URL: "+path+"\r\n")
		}
	}
	told := 0
	for _, head := range lines {
		for _, auth := range []string{"", "Authorization: Bearer " + admin + "\r\n"} {
			status, text := w.raw(attacker, head+auth)
			switch {
			case status == 200 || status == 204 || status >= 500:
				told++
				t.Errorf("%q: %d %.300s", head, status, text)
			case status >= 300 && status < 400 && !strings.Contains(text, "Location: /"):
				t.Errorf("%q leads elsewhere: %.300s", head, text)
			}
		}
	}
	t.Logf("%d requests, %d told something", 2*len(lines), told)
}

// TestNamesThatAreRebound: a name that leads to the server, but is none of its
// own, is not answered to whatever is asked, for a page of that name could read
// the answer and send what it likes.
func TestNamesThatAreRebound(t *testing.T) {
	t.Parallel()
	w := besiege(t, strings.Replace(openDoors, "compat: true", "compat: true, announce: true", 1))
	for host, want := range map[string]int{
		fort: 200, "evil.example": 421, "evil.example:9860": 421, "192.0.2.1.evil.example": 421, "192.0.2.1.nip.io": 421, "192.0.2.2": 421, "0.0.0.0": 421, "[::]": 421,
		"evil.local": 421, "localhost.evil.example": 421, "xlocalhost": 421, "0300.0.2.1": 421, "3221225985": 421, "": 400, "evil.example@192.0.2.1": 400, "192.0.2.1/evil": 400,
	} {
		for _, path := range []string{"/healthchecker/status", "/healthchecker/stop?appname=shop", "/api/v1/checks/shop/registration", "/", "/healthz"} {
			status, text := w.raw(victim, "GET "+path+" HTTP/1.1\r\nHost: "+host+"\r\n")
			if want == 200 && path == "/healthchecker/status" && status != 200 || want != 200 && status != want && status != 421 && status != 400 {
				t.Errorf("%s by the name %q: %d, want %d: %.200s", path, host, status, want, text)
			}
			if origin := "Origin: http://" + host + "\r\nContent-Type: application/json\r\nContent-Length: 0\r\n"; want != 200 {
				if status, text = w.raw(victim, "POST "+path+" HTTP/1.1\r\nHost: "+host+"\r\n"+origin); status != 421 && status != 400 {
					t.Errorf("POST %s by the name %q: %d: %.200s", path, host, status, text)
				}
			}
		}
	}
}

// raw sends a header as it is, and returns the status and all of the answer.
func (w *siege) raw(from, head string) (int, string) {
	w.t.Helper()
	c, err := w.there.dialFrom(from, fmt.Sprintf("%s:%d", fort, fortPort))
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(15 * time.Second))
	if _, err := io.WriteString(c, head+"Connection: close\r\n\r\n"); err != nil {
		w.t.Fatal(err)
	}
	text, err := io.ReadAll(io.LimitReader(c, 64<<10))
	status := 0
	if _, scanErr := fmt.Sscanf(string(text), "HTTP/1.%d %d", new(int), &status); scanErr != nil {
		w.t.Fatalf("%q: %q %v", head, text, err)
	}
	return status, string(text)
}
