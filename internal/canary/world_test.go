package canary

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A world is the test's own host behind a switch and a router:
//
//	eth0 10.0.0.2 ── port0 [lan] port1 ── 10.0.0.1 [router] 10.1.0.1 ── 10.1.0.2, 10.1.0.3 [far]
//
// with fd00::/64 and fd01::/64 the same, and the router at fe80::1.
type world struct {
	t                *testing.T
	lan, router, far *namespace
	canary           *Canary
}

const (
	lanHost    = "10.0.0.77" // nobody
	farHost    = "10.1.0.2"
	farHost6   = "fd01::2"
	otherHost  = "10.1.0.3"
	theGateway = "10.0.0.1"
)

// newWorld builds it and a canary that has heard of nobody yet.
func newWorld(t *testing.T, nameservers ...string) *world {
	t.Helper()
	w := &world{t: t, lan: host(t), router: host(t), far: host(t)}
	(*namespace)(nil).join("eth0", w.lan, "port0")
	w.lan.join("port1", w.router, "eth0")
	w.router.join("eth1", w.far, "eth0")
	w.lan.run("ip", "link add lan type bridge", "link set lan up", "link set port0 master lan", "link set port1 master lan")
	w.router.set("ipv4/ip_forward", "1")
	w.router.set("ipv6/conf/all/forwarding", "1")
	w.router.run("ip", "addr add 10.0.0.1/24 dev eth0", "addr add 10.1.0.1/24 dev eth1",
		"addr add fd00::1/64 dev eth0 nodad", "addr add fe80::1/64 dev eth0 nodad", "addr add fd01::1/64 dev eth1 nodad")
	w.far.run("ip", "addr add 10.1.0.2/24 dev eth0", "addr add 10.1.0.3/24 dev eth0", "addr add fd01::2/64 dev eth0 nodad",
		"route add default via 10.1.0.1", "route add default via fd01::1")
	ip(t, "addr add 10.0.0.2/24 dev eth0", "addr add fd00::2/64 dev eth0 nodad",
		"route add default via 10.0.0.1", "route add default via fe80::1 dev eth0")
	w.canary = w.newCanary(nameservers...)
	eventually(t, 5*time.Second, func() string { // links and addresses take a moment to be ready
		_, err := ask(t.Context(), netip.MustParseAddr(farHost6), gatewayWays())
		if _, err4 := ask(t.Context(), netip.MustParseAddr(farHost), gatewayWays()); err != nil || err4 != nil {
			return fmt.Sprint(err, err4)
		}
		return ""
	})
	return w
}

func (w *world) newCanary(nameservers ...string) *Canary {
	w.t.Helper()
	conf := filepath.Join(w.t.TempDir(), "resolv.conf")
	must(w.t, os.WriteFile(conf, []byte("nameserver "+strings.Join(nameservers, "\nnameserver ")+"\n"), 0o644))
	c := New(Options{Log: slog.New(slog.NewTextHandler(w.t.Output(), nil))})
	c.resolvConfs = []string{conf}
	w.t.Cleanup(func() { c.Close() })
	return c
}

// excuse asks about the silence of an address, which may take a second.
func (w *world) excuse(address string) (health.Reason, string) {
	w.t.Helper()
	began := time.Now()
	reason, text := w.canary.Excuse(w.t.Context(), netip.MustParseAddr(address))
	if took := time.Since(began); took > 2*time.Second { // a busy machine may double it
		w.t.Errorf("the look into %s took %v", address, took)
	}
	return reason, text.String()
}

// later is when no look from before holds any more.
func (w *world) later() {
	w.canary.mu.Lock()
	defer w.canary.mu.Unlock()
	for _, m := range w.canary.paths {
		m.last = nil
	}
}

// ours expects that the silence of an address was our own fault, for a reason
// whose text reads so, anything standing for each ellipsis.
func (w *world) ours(address, text string) {
	w.t.Helper()
	if reason, got := w.excuse(address); reason != health.LocalNetwork || !reads(got, text) {
		w.t.Errorf("%s is silent: %q %q, want %s %q", address, reason, got, health.LocalNetwork, text)
	}
}

func reads(text, pattern string) bool {
	pattern = strings.ReplaceAll(regexp.QuoteMeta(pattern), "…", ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(text)
}

// theirs expects that an address's silence was its own.
func (w *world) theirs(address string) {
	w.t.Helper()
	if reason, text := w.excuse(address); reason != "" {
		w.t.Errorf("%s is silent: %q %q, want that to be its own fault", address, reason, text)
	}
}

// learn has the canary learn who answers.
func (w *world) learn(want ...string) {
	w.t.Helper()
	r, err := w.canary.Report(w.t.Context())
	must(w.t, err)
	var got []string
	for _, one := range r.Witnesses {
		if one.Standing == Answers {
			got = append(got, one.Address.String())
		}
	}
	for _, address := range want {
		if !strings.Contains(" "+strings.Join(got, " ")+" ", " "+address+" ") {
			w.t.Fatalf("%s does not answer in the quiet: %+v", address, r.Witnesses)
		}
	}
}

// mute is the rule of a router that answers nothing but who has its address.
const mute = "input meta l4proto { tcp, udp, icmp } drop"

// deaf has a namespace drop what is sent to it, or through it, or both; it
// still answers ARP.
func (w *world) deaf(n *namespace, rules ...string) {
	w.t.Helper()
	n.run("nft", "add table inet deaf",
		"add chain inet deaf input { type filter hook input priority 0 ; }",
		"add chain inet deaf forward { type filter hook forward priority 0 ; }")
	for _, rule := range rules {
		n.run("nft", "add rule inet deaf "+rule)
	}
}
