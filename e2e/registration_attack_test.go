package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
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
//	here: eth0 192.0.2.1, 2001:db8::1 ── eth0 192.0.2.2 to .9, 2001:db8::2 and others: there
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
	for i := 2; i < 10; i++ {
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

func TestExploreSelf(t *testing.T) {
	w := besiege(t, openDoors)
	w.signUp(fort, `{"name":"local-app","target":"tcp://192.0.2.1:25"}`)
	fmt.Println(w.ask(fort, "POST", "/healthchecker/monitor", "appname=old-local&url=http://192.0.2.1:3000", "Content-Type", asForm))
	fmt.Println(w.ask(attacker, "GET", "/healthchecker/stop?appname=old-local", ""))
	w.signUp(attacker, `{"name":"deputy","target":"http://192.0.2.1:9860/healthchecker/stop?appname=old-local","interval":"15s"}`)
	w.signUp(attacker, `{"name":"deputy2","target":"http://192.0.2.1:9860/api/v1/machine","interval":"15s","expect":"json.nope == \"x\""}`)
	w.signUp(attacker, `{"name":"deputy3","target":"http://192.0.2.1:9860/healthz","interval":"15s"}`)
	time.Sleep(8 * time.Second)
	for _, n := range []string{"deputy", "deputy2", "deputy3"} {
		fmt.Println(w.ask(attacker, "GET", "/api/v1/checks/"+n+"/registration", ""))
	}
	fmt.Println(w.ask(fort, "GET", "/healthchecker/info?appname=old-local", ""))
	fmt.Println(w.server.stderr.String())
}
