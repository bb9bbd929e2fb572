package reach

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A world is two network namespaces: here, where the tests ask from, and
// there, a server and router. One link joins them.
type world struct {
	t           testing.TB
	here, there int // namespaces
}

// newWorld makes a world. Here is 192.0.2.1 and 2001:db8::1, there 192.0.2.2
// and 2001:db8::2 with a server on port 8000; nobody else is on the link. What
// routes and firewalls do, the tables below say.
func newWorld(t testing.TB) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making a network namespace needs CAP_SYS_ADMIN")
	}
	w := &world{t: t, here: namespace(t), there: namespace(t)}
	w.in(w.here, func() {
		ip(t, "link set lo up", "link add eth0 type veth peer name eth1")
		ip(t, fmt.Sprintf("link set eth1 netns /proc/%d/fd/%d", os.Getpid(), w.there))
		ip(t, "link set eth0 up", "addr add 192.0.2.1/24 dev eth0", "-6 addr add 2001:db8::1/64 dev eth0 nodad")
		ip(t, routesHere...)
		nft(t, firewallHere)
	})
	w.in(w.there, func() {
		ip(t, "link set lo up", "link set eth1 up", "addr add 192.0.2.2/24 dev eth1", "-6 addr add 2001:db8::2/64 dev eth1 nodad")
		sysctl(t, "net/ipv4/ip_forward", "1")
		sysctl(t, "net/ipv6/conf/all/forwarding", "1")
		ip(t, "route add default via 192.0.2.1", "-6 route add default via 2001:db8::1") // what is forwarded needs a way
		nft(t, firewallThere)
		acceptAll(listen(t, "tcp", ":8000"))
	})
	return w
}

// routesHere lead to the other side, or to an end in this machine.
var routesHere = []string{
	"route add 198.51.100.0/24 via 192.0.2.2", "-6 route add 2001:db8:1::/48 via 2001:db8::2",
	"route add prohibit 203.0.113.0/28", "-6 route add prohibit 2001:db8:a::/48",
	"route add blackhole 203.0.113.16/28", "-6 route add blackhole 2001:db8:b::/48",
	"route add unreachable 203.0.113.32/28", "-6 route add unreachable 2001:db8:c::/48",
}

const firewallHere = `table inet test {
	chain out {
		type filter hook output priority 0
		tcp dport 81 drop
		tcp dport 82 reject with icmpx type port-unreachable
		tcp dport 83 reject with icmpx type admin-prohibited
		tcp dport 84 reject with icmpx type no-route
	}
}`

const firewallThere = `table inet test {
	chain in {
		type filter hook input priority 0
		tcp dport 91 drop
		tcp dport 92 reject with icmpx type port-unreachable
		tcp dport 93 reject with icmpx type admin-prohibited
		tcp dport 94 reject with icmpx type host-unreachable
		tcp dport 95 reject with tcp reset
	}
	chain forward {
		type filter hook forward priority 0
		ip daddr 198.51.100.0/28 reject with icmpx type admin-prohibited
		ip daddr 198.51.100.16/28 drop
		ip daddr 198.51.100.32/28 reject with icmpx type host-unreachable
		ip daddr 198.51.100.48/28 reject with icmpx type no-route
		ip6 daddr 2001:db8:1:a::/64 reject with icmpx type admin-prohibited
		ip6 daddr 2001:db8:1:b::/64 drop
		ip6 daddr 2001:db8:1:c::/64 reject with icmpx type host-unreachable
		ip6 daddr 2001:db8:1:d::/64 reject with icmpx type no-route
	}
}`

// namespace makes a network namespace without limits on ICMP errors.
func namespace(t testing.TB) int {
	t.Helper()
	var ns int
	apart(func() {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		sysctl(t, "net/ipv4/icmp_ratelimit", "0")
		sysctl(t, "net/ipv4/icmp_msgs_per_sec", "100000")
		sysctl(t, "net/ipv6/icmp/ratelimit", "0")
		var err error
		if ns, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(func() { unix.Close(ns) })
	return ns
}

// in runs f in a namespace.
func (w *world) in(ns int, f func()) {
	w.t.Helper()
	apart(func() {
		if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
			w.t.Error(err)
			return
		}
		f()
	})
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// apart runs f on a thread of its own, which ends with it.
func apart(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f()
	}()
	<-done
}

func sysctl(t testing.TB, name, value string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/"+name, []byte(value), 0); err != nil {
		t.Error(err)
	}
}
