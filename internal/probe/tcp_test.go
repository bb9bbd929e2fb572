package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// tcpProbe makes a probe of a check that is right.
func tcpProbe(t testing.TB, spec health.Spec, network *reach.Network) health.Probe {
	t.Helper()
	p, wrong := New(&spec, Env{Net: network})
	if wrong != nil {
		t.Fatal(wrong)
	}
	return p
}

// askTCP asks once.
func askTCP(t testing.TB, p health.Probe, timeout time.Duration) health.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return p(ctx)
}

func listenTCP(t testing.TB, address string) *net.TCPListener {
	t.Helper()
	ln, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln.(*net.TCPListener)
}

func TestTCP(t *testing.T) {
	network := reach.New(reach.Options{})
	for _, mode := range []health.Mode{"", health.Accept, health.Listen} {
		ln := listenTCP(t, "127.0.0.1:0")
		addr := ln.Addr().String()
		probe := tcpProbe(t, health.Spec{Name: "x", Target: "tcp://" + addr, Mode: mode}, network)
		if r := askTCP(t, probe, 5*time.Second); r != (health.Result{Verdict: health.Pass}) {
			t.Errorf("mode %q, a listener: %+v", mode, r)
		}
		if mode != health.Listen {
			conn, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("mode %q: the server read %v, want a reset: a FIN would leave TIME_WAIT with us", mode, err)
			}
			conn.Close()
		}
		ln.Close()
		r := askTCP(t, probe, 5*time.Second)
		if r.Verdict != health.Fail || r.Reason != health.Refused || string(r.Text) != addr+": connection refused" || r.Answer.Address.String() != addr {
			t.Errorf("mode %q, nobody listening: %+v", mode, r)
		}
	}
}

func TestTCPSilenceIsATimeout(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	probe := tcpProbe(t, health.Spec{Name: "x", Target: "tcp://127.0.0.1:9"}, reach.New(reach.Options{}))
	if r := probe(ctx); r.Verdict != health.Fail || r.Reason != health.Timeout || r.Answer.Address != netip.MustParseAddrPort("127.0.0.1:9") {
		t.Errorf("out of time: %+v", r)
	}
}

// TestTCPObeysThePolicy by address and by name.
func TestTCPObeysThePolicy(t *testing.T) {
	ln := listenTCP(t, "127.0.0.1:0")
	elsewhere := reach.New(reach.Options{}).With(reach.Within(netip.MustParsePrefix("10.0.0.0/8")))
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	for _, target := range []string{"127.0.0.1:" + port, "[::ffff:127.0.0.1]:" + port, "0.0.0.0:" + port, "localhost:" + port} {
		probe := tcpProbe(t, health.Spec{Name: "x", Target: "tcp://" + target}, elsewhere)
		if r := askTCP(t, probe, 5*time.Second); r.Verdict != health.Indeterminate || r.Reason != health.LocalPolicy {
			t.Errorf("%s: %+v", target, r)
		}
	}
	if err := ln.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := ln.Accept(); err == nil {
		t.Error("somebody connected")
	}
}

func TestNewNamesWrongFields(t *testing.T) {
	tests := []struct {
		spec  health.Spec
		field string
		hint  string
	}{
		{health.Spec{Target: "gopher://host:70"}, "target", "one of "},
		{health.Spec{Target: "tcp://host"}, "target", ""},
		{health.Spec{Target: "tcp://bücher.example:80"}, "target", "write it in ASCII"},
		{health.Spec{Target: "tcp://192.0.2.1:80", Family: health.FamilyBoth}, "family", "leave it out"},
		{health.Spec{Target: "tcp://192.0.2.1:80", Family: health.FamilyIPv6}, "family", "leave it out"},
		{health.Spec{Target: "tcp://[2001:db8::1]:80", Family: health.FamilyIPv4}, "family", "leave it out"},
		{health.Spec{Target: "tcp://[2001:db8::1]:80", Family: health.FamilyIPv6}, "", ""},
		{health.Spec{Target: "tcp://[::ffff:192.0.2.1]:80", Family: health.FamilyIPv4}, "", ""},
		{health.Spec{Target: "tcp://name:80", Family: health.FamilyBoth}, "", ""},
	}
	for _, tt := range tests {
		p, wrong := New(&tt.spec, Env{Net: reach.New(reach.Options{})})
		switch {
		case tt.field == "" && (p == nil || wrong != nil):
			t.Errorf("%s %s: %v", tt.spec.Target, tt.spec.Family, wrong)
		case tt.field != "" && (p != nil || len(wrong) != 1 || wrong[0].Field != tt.field || len(wrong[0].Hint) < len(tt.hint) || wrong[0].Hint[:len(tt.hint)] != tt.hint):
			t.Errorf("%s %s: %+v", tt.spec.Target, tt.spec.Family, wrong)
		}
	}
	if kinds := Kinds(); !slices.Contains(kinds, "tcp") || !slices.IsSorted(kinds) {
		t.Errorf("kinds %v", kinds)
	}
}

// BenchmarkTCP is a check by address and one by a name of /etc/hosts.
func BenchmarkTCP(b *testing.B) {
	ln := listenTCP(b, "127.0.0.1:0")
	network := reach.New(reach.Options{})
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		b.Run(host, func(b *testing.B) {
			probe := tcpProbe(b, health.Spec{Name: "x", Target: "tcp://" + host + ":" + port, Mode: health.Listen}, network)
			b.ReportAllocs()
			for b.Loop() {
				if r := askTCP(b, probe, 5*time.Second); r.Verdict != health.Pass {
					b.Fatal(r)
				}
			}
		})
	}
}
