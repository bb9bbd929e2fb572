package app

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// asking are the options of somebody who asks loopback.
func asking(targets ...string) CheckOptions {
	return CheckOptions{Targets: targets, Timeout: 2 * time.Second}
}

func TestCheckComesOutAsTheWorst(t *testing.T) {
	well := fmt.Sprintf("127.0.0.1:%d", serveOn(t, "127.0.0.1:0", 0))
	down := fmt.Sprintf("tcp://127.0.0.1:%d", closedPort(t, "127.0.0.1"))
	const forbidden = "tcp://169.254.169.254:80" // refused before a packet is sent
	tests := []struct {
		targets []string
		want    Outcome
		first   string
	}{
		{[]string{well}, 0, "OK: " + well + ": accepted a connection in "},
		{[]string{down}, Down, "CRITICAL: " + down + ": refused: connection refused ("},
		{[]string{forbidden}, Untold, "UNKNOWN: " + forbidden + ": local_policy: not asked: "},
		{[]string{well, forbidden}, Untold, "UNKNOWN: 2 targets: 1 unknown, 1 healthy\n"},
		{[]string{forbidden, down, well}, Down, "CRITICAL: 3 targets: 1 unhealthy, 1 unknown, 1 healthy\n"},
		{[]string{well, well}, 0, "OK: 2 targets: 2 healthy\n"},
	}
	for _, tt := range tests {
		var out strings.Builder
		err := Check(t.Context(), asking(tt.targets...), &out, io.Discard)
		var outcome Outcome
		if errors.As(err, &outcome); outcome != tt.want || !strings.HasPrefix(out.String(), tt.first) {
			t.Errorf("%v: %v, want %d and %q in\n%s", tt.targets, err, tt.want, tt.first, out.String())
		}
		at := 0
		for _, target := range tt.targets { // in their order
			i := strings.Index(out.String()[at:], ": "+target+": ")
			if i < 0 {
				t.Fatalf("%v: not in order:\n%s", tt.targets, out.String())
			}
			at += i + 1
		}
	}
}

