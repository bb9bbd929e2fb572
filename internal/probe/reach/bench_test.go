package reach

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

// BenchmarkReach compares a check of this package with one of net.Dialer, of a
// server that accepts in another process. cpu-µs/op is what this process
// spent, the kernel's work for both ends of the loopback included.
func BenchmarkReach(b *testing.B) {
	addr := netip.MustParseAddrPort(start(b, "accept", nil, "127.0.0.1:0").line(b))
	n := New(Options{})
	dialer := &net.Dialer{KeepAlive: -1}
	checks := []struct {
		name string
		ask  func(context.Context) error
	}{
		{"dialer", func(ctx context.Context) error {
			conn, err := dialer.DialContext(ctx, "tcp", addr.String())
			if err == nil {
				_ = conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
			return err
		}},
		{"dial", func(ctx context.Context) error {
			conn, err := n.Dial(ctx, addr)
			if err == nil {
				conn.Close()
			}
			return err
		}},
		{"touch", func(ctx context.Context) error { return n.Touch(ctx, addr, health.Accept) }},
		{"touch-listen", func(ctx context.Context) error { return n.Touch(ctx, addr, health.Listen) }},
	}
	for _, c := range checks {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				ctx, cancel := context.WithTimeout(b.Context(), 5*time.Second)
				if err := c.ask(ctx); err != nil {
					b.Fatal(err)
				}
				cancel()
			}
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
		})
	}
}

// cpu returns the CPU time of this process.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkResolve looks up an address, a name of /etc/hosts and a name of a
// server in this process.
func BenchmarkResolve(b *testing.B) {
	server, err := serveNames("127.0.0.1:0", map[string][]string{"both.example": {"192.0.2.1", "2001:db8::1"}})
	if err != nil {
		b.Fatal(err)
	}
	defer server.conn.Close()
	n := New(Options{DialResolver: server.dial})
	for kind, host := range map[string]string{"literal": "192.0.2.1", "hosts": "localhost", "dns": "both.example."} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			before := cpu(b)
			for b.Loop() {
				if _, err := n.Resolve(b.Context(), host, health.FamilyAuto); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
		})
	}
}
