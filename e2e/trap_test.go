package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portreeve/portreeve/e2e/debian"
)

// A trap is a machine where every address there is leads to itself, so that
// whoever can be made to connect to any address will be noticed; and a caller
// on another machine:
//
//	here: eth0 192.0.2.1, 2001:db8::1 ── eth0 192.0.2.2, 2001:db8::2: caller
type trap struct {
	t            testing.TB
	here, caller *netns
	client       *http.Client // of the caller
	url, token   string       // of the server
	tokens       string       // the file of its tokens
	server       *program

	mu      sync.Mutex
	reached map[netip.Addr]int // connections to trapPort, by the address that was meant
	asked   map[string]int     // queries, by name
}

const (
	trapPort     = 4444
	redirectPort = 4480
	honest       = "192.0.2.1" // may be asked, and is
)

func newTrap(t testing.TB) *trap {
	t.Helper()
	return newTrapWith(t, "insecure: true\nflappy: {allow: [192.0.2.0/24, '2001:db8::/64']}\n")
}

// newTrapWith is newTrap with these lines in the server's configuration.
func newTrapWith(t testing.TB, lines string) *trap {
	t.Helper()
	w := &trap{t: t, here: newNetns(t), caller: newNetns(t), reached: map[netip.Addr]int{}, asked: map[string]int{}}
	w.here.join("eth0", w.caller, "eth0")
	w.here.ip("addr add 192.0.2.1/24 dev eth0", "-6 addr add 2001:db8::1/64 dev eth0 nodad",
		"route add local default dev lo table main", "-6 route add local default dev lo table main")
	w.here.nft("add table inet trap", "add chain inet trap out { type filter hook output priority 0 ; }",
		"add rule inet trap out ip daddr "+honest+" accept", fmt.Sprintf("add rule inet trap out tcp dport %d counter", trapPort))
	w.caller.ip("addr add 192.0.2.2/24 dev eth0", "-6 addr add 2001:db8::2/64 dev eth0 nodad")
	w.client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: func(_ context.Context, _, address string) (net.Conn, error) { return w.caller.dial(address) },
	}}
	w.listen()
	w.redirect()
	w.resolve()
	w.serve(lines)
	return w
}

// listen notes every connection to trapPort. It is an HTTP server too, so that
// nothing ends before it has gone all the way.
func (w *trap) listen() {
	ln := w.open(fmt.Sprintf(":%d", trapPort))
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			to, err := netip.ParseAddrPort(c.LocalAddr().String())
			if err == nil {
				w.mu.Lock()
				w.reached[to.Addr().Unmap().WithZone("")]++
				w.mu.Unlock()
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			c.Close()
		}
	}()
}

func (w *trap) open(address string) (ln net.Listener) {
	w.here.do(func() (err error) {
		ln, err = net.Listen("tcp", address)
		return err
	})
	w.t.Cleanup(func() { ln.Close() })
	return ln
}

// redirect serves redirects to wherever the query says.
func (w *trap) redirect() {
	ln := w.open(fmt.Sprintf("%s:%d", honest, redirectPort))
	srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Location", r.URL.Query().Get("to"))
		rw.WriteHeader(http.StatusFound)
	})}
	go srv.Serve(ln)
	w.t.Cleanup(func() { srv.Close() })
}

