package reach

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portreeve/portreeve/internal/health"
)

// someNames are names of both families, of one each, and of none.
func someNames() map[string][]string {
	return map[string][]string{
		"both.example": {"192.0.2.1", "192.0.2.2", "2001:db8::1"},
		"v4.example":   {"192.0.2.4"},
		"v6.example":   {"2001:db8::6"},
		"none.example": nil,
	}
}

// resolve returns what Resolve says, as text, within a time.
func resolve(t testing.TB, n *Network, host string, family health.Family, timeout time.Duration) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	return resolved(n.Resolve(ctx, host, family))
}

func resolved(a Addresses, err error) string {
	if err != nil {
		verdict, reason, text := Classify(err)
		return fmt.Sprintf("%s %s: %s", verdict, reason, text)
	}
	text := strings.Trim(fmt.Sprint(append(a.V4, a.V6...)), "[]")
	if a.Stale {
		text += " stale"
	}
	return text
}

func TestResolve(t *testing.T) {
	n := New(Options{DialResolver: newNameServer(t, someNames()).dial})
	tests := []struct {
		host   string
		family health.Family
		want   string
	}{
		{"both.example.", health.FamilyAuto, "192.0.2.1 192.0.2.2 2001:db8::1"},
		{"both.example.", "", "192.0.2.1 192.0.2.2 2001:db8::1"},
		{"both.example.", health.FamilyBoth, "192.0.2.1 192.0.2.2 2001:db8::1"},
		{"both.example.", health.FamilyIPv4, "192.0.2.1 192.0.2.2"},
		{"both.example.", health.FamilyIPv6, "2001:db8::1"},
		{"v4.example.", health.FamilyAuto, "192.0.2.4"},
		{"v4.example.", health.FamilyIPv6, "fail dns_nxdomain: v4.example.: no such name, or none with an IPv6 address"},
		{"v4.example.", health.FamilyBoth, "fail dns_nxdomain: v4.example.: no such name, or none with an IPv6 address"},
		{"v6.example.", health.FamilyAuto, "2001:db8::6"},
		{"v6.example.", health.FamilyBoth, "fail dns_nxdomain: v6.example.: no such name, or none with an IPv4 address"},
		{"none.example.", health.FamilyAuto, "fail dns_nxdomain: none.example.: no such name"},
		{"missing.example.", health.FamilyAuto, "fail dns_nxdomain: missing.example.: no such name"},
		{"no name.", health.FamilyAuto, "fail dns_nxdomain: no name.: no such name"},
		{"bücher.example.", health.FamilyAuto, "unknown local_resolver: bücher.example.: not looked up: it has letters that DNS does not know"},
		{"192.0.2.9", health.FamilyAuto, "192.0.2.9"},
		{"::ffff:192.0.2.9", health.FamilyIPv4, "192.0.2.9"},
		{"2001:db8::9", health.FamilyAuto, "2001:db8::9"},
		{"2001:db8::9", health.FamilyIPv4, "fail dns_nxdomain: 2001:db8::9: an address, and not one of each family that is asked for"},
		{"192.0.2.9", health.FamilyBoth, "fail dns_nxdomain: 192.0.2.9: an address, and not one of each family that is asked for"},
	}
	for _, tt := range tests {
		if got := resolve(t, n, tt.host, tt.family, 10*time.Second); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.host, tt.family, got, tt.want)
		}
	}
}

