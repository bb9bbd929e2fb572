package canary

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

// TestBlackHole has one target that the router drops: that is its own fault,
// and said at once.
func TestBlackHole(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t, otherHost)
	w.far.resolver(otherHost)
	w.deaf(w.router, "forward ip daddr 10.1.0.2 drop", "forward ip6 daddr fd01::2 drop")
	w.theirs(farHost)
	w.theirs(farHost6)
	w.learn(theGateway, "fe80::1", otherHost)
	w.later()
	began := time.Now()
	w.theirs(farHost)
	w.theirs(farHost6)
	w.theirs(lanHost)
	if took := time.Since(began); took > 500*time.Millisecond {
		t.Errorf("that we are well was said after %v", took)
	}
}

func TestCarrierLost(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	w.learn(theGateway)
	w.lan.run("ip", "link set port0 down")
	w.later()
	for _, address := range []string{farHost, farHost6, lanHost, theGateway, "fd00::77", "8.8.8.8"} {
		w.ours(address, "eth0 has lost its carrier")
	}
	w.theirs("127.0.0.1")
	w.theirs("::1")
	w.theirs("10.0.0.2") // our own address
	w.lan.run("ip", "link set port0 up")
	w.later()
	w.ours(farHost, "… ago…") // what was silent meanwhile may end only now
	w.well(farHost, 2*convalescence)
}

// well waits until an address's silence is its own again.
func (w *world) well(address string, within time.Duration) {
	w.t.Helper()
	eventually(w.t, within, func() string {
		if reason, text := w.excuse(address); reason != "" {
			return fmt.Sprintf("%s is silent: %q %q", address, reason, text)
		}
		return ""
	})
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestLinkDownOrGone(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	w.learn(theGateway)
	ip(t, "link set eth0 down")
	w.ours(farHost, "there is no route to 10.1.0.2")
	w.ours(lanHost, "there is no route to 10.0.0.77")
	ip(t, "link set eth0 up", "route add default via 10.0.0.1")
	w.well(farHost, 2*convalescence)
	ip(t, "link del eth0")
	w.ours(farHost, "there is no route to 10.1.0.2")
}

// TestCarrierFlaps loses the carrier between two looks.
func TestCarrierFlaps(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	w.learn(theGateway)
	w.lan.run("ip", "link set port0 down", "link set port0 up")
	w.later()
	eventually(t, 5*time.Second, func() string {
		_, err := ask(t.Context(), netip.MustParseAddr(theGateway), gatewayWays())
		return words(err)
	})
	w.ours(farHost, "eth0 lost its carrier for a moment (0 s ago)")
	w.well(farHost, 2*convalescence)
}

// TestSpecialRoutes asks about addresses that our own routes keep us from.
func TestSpecialRoutes(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	ip(t, "route add unreachable 192.0.2.0/28", "route add prohibit 192.0.2.16/28", "route add blackhole 192.0.2.32/28")
	w.ours("192.0.2.1", "the route to 192.0.2.1 leads nowhere: no route to host")
	w.ours("192.0.2.17", "the route to 192.0.2.17 leads nowhere: permission denied")
	w.ours("192.0.2.33", "the route to 192.0.2.33 leads nowhere: invalid argument")
}

// TestSwitchDies cuts the cable behind the switch: the carrier stays.
func TestSwitchDies(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	w.learn(theGateway, "fe80::1")
	w.lan.run("ip", "link set port1 down")
	w.later()
	w.ours(farHost, "the gateway 10.0.0.1 on eth0 …ago")
	w.ours(farHost6, "the gateway fe80::1 on eth0 …ago")
	w.ours(lanHost, "nobody answers on eth0: the gateway …ago")
	w.ours(theGateway, "nobody answers on eth0: the gateway fe80::1 did …ago")
	ip(t, "-6 route del default")
	w.later()
	w.theirs(theGateway) // the only one that can tell, and not of itself
	w.lan.run("ip", "link set port1 up")
	w.well(farHost, 2*convalescence)
}

// TestGatewayThatNeverAnswered proves nothing by its silence, unless it cannot
// even be found.
func TestGatewayThatNeverAnswered(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	w.deaf(w.router, mute, "forward ip daddr 10.1.0.2 drop")
	w.learn()
	for range 3 {
		w.theirs(farHost)
		w.theirs(lanHost)
	}
	w.lan.run("ip", "link set port1 down")
	ip(t, "neigh flush dev eth0") // as the kernel does by itself in a minute
	w.later()
	w.ours(farHost, "the gateway 10.0.0.1 on eth0 cannot be found")
	w.ours(farHost6, "the gateway fe80::1 on eth0 cannot be found")
	w.theirs(lanHost)
}

// TestGatewayThatFellMute answers us no more and goes on forwarding: that must
// not excuse a target for ever.
func TestGatewayThatFellMute(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	// The kernel looks after its neighbours sooner than it would by itself.
	setting(t, "ipv4/neigh/eth0/base_reachable_time_ms", "500")
	setting(t, "ipv4/neigh/eth0/delay_first_probe_time", "1")
	ip(t, "neigh flush dev eth0")
	w.learn(theGateway)
	w.deaf(w.router, mute, "forward ip daddr 10.1.0.2 drop")
	w.later()
	w.ours(farHost, "the gateway 10.0.0.1 on eth0 does not answer and did …ago")
	w.well(farHost, 20*time.Second)
}

// TestNothingBeyondTheGateway loses the uplink behind it.
func TestNothingBeyondTheGateway(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t, otherHost, "10.1.0.4")
	w.far.resolver(otherHost)
	w.learn(theGateway, otherHost)
	w.deaf(w.router, "forward ip daddr 10.1.0.0/24 drop")
	w.later()
	w.ours(farHost, "nothing answers beyond the gateway 10.0.0.1 on eth0: the resolver 10.1.0.3 did …ago")
	w.theirs(otherHost) // the only one that can tell, and not of itself
	w.theirs(lanHost)   // the gateway answers
}

