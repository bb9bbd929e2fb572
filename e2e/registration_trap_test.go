package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

// registering lets the trap's caller sign up what it likes, and nothing else.
const registering = "registration: {enabled: true, compat: true, allow: [192.0.2.0/24, '2001:db8::/64']}\n"

// at returns a client on the trap's own machine.
func (w *trap) at() *http.Client {
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DialContext: func(_ context.Context, _, address string) (net.Conn, error) { return w.here.dial(address) },
	}}
}

// newCallers makes tokens that may sign up, and waits until the server knows them.
func (w *trap) newCallers(n int) (tokens []string) {
	w.t.Helper()
	for i := range n {
		tokens = append(tokens, w.addToken(fmt.Sprintf("caller-%d", i), "register"))
	}
	eventually(w.t, 20*time.Second, func() string {
		code, text := w.ask("DELETE", "/api/v1/checks/nothing", "", "Authorization", "Bearer "+tokens[n-1])
		if code != http.StatusNotFound {
			return fmt.Sprintf("a new token: %d %s", code, text)
		}
		return ""
	})
	return tokens
}

// read reads JSON of the server's from its own machine.
func (w *trap) read(path string, into any) {
	w.t.Helper()
	resp, err := w.at().Get(w.url + path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s %v", path, resp.Status, err)
	}
}

// A bait is a target that an attacker would like to have asked.
type bait struct {
	target string
	refuse bool // it says by itself that it must not be asked
}

// baits lead to an address by every kind of check that connects: as they are, by
// names that lead there, now or later, and by redirects.
func baits(a netip.Addr) (all []bait) {
	direct := netip.AddrPortFrom(a, trapPort).String()
	for _, kind := range []string{"tcp", "tls", "http", "https"} {
		all = append(all, bait{kind + "://" + direct, true})
		if a.Is4In6() {
			continue // no name leads to such an address
		}
		for _, manner := range []string{"held", "turn", "both"} {
			all = append(all, bait{fmt.Sprintf("%s://%s:%d", kind, nameOf(manner+"-"+kind, a), trapPort), false})
		}
	}
	return append(all, bait{fmt.Sprintf("http://r%x.honest.test:%d/?to=%s", a.AsSlice(), redirectPort, url.QueryEscape("http://"+direct+"/")), false})
}

// TestRegisteredChecksReachNothingElse has hostile targets signed up by an app on
// another machine, with tokens and without: none is ever connected to.
func TestRegisteredChecksReachNothingElse(t *testing.T) {
	t.Parallel()
	w := newTrapWith(t, registering)
	var all []bait
	addrs := map[netip.Addr]bool{}
	for _, a := range outside() {
		if !addrs[a] {
			all, addrs[a] = append(all, baits(a)...), true
		}
	}
	const each = 60 // of one identity, which may have 64
	tokens := w.newCallers(len(all)/each + 1)
	signed, refused := 0, 0
	for _, b := range all {
		body, err := json.Marshal(map[string]any{"name": fmt.Sprintf("bait-%d", signed), "target": b.target, "interval": "5s", "timeout": "2s"})
		if err != nil {
			t.Fatal(err)
		}
		code, text := w.ask("POST", "/api/v1/checks", string(body), "Content-Type", "application/json", "Authorization", "Bearer "+tokens[signed/each])
		switch {
		case code == http.StatusCreated && !b.refuse:
			signed++
		case code == http.StatusUnprocessableEntity && b.refuse && strings.Contains(text, "body.target"):
			refused++
		default:
			t.Fatalf("%s: %d %.300s", b.target, code, text)
		}
	}
	code, text := w.ask("POST", "/api/v1/checks", fmt.Sprintf(`{"name":"honest","target":"tcp://%s:%d","interval":"5s"}`, honest, trapPort), "Content-Type", "application/json")
	if code != http.StatusCreated {
		t.Fatalf("the honest target: %d %s", code, text)
	}
	w.askedTwice(t)
	forbidden, permitted := w.takeReached()
	if len(forbidden) > 0 || permitted < 2 || w.sent() > 0 {
		t.Errorf("reached: %v, and %d times what may be; %d packets were sent", forbidden, permitted, w.sent())
	}
	t.Logf("%d hostile addresses: %d targets refused at once, %d asked twice: 0 connections; %d to the honest address", len(addrs), refused, signed, permitted)
}

// askedTwice waits until every check has been asked twice: rebinding needs it.
func (w *trap) askedTwice(t *testing.T) {
	t.Helper()
	type seen struct {
		Items []struct {
			Spec struct{ Name string }
			Last *struct{ At time.Time }
		}
		Next string
	}
	first, asked := map[string]time.Time{}, map[string]bool{}
	eventually(t, 90*time.Second, func() string {
		all := 0
		for after := ""; ; {
			var part seen
			w.read("/api/v1/checks?limit=1000&sort=name&after="+url.QueryEscape(after), &part)
			for _, c := range part.Items {
				if strings.HasPrefix(c.Spec.Name, "portreeve.") {
					continue
				}
				all++
				switch at, known := first[c.Spec.Name]; {
				case c.Last == nil:
				case !known:
					first[c.Spec.Name] = c.Last.At
				case c.Last.At.After(at):
					asked[c.Spec.Name] = true
				}
			}
			if after = part.Next; after == "" {
				break
			}
		}
		if len(asked) < all {
			time.Sleep(500 * time.Millisecond)
			return fmt.Sprintf("%d of %d checks have been asked twice", len(asked), all)
		}
		return ""
	})
}