// TestResolverTrouble has resolvers that fail in every way, before and after
// they have once answered.
func TestResolverTrouble(t *testing.T) {
	t.Parallel()
	down := func(ctx context.Context, network, server string) (net.Conn, error) {
		return nil, fmt.Errorf("dial %s: connect: network is unreachable", network)
	}
	tests := []struct {
		name   string
		change func(*nameServer)
		want   string // of a name that is not known
		known  string // of one that is
	}{
		{"SERVFAIL", func(s *nameServer) { s.rcode = dnsmessage.RCodeServerFailure }, "unknown local_resolver: v4.example.: the resolver SERVER: server misbehaving", "192.0.2.4 stale"},
		{"refuses", func(s *nameServer) { s.rcode = dnsmessage.RCodeRefused }, "unknown local_resolver: v4.example.: the resolver SERVER: server misbehaving", "192.0.2.4 stale"},
		{"silent", func(s *nameServer) { s.silent = true }, "unknown local_resolver: v4.example.: no answer from the resolver", "192.0.2.4 stale"},
		{"gone", func(s *nameServer) { s.conn.Close() }, "unknown local_resolver: v4.example.: the resolver SERVER: connection refused", "192.0.2.4 stale"},
		{"blocked", nil, "unknown local_resolver: v4.example.: the resolver SERVER: network is unreachable", "192.0.2.4 stale"},
		{"no such name", func(s *nameServer) { delete(s.answers, "v4.example") }, "fail dns_nxdomain: v4.example.: no such name, or none with an IPv4 address", "fail dns_nxdomain: v4.example.: no such name, or none with an IPv4 address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newNameServer(t, someNames())
			var mu sync.Mutex
			var asked string
			dial := server.dial
			record := func(ctx context.Context, network, address string) (net.Conn, error) {
				mu.Lock()
				defer mu.Unlock()
				asked = address
				return dial(ctx, network, address)
			}
			n, fresh := New(Options{DialResolver: record}), New(Options{DialResolver: record})
			if got := resolve(t, n, "v4.example.", health.FamilyIPv4, 10*time.Second); got != "192.0.2.4" {
				t.Fatal(got)
			}
			if tt.change == nil {
				dial = down
			} else {
				server.set(tt.change)
			}
			want := strings.Replace(tt.want, "SERVER", asked, 1)
			if got := resolve(t, fresh, "v4.example.", health.FamilyIPv4, 300*time.Millisecond); got != want {
				t.Errorf("not known: %s, want %s", got, want)
			}
			began := time.Now()
			if got := resolve(t, n, "v4.example.", health.FamilyIPv4, 2*time.Second); got != tt.known || time.Since(began) > 1900*time.Millisecond {
				t.Errorf("known: %s after %v, want %s and time left", got, time.Since(began), tt.known)
			}
		})
	}
}