// TestResolverDiesAndOthersAnswer has the only one that can tell of the world
// beyond the gateway die for itself: targets there go on answering.
func TestResolverDiesAndOthersAnswer(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t, otherHost)
	w.far.resolver(otherHost)
	w.learn(otherHost)
	w.deaf(w.router, "forward ip daddr { 10.1.0.2, 10.1.0.3 } drop")
	w.later()
	var after time.Time
	w.canary.heard = func(since time.Time) []netip.Addr {
		after = since
		return []netip.Addr{netip.MustParseAddr(lanHost), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr(otherHost)}
	}
	for range 3 { // those prove nothing: they are on the link, on this machine, and itself
		w.ours(farHost, "nothing answers beyond the gateway …")
		w.later()
	}
	if ago := time.Since(after); ago < patience || ago > 10*patience {
		t.Errorf("who was heard after it fell silent is asked for the last %v", ago)
	}
	w.canary.heard = func(time.Time) []netip.Addr { return []netip.Addr{netip.MustParseAddr("10.1.0.9")} }
	w.theirs(farHost)
	w.later()
	w.theirs(farHost)
}

// TestResolverDiesWhileOthersAnswer excuses nobody for a moment.
func TestResolverDiesWhileOthersAnswer(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t, otherHost)
	w.far.resolver(otherHost)
	w.learn(otherHost)
	w.deaf(w.router, "forward ip daddr { 10.1.0.2, 10.1.0.3 } drop")
	w.later()
	w.canary.heard = func(time.Time) []netip.Addr { return []netip.Addr{netip.MustParseAddr("10.1.0.9")} }
	began := time.Now()
	w.theirs(farHost)
	if took := time.Since(began); took > patience {
		t.Errorf("that was said after %v", took)
	}
}

// TestResolverProcessDies is not the end of the path to it.
func TestResolverProcessDies(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t, otherHost)
	_, stop := w.far.resolver(otherHost)
	w.learn(otherHost)
	stop()
	w.later()
	w.theirs(farHost)
}

// TestResolverSpeaksForAMuteGateway has a gateway that answers nobody, as those
// of clouds do, and a resolver behind it.
func TestResolverSpeaksForAMuteGateway(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t, otherHost)
	w.far.resolver(otherHost)
	w.deaf(w.router, mute, "forward ip daddr 10.1.0.2 drop")
	w.learn(otherHost)
	w.theirs(farHost)
	w.theirs(lanHost)
	w.lan.run("ip", "link set port1 down")
	w.later()
	w.ours(farHost, "…resolver 10.1.0.3 did …ago")
	w.ours(lanHost, "nobody answers on eth0: the resolver 10.1.0.3 did …ago")
}