func TestCheckTellsWhoListensNearby(t *testing.T) {
	near := serveOn(t, "127.0.0.1:0", 0)
	var out strings.Builder
	if err := Check(t.Context(), asking(fmt.Sprintf("127.0.0.99:%d", near)), &out, io.Discard); !errors.Is(err, Down) {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("listens on port %d, but not at 127.0.0.99: see `portreeve ports port:%d`", near, near); !strings.Contains(out.String(), want) {
		t.Errorf("%q is not in\n%s", want, out.String())
	}
}

func TestNearbyText(t *testing.T) {
	listener := func(number uint16, name foreign.Text, pid int) port.Listener {
		l := port.Listener{Proto: port.TCP, Port: number}
		if pid == 0 {
			l.Service.Name = name
		} else {
			l.Owner = port.Owner{Known: true, Leader: &port.Process{PID: pid, Name: name}}
		}
		return l
	}
	udp, elsewhere := listener(3000, "dns", 5), listener(3000, "web", 6)
	udp.Proto, elsewhere.Foreign = port.UDP, true
	tests := []struct {
		name string
		rows []port.Listener
		want string
	}{
		{"nobody anywhere", nil, "nobody listens on port 3000 of this machine"},
		{"nobody near", []port.Listener{listener(3011, "node", 1), listener(2989, "node", 1)}, "nobody listens on port 3000 of this machine"},
		{"UDP and other namespaces do not count", []port.Listener{udp, elsewhere}, "nobody listens on port 3000 of this machine"},
		{"the nearest first", []port.Listener{listener(3004, "c", 3), listener(3001, "node", 811), listener(2998, "b", 0), listener(3009, "d", 4)},
			"nobody listens on port 3000 of this machine; nearby are node (pid 811) on 3001, b on 2998, c (pid 3) on 3004"},
		{"the port itself, elsewhere", []port.Listener{listener(3001, "node", 811), listener(3000, "shop", 7)},
			"shop (pid 7) listens on port 3000, but not at 127.0.0.1: see `portreeve ports port:3000`"},
	}
	for _, tt := range tests {
		if got := nearbyText(&board.View{Listeners: tt.rows}, netip.MustParseAddrPort("127.0.0.1:3000")); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestCheckTellsOfAFullAcceptQueue, which looks like a firewall from outside.
func TestCheckTellsOfAFullAcceptQueue(t *testing.T) {
	at := hungServer(t)
	o := asking(at.String())
	o.Timeout = 300 * time.Millisecond
	var out strings.Builder
	if err := Check(t.Context(), o, &out, io.Discard); !errors.Is(err, Down) {
		t.Fatalf("Check = %v: %s", err, out.String())
	}
	if want := fmt.Sprintf("the accept queue of :%d is full: the server does not accept (1/0)", at.Port()); !strings.Contains(out.String(), want) {
		t.Errorf("%q is not in\n%s", want, out.String())
	}
}

// hungServer listens with a backlog of 0, accepts nobody, and has one client,
// so that its queue is full.
func hungServer(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	own, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(own.(*unix.SockaddrInet4).Port))
	client, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return at
}

func TestTakes(t *testing.T) {
	tests := []struct {
		bind, to string
		v6only   bool
		want     bool
	}{
		{"127.0.0.1", "127.0.0.1", false, true},
		{"127.0.0.1", "127.0.0.2", false, false},
		{"0.0.0.0", "127.0.0.2", false, true},
		{"0.0.0.0", "::1", false, false},
		{"::", "::1", true, true},
		{"::", "127.0.0.1", false, true},
		{"::", "127.0.0.1", true, false},
		{"fe80::1", "fe80::1%eth0", false, true},
	}
	for _, tt := range tests {
		if got := takes(port.Bind{Addr: netip.MustParseAddr(tt.bind), V6Only: tt.v6only}, netip.MustParseAddr(tt.to)); got != tt.want {
			t.Errorf("a socket of %s (IPv6 only: %v) takes %s: %v", tt.bind, tt.v6only, tt.to, got)
		}
	}
}

// TestCheckAsksAsItsOptionsSay.
func TestCheckAsksAsItsOptionsSay(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/":
			http.Redirect(w, r, "/new", http.StatusFound)
		case r.Method != http.MethodPost && r.Header.Get("X-Key") != "a: b,c":
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer secure.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	key := []string{"X-Key: a: b,c"}
	tests := []struct {
		name    string
		options CheckOptions
		want    string
	}{
		{"a redirect", CheckOptions{Targets: []string{plain.URL}, Headers: key}, "http_status: status 302 Found, to /new"},
		{"that is followed", CheckOptions{Targets: []string{plain.URL}, Headers: key, Redirects: 1}, "answered 200"},
		{"no header", CheckOptions{Targets: []string{plain.URL + "/x"}}, "send a header with credentials"},
		{"a method", CheckOptions{Targets: []string{plain.URL + "/x"}, Method: "POST"}, "answered 200"},
		{"trusted by a file", CheckOptions{Targets: []string{secure.URL + "/x"}, Headers: key, CAFile: ca}, "answered 200"},
		{"as another server", CheckOptions{Targets: []string{secure.URL + "/x"}, Headers: key, CAFile: ca, ServerName: "example.com"}, "answered 200"},
		{"as one that it is not", CheckOptions{Targets: []string{secure.URL + "/x"}, Headers: key, CAFile: ca, ServerName: "db.example.net"}, "tls_name: "},
		{"trusted blindly", CheckOptions{Targets: []string{secure.URL + "/x"}, Headers: key, SkipVerify: true}, "answered 200"},
	}
	for _, tt := range tests {
		var out strings.Builder
		tt.options.Timeout = 5 * time.Second
		err := Check(t.Context(), tt.options, &out, io.Discard)
		if !strings.Contains(out.String(), tt.want) {
			t.Errorf("%s: %v, want %q in\n%s", tt.name, err, tt.want, out.String())
		}
	}
}

func TestOwnAddress(t *testing.T) {
	for address, own := range map[string]bool{"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true, "192.0.2.200": false, "2001:db8::1": false} {
		if got := ownAddress(netip.MustParseAddr(address)); got != own {
			t.Errorf("%s is ours: %v", address, got)
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if !ownAddress(netip.MustParsePrefix(a.String()).Addr()) {
			t.Errorf("%s is not ours, but an interface has it", a)
		}
	}
}

func TestCheckJSONIsInTheEnvelopeOfTheAPI(t *testing.T) {
	well := fmt.Sprintf("127.0.0.1:%d", serveOn(t, "127.0.0.1:0", 0))
	down := fmt.Sprintf("tcp://127.0.0.1:%d", closedPort(t, "127.0.0.1"))
	o := asking(well, down, well)
	o.JSON = true
	var out strings.Builder
	if err := Check(t.Context(), o, &out, io.Discard); !errors.Is(err, Down) {
		t.Errorf("Check = %v", err)
	}
	var doc struct {
		Schema, Host string
		Time         time.Time
		Items        []struct {
			Spec   struct{ Name, Target, Origin string }
			Status health.Status
			Last   struct{ Verdict, Reason string }
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != board.Schema || doc.Host == "" || doc.Time.IsZero() || len(doc.Items) != 3 {
		t.Fatalf("%s", out.String())
	}
	if a, b, c := doc.Items[0], doc.Items[1], doc.Items[2]; a.Status != health.Healthy || b.Status != health.Unhealthy || b.Last.Reason != "refused" ||
		a.Spec.Target != well || c.Spec.Target != well || a.Spec.Name == c.Spec.Name || b.Spec.Origin != "request" {
		t.Errorf("%s", out.String())
	}
}

// TestCheckThatIsEnded tells what it has, and is no verdict.
func TestCheckThatIsEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	if err := Check(ctx, asking("127.0.0.1:1"), &out, io.Discard); !errors.Is(err, Interrupted) {
		t.Errorf("Check = %v", err)
	}
	if out.String() != "UNKNOWN: 127.0.0.1:1: interrupted before it answered\n" {
		t.Errorf("printed %s", out.String())
	}
}

// TestCheckTellsEveryMistakeAtOnce, before anything is asked.
func TestCheckTellsEveryMistakeAtOnce(t *testing.T) {
	with := func(change func(*CheckOptions), targets ...string) CheckOptions {
		o := asking(targets...)
		change(&o)
		return o
	}
	tests := []struct {
		name    string
		options CheckOptions
		want    []string // in the error and its hints
	}{
		{"targets that are none", asking("db", "ok:80", "http://h/#x", "tcp://u:secret@h:1"),
			[]string{`target "db" needs a port from 1 to 65535`, `target "http://h/#x" goes on behind #`, `target "tcp://…@h:1" holds a user or password`, "tcp://HOST:PORT"}},
		{"a kind that is none", asking("gopher://h:70"), []string{`target "gopher://h:70": "gopher" is no kind of check`, "tcp"}},
		{"a mode that does not fit", with(func(o *CheckOptions) { o.Mode = "listen" }, "h:1", "http://h"), []string{`target "http://h": --mode: has no meaning for http`}},
		{"options that do not fit", with(func(o *CheckOptions) { o.ServerName, o.Headers = "x", []string{"A: b"} }, "h:1"), []string{"--server-name: has no meaning for tcp", "--header: has no meaning for tcp"}},
		{"a header that is none", with(func(o *CheckOptions) { o.Headers = []string{"Bearer secret"} }, "http://h"), []string{"--header needs a name, a colon and a value"}},
		{"a header twice", with(func(o *CheckOptions) { o.Headers = []string{"A: secret", "A:c"} }, "http://h"), []string{`--header: "A" is given twice`}},
		{"a file that is not there", with(func(o *CheckOptions) { o.CAFile = "/nowhere/ca" }, "https://h"), []string{"--ca-file: ", "/nowhere/ca"}},
		{"too many redirects", with(func(o *CheckOptions) { o.Redirects = 4 }, "http://h"), []string{"--redirects: 4 is out of range", "0 to 3"}},
		{"a family that does not fit", with(func(o *CheckOptions) { o.Family = "ipv6" }, "127.0.0.1:1"), []string{"--family", "127.0.0.1"}},
		{"an unknown mode", with(func(o *CheckOptions) { o.Mode = "half" }, "h:1"), []string{`unknown mode "half"`, "accept, listen"}},
		{"an unknown family", with(func(o *CheckOptions) { o.Family = "ipv5" }, "h:1"), []string{`unknown family "ipv5"`, "did you mean ipv4?"}},
		{"no time", with(func(o *CheckOptions) { o.Timeout = 0 }, "h:1"), []string{"--timeout 0s is out of range"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			err := Check(t.Context(), tt.options, &out, io.Discard)
			var usage UsageError
			if !errors.As(err, &usage) || out.Len() > 0 {
				t.Fatalf("Check = %v, printed %q, want a usage error", err, out.String())
			}
			told := err.Error() + strings.Join(hints(err), " ")
			for _, want := range tt.want {
				if !strings.Contains(told, want) {
					t.Errorf("%q is not in %s", want, told)
				}
			}
			if strings.Contains(told, "secret") {
				t.Errorf("a password is in %s", told)
			}
		})
	}
}

// hints collects the hints of an error and of those that it joins.
func hints(err error) []string {
	var all []string
	if h, ok := err.(interface{ Hint() string }); ok {
		all = append(all, h.Hint())
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		all = append(all, hints(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			all = append(all, hints(one)...)
		}
	}
	return all
}

// TestAMistakeThatTargetsShareIsToldOnce.
func TestAMistakeThatTargetsShareIsToldOnce(t *testing.T) {
	o := asking("http://a", "http://b")
	o.Mode = "listen"
	err := Check(t.Context(), o, io.Discard, io.Discard)
	if err == nil || strings.Count(err.Error(), "--mode") != 1 {
		t.Errorf("Check = %v", err)
	}
}