// resolve answers for names that hold an address, as in
// "turn.7f000001.test.": turn leads to the honest address first and to the one
// it holds whenever it is asked again; both leads to both at once, and held to
// the one it holds.
func (w *trap) resolve() {
	var conn net.PacketConn
	w.here.do(func() (err error) {
		conn, err = net.ListenPacket("udp", "127.0.0.1:53")
		return err
	})
	w.t.Cleanup(func() { conn.Close() })
	go func() {
		b := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			w.answer(&m)
			if reply, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
}

func (w *trap) answer(m *dnsmessage.Message) {
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	manner, rest, _ := strings.Cut(q.Name.String(), ".")
	manner, _, _ = strings.Cut(manner, "-") // what follows makes it another name
	held, err := addrOfName(strings.TrimSuffix(rest, ".test."))
	if rest == "honest.test." { // any number of names, for one target may not be asked by all
		manner, held, err = "held", netip.MustParseAddr(honest), nil
	}
	if err != nil {
		m.RCode = dnsmessage.RCodeNameError
		return
	}
	w.mu.Lock()
	w.asked[q.Name.String()+q.Type.String()]++
	first := w.asked[q.Name.String()+q.Type.String()] == 1
	w.mu.Unlock()
	var addrs []netip.Addr
	switch {
	case manner == "held", manner == "turn" && !first:
		addrs = []netip.Addr{held}
	case manner == "turn":
		addrs = []netip.Addr{netip.MustParseAddr(honest)}
	case manner == "both":
		addrs = []netip.Addr{netip.MustParseAddr(honest), held}
	}
	for _, a := range addrs {
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
}

// nameOf returns a name that leads to an address in a manner.
func nameOf(manner string, a netip.Addr) string {
	return fmt.Sprintf("%s.%x.test", manner, a.AsSlice())
}

func addrOfName(digits string) (netip.Addr, error) {
	var b []byte
	if _, err := fmt.Sscanf(digits, "%x", &b); err != nil {
		return netip.Addr{}, err
	}
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return a, fmt.Errorf("%d bytes are no address", len(b))
	}
	return a, nil
}

// serve starts portreeve where the caller can reach it, and may: by network and
// by token.
func (w *trap) serve(lines string) {
	w.tokens = filepath.Join(w.t.TempDir(), "tokens")
	w.token = w.addToken("caller", "read")
	file := write(w.t, "portreeve.yaml", fmt.Sprintf(
		"listen: %s:9860\ndatabase: 'memory:'\nauth: {tokens_file: %s}\n%s", honest, w.tokens, lines))
	etc := map[string]string{"/etc/resolv.conf": write(w.t, "resolv.conf", "nameserver 127.0.0.1\n"), "/etc/hosts": write(w.t, "hosts", hosts)}
	w.here.do(func() error {
		if err := overlay(etc); err != nil {
			return err
		}
		w.server = start(w.t, nil, filepath.Join(bin, "portreeve"), "serve", "--config", file)
		w.url = pageURL.FindString(w.server.line())
		return nil
	})
	w.url = strings.TrimRight(w.url, "/")
}

// addToken makes a token and returns its secret.
func (w *trap) addToken(name, scope string) string {
	w.t.Helper()
	secret, errs, code := run(w.t, nil, "token", "add", name, "--scope", scope, "--file", w.tokens)
	if code != 0 {
		w.t.Fatalf("token add: %s", errs)
	}
	return strings.TrimSpace(secret)
}

// ask sends a request from the caller's machine and returns status and body.
func (w *trap) ask(method, path, body string, headers ...string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := w.client.Do(req)
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

// sent counts the packets that were sent to trapPort of any but the honest
// address: half a handshake, too, which no listener sees.
func (w *trap) sent() (packets int) {
	w.t.Helper()
	w.here.do(func() error {
		out, err := exec.Command(debian.Path(w.t, "nft"), "list", "table", "inet", "trap").CombinedOutput()
		_, count, found := strings.Cut(string(out), "counter packets ")
		if err == nil && found {
			_, err = fmt.Sscan(count, &packets)
		}
		if err != nil || !found {
			return fmt.Errorf("count packets: %w\n%s", err, out)
		}
		return nil
	})
	return packets
}

// takeReached returns what connections have reached since the last time, other
// than the honest address.
func (w *trap) takeReached() (forbidden map[netip.Addr]int, permitted int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	forbidden, w.reached = w.reached, map[netip.Addr]int{}
	permitted = forbidden[netip.MustParseAddr(honest)]
	delete(forbidden, netip.MustParseAddr(honest))
	return forbidden, permitted
}