// TestNoGateway is a lab: only the carrier counts.
func TestNoGateway(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	ip(t, "route del default via 10.0.0.1", "route del default via fe80::1 dev eth0")
	w.theirs(lanHost)
	w.theirs("fd00::77")
	w.ours(farHost, "there is no route to 10.1.0.2")
	w.lan.run("ip", "link set port0 down")
	w.later()
	w.ours(lanHost, "eth0 has lost its carrier")
	w.ours("fd00::77", "eth0 has lost its carrier")
}

// TestBridgeOfContainers loses its carrier with the last container, whose end
// that is and not ours. One whose cable is out is another matter.
func TestBridgeOfContainers(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	container := host(t)
	(*namespace)(nil).join("veth0", container, "eth0")
	ip(t, "link add docker0 type bridge", "addr add 172.17.0.1/16 dev docker0", "link set docker0 up", "link set veth0 master docker0")
	container.run("ip", "addr add 172.17.0.2/16 dev eth0")
	eventually(t, 5*time.Second, func() string {
		_, err := ask(t.Context(), netip.MustParseAddr("172.17.0.2"), gatewayWays())
		return words(err)
	})
	w.theirs("172.17.0.2")
	w.later()
	ip(t, "link del veth0")
	w.theirs("172.17.0.2")

	ip(t, "link add br0 type bridge", "link set br0 up", "addr flush dev eth0", "link set eth0 master br0", "addr add 10.0.0.2/24 dev br0")
	w.lan.run("ip", "link set port0 down")
	eventually(t, 5*time.Second, func() string { // a bridge hears of it a moment later
		if _, text := w.excuse(lanHost); text != "br0 has lost its carrier" {
			return text + " is no lost carrier"
		}
		return ""
	})
}

// TestManyAskTogether shares one look.
func TestManyAskTogether(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t, otherHost)
	asked, _ := w.far.resolver(otherHost)
	w.learn(otherHost)
	before := asked()
	together := func(want health.Reason) {
		t.Helper()
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				a := netip.AddrFrom4([4]byte{10, 1, byte(1 + i/250), byte(1 + i%250)})
				if reason, text := w.canary.Excuse(t.Context(), a); reason != want {
					t.Errorf("%s: %q %q, want %q", a, reason, text, want)
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); took > 3*time.Second { // of CPU time too, with the race detector
			t.Errorf("1,000 were answered after %v", took)
		}
	}
	together("")
	if n := asked() - before; n > 10 {
		t.Errorf("the resolver was asked %d times for 1,000 that asked together", n)
	}
	w.lan.run("ip", "link set port1 down")
	w.later()
	together(health.LocalNetwork)
}

// TestCallerGivesUp does not keep one who has no time.
func TestCallerGivesUp(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	w.learn(theGateway)
	w.lan.run("ip", "link set port1 down")
	w.later()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if reason, text := w.canary.Excuse(ctx, netip.MustParseAddr(farHost)); reason != "" || time.Since(began) > patience/2 {
		t.Errorf("%q %q after %v", reason, text, time.Since(began))
	}
	w.ours(farHost, "the gateway 10.0.0.1 on eth0 …") // the look went on for others
}

// TestOutOfDescriptors cannot ask anybody, and says so. What the kernel knows of
// the link is still seen.
func TestOutOfDescriptors(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	w.learn(theGateway)
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	w.later()
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: limit.Max}))
	reason, text := w.excuse(farHost)
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	if reason != health.LocalFDs {
		t.Errorf("without descriptors: %q %q, want %s", reason, text, health.LocalFDs)
	}
	w.lan.run("ip", "link set port0 down")
	w.later()
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: limit.Max}))
	defer func() { must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) }()
	w.ours(farHost, "eth0 has lost its carrier")
}

// TestRunLearns makes witnesses of those who answer in the quiet.
func TestRunLearns(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.canary.Run(ctx) }()
	eventually(t, 5*time.Second, func() string {
		if one := w.canary.witness(gateway, netip.MustParseAddr(theGateway)); !one.trusted() {
			return "the gateway is not trusted"
		}
		return ""
	})
	cancel()
	must(t, <-ended)
	w.lan.run("ip", "link set port1 down")
	w.later()
	w.ours(farHost, "the gateway 10.0.0.1 on eth0 …")
}