// TestAFactEndsTheMemory: after there was no such name, a resolver that fails
// does not bring back where the name led before.
func TestAFactEndsTheMemory(t *testing.T) {
	server := newNameServer(t, someNames())
	n := New(Options{DialResolver: server.dial})
	steps := []struct {
		change func(*nameServer)
		want   string
	}{
		{func(*nameServer) {}, "192.0.2.4"},
		{func(s *nameServer) { s.rcode = dnsmessage.RCodeServerFailure }, "192.0.2.4 stale"},
		{func(s *nameServer) { s.rcode = dnsmessage.RCodeSuccess; delete(s.answers, "v4.example") }, "fail dns_nxdomain"},
		{func(s *nameServer) { s.rcode = dnsmessage.RCodeServerFailure }, "unknown local_resolver"},
	}
	for i, step := range steps {
		server.set(step.change)
		if got := resolve(t, n, "v4.example.", health.FamilyAuto, 10*time.Second); !strings.HasPrefix(got, step.want) {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
}

// TestAResolverThatNeverAnswersForIPv6 delays nobody for long.
func TestAResolverThatNeverAnswersForIPv6(t *testing.T) {
	t.Parallel()
	server := newNameServer(t, someNames())
	n := New(Options{DialResolver: server.dial})
	server.set(func(s *nameServer) { s.mute6 = true })
	began := time.Now()
	if got := resolve(t, n, "both.example.", health.FamilyAuto, 5*time.Second); got != "192.0.2.1 192.0.2.2" || time.Since(began) > 3*time.Second {
		t.Errorf("%s after %v", got, time.Since(began))
	}
	if got := resolve(t, n, "both.example.", health.FamilyBoth, time.Second); got != "unknown local_resolver: both.example.: no answer from the resolver" {
		t.Errorf("both are demanded: %s", got)
	}
}

// TestManyAskTogether: who asks for a name that is being looked up takes part,
// and no more names are looked up at once than may be.
func TestManyAskTogether(t *testing.T) {
	server := newNameServer(t, someNames())
	var mu sync.Mutex
	open, most := 0, 0
	n := New(Options{Lookups: 2, DialResolver: func(ctx context.Context, network, address string) (net.Conn, error) {
		mu.Lock()
		open++
		most = max(most, open)
		mu.Unlock()
		c, err := server.dial(ctx, network, address)
		return countedConn{c.(*net.UDPConn), func() {
			mu.Lock()
			open--
			mu.Unlock()
		}}, err
	}})
	var wg sync.WaitGroup
	for i := range 200 {
		host := []string{"both.example.", "v4.example."}[i%2]
		wg.Go(func() {
			if got := resolve(t, n, host, health.FamilyAuto, 30*time.Second); !strings.HasPrefix(got, "192.0.2.") {
				t.Error(got)
			}
		})
	}
	wg.Wait()
	if asked := server.asked.Load(); asked > 100 {
		t.Errorf("%d questions for 200 of 4 answers", asked)
	}
	if most > 4 {
		t.Errorf("%d sockets at once, want two for each of two names", most)
	}
}

type countedConn struct {
	*net.UDPConn
	closed func()
}

func (c countedConn) Close() error {
	c.closed()
	return c.UDPConn.Close()
}

// TestWaitersGiveUp has a resolver whose every place is taken by names that it
// does not answer for.
func TestWaitersGiveUp(t *testing.T) {
	server := newNameServer(t, someNames())
	server.set(func(s *nameServer) { s.silent = true })
	n := New(Options{Lookups: 1, DialResolver: server.dial})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			want := fmt.Sprintf("unknown local_resolver: h%d.example.: no answer from the resolver", i)
			if got := resolve(t, n, fmt.Sprintf("h%d.example.", i), health.FamilyAuto, 300*time.Millisecond); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
	wg.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := resolved(n.Resolve(ctx, "v4.example.", health.FamilyIPv4)); !strings.HasPrefix(got, "unknown local_overload") {
		t.Errorf("cancelled: %s", got)
	}
}

// TestMuteResolverIsNotWaitedForLong: once it is known to be silent, checks
// of names that were known keep their time for the target.
func TestMuteResolverIsNotWaitedForLong(t *testing.T) {
	server := newNameServer(t, someNames())
	n := New(Options{DialResolver: server.dial})
	if got := resolve(t, n, "v4.example.", health.FamilyIPv4, 10*time.Second); got != "192.0.2.4" {
		t.Fatal(got)
	}
	n.names.resolver.silences.Store(muteAfter)
	server.set(func(s *nameServer) { s.silent = true })
	began := time.Now()
	if got := resolve(t, n, "v4.example.", health.FamilyIPv4, 10*time.Second); got != "192.0.2.4 stale" || time.Since(began) > time.Second {
		t.Errorf("%s after %v", got, time.Since(began))
	}
	server.set(func(s *nameServer) { s.silent = false })
	if got := resolve(t, n, "v6.example.", health.FamilyIPv6, 10*time.Second); got != "2001:db8::6" || n.names.resolver.mute() {
		t.Errorf("it answers again: %s, mute %v", got, n.names.resolver.mute())
	}
}

// TestTimeToLive asks often for names that live long, short and not at all.
func TestTimeToLive(t *testing.T) {
	for _, tt := range []struct {
		ttl   uint32
		host  string
		asked int32 // in 10 times
	}{
		{0, "both.example.", 20},
		{3600, "both.example.", 2},
		{3600, "v4.example.", 2},
		{3600, "missing.example.", 2},
		{0, "missing.example.", 20},
		{1 << 31, "v4.example.", 11}, // RFC 2181: that is none; that there is no IPv6 address lives as the zone's SOA says
	} {
		server := newNameServer(t, someNames())
		server.set(func(s *nameServer) { s.ttl = tt.ttl })
		n := New(Options{DialResolver: server.dial})
		first := resolve(t, n, tt.host, health.FamilyAuto, 10*time.Second)
		for range 9 {
			if got := resolve(t, n, tt.host, health.FamilyAuto, 10*time.Second); got != first {
				t.Errorf("%s: %s, before that %s", tt.host, got, first)
			}
		}
		if asked := server.asked.Load(); asked != tt.asked {
			t.Errorf("%s with %d s to live: asked %d times, want %d", tt.host, tt.ttl, asked, tt.asked)
		}
	}
}

func TestFreshness(t *testing.T) {
	var file, server question
	server.ask()
	server.lives(time.Hour)
	if file.fresh(false) != freshFile || server.fresh(false) != mostFresh || server.fresh(true) != mostFreshFact {
		t.Errorf("%v %v %v", file.fresh(false), server.fresh(false), server.fresh(true))
	}
	server.lives(2 * time.Second)
	server.lives(time.Minute)
	if server.fresh(false) != 2*time.Second {
		t.Errorf("the shortest of all messages is %v", server.fresh(false))
	}
}

func FuzzTimeToLive(f *testing.F) {
	s := nameServer{answers: someNames(), ttl: 60}
	for host := range s.answers {
		query := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(host + "."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
		b, err := query.Pack()
		if err != nil {
			f.Fatal(err)
		}
		reply := s.reply(b)
		if ttl := timeToLive(reply); ttl != time.Minute {
			f.Errorf("%s lives %v", host, ttl)
		}
		f.Add(reply)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		if ttl := timeToLive(message); ttl < 0 {
			t.Errorf("lives %v", ttl)
		}
	})
}
