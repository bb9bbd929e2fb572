package canary

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"
)

// TestWays asks a router in each way, when it answers and when it does not.
func TestWays(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	if err := ping(t.Context(), netip.MustParseAddr(theGateway)); err != errNoPing {
		t.Errorf("a ping where the kernel forbids it: %v", err)
	}
	setting(t, "ipv4/ping_group_range", "0 2147483647")
	w.far.resolver(otherHost)
	all := append(gatewayWays(), resolverWays()...)
	for _, host := range []string{theGateway, "fd00::1", otherHost} {
		for _, one := range all {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if err := one.ask(ctx, netip.MustParseAddr(host)); err != nil {
				t.Errorf("%s by %s: %v", host, one.name, err)
			}
			cancel()
		}
	}
	w.deaf(w.router, mute, "input icmpv6 type echo-request drop")
	for _, one := range all {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), patience/3)
		err := one.ask(ctx, netip.MustParseAddr(theGateway))
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) && !isTimeout(err) || took > patience {
			t.Errorf("silence, asked by %s, is %v after %v", one.name, err, took)
		}
		cancel()
	}
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}

// TestForbiddenIsAnAnswer has a firewall on the router that refuses in words.
func TestForbiddenIsAnAnswer(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t)
	w.deaf(w.router, "input ip protocol { tcp, udp } reject with icmp type host-prohibited", "forward ip daddr 10.1.0.2 drop")
	w.learn(theGateway)
	w.later()
	w.theirs(farHost)
	w.lan.run("ip", "link set port1 down")
	time.Sleep(spare) // it is not asked more often
	w.later()
	w.ours(farHost, "the gateway 10.0.0.1 on eth0 …ago")
}

// TestAsk tries the next way when one fails, and soon when one is slow.
func TestAsk(t *testing.T) {
	say := func(name string, after time.Duration, err error) way {
		return way{name, func(ctx context.Context, _ netip.Addr) error {
			select {
			case <-time.After(after):
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
	}
	no, never := errors.New("no"), time.Hour
	tests := []struct {
		name string
		ways []way
		want string
		took time.Duration
	}{
		{"the first answers", []way{say("a", 0, nil), say("b", 0, nil)}, "a", 0},
		{"the first fails", []way{say("a", 0, no), say("b", 0, nil)}, "b", 0},
		{"the first is silent", []way{say("a", never, nil), say("b", 0, nil)}, "b", headStart},
		{"the first is slow", []way{say("a", 3*headStart, nil), say("b", never, nil)}, "a", 3 * headStart},
		{"nobody answers", []way{say("a", never, nil), say("b", 0, no)}, "", 5 * headStart},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 5*headStart)
			defer cancel()
			began := time.Now()
			got, err := ask(ctx, netip.Addr{}, tt.ways)
			if took := time.Since(began); got != tt.want || (err == nil) != (tt.want != "") || took < tt.took || took > tt.took+headStart {
				t.Errorf("%q %v after %v, want %q after %v", got, err, took, tt.want, tt.took)
			}
		})
	}
}

func TestPrefer(t *testing.T) {
	all := gatewayWays()
	if got := prefer(all, "tcp"); got[0].name != "tcp" || got[1].name != "icmp echo" || got[2].name != "udp" || all[0].name != "icmp echo" {
		t.Errorf("tcp first: %v, all: %v", got, all)
	}
	if got := prefer(all, ""); len(got) != 3 || got[0].name != "icmp echo" {
		t.Errorf("as they are: %v", got)
	}
}
