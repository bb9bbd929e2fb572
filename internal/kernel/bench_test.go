package kernel

import (
	"flag"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

var populations = flag.String("sockets", "0,20000", "numbers of sockets to benchmark with, ascending")

// BenchmarkReader measures passes by their CPU time, the kernel's included,
// with many sockets in a network namespace of the benchmark's own, and beside
// them what ss takes for the same answer.
//
//	go test ./internal/kernel -run '^$' -bench Reader -sockets 0,20000,200000
func BenchmarkReader(b *testing.B) {
	enterNetNS(b)
	ns, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(ns)
	var all []uint16
	for i := range populatedPorts {
		all = append(all, uint16(firstPort+i))
	}
	one := all[:1]
	var p population
	for size := range strings.SplitSeq(*populations, ",") {
		sockets, err := strconv.Atoi(size)
		if err != nil {
			b.Fatal(err)
		}
		p.grow(b, sockets)
		for _, bb := range []struct {
			name string
			read func(*Reader) func() (time.Duration, error)
			ss   []string
		}{
			{"listen-dump", listenDump, []string{"-Htln"}},
			{"listeners", listenersPass, []string{"-Htln"}},
			{"one-port", connectionsPass(one, nil), []string{"-Htn", "state", "established", fmt.Sprintf("( sport = :%d )", firstPort)}},
			{"one-port-clients", connectionsPass(one, one), []string{"-Htn", "state", "established", fmt.Sprintf("( sport = :%d )", firstPort)}},
			{"all-ports", connectionsPass(all, nil), []string{"-tn"}},
			{"all-ports-clients", connectionsPass(all, all), []string{"-tn"}},
		} {
			b.Run(fmt.Sprintf("%s/sockets=%d", bb.name, sockets), func(b *testing.B) {
				joinNetNS(b, ns)
				measure(b, bb.read(open(b, Options{Source: Netlink})), bb.ss)
			})
		}
	}
}

// listenDump asks for the listening TCP sockets and does nothing with them.
func listenDump(r *Reader) func() (time.Duration, error) {
	q := sockdiag.Query{Protocol: sockdiag.TCP, States: sockdiag.StatesOf(sockdiag.Listen), Memory: true}
	c := newCounter()
	return func() (time.Duration, error) {
		clock := startClock()
		defer clock.stop()
		err := r.listeners.site.conn.Walk(background, q, c)
		return clock.spent(), err
	}
}

// listenersPass reads listeners, those of the own namespace alone.
func listenersPass(r *Reader) func() (time.Duration, error) {
	r.listeners.others.lookAt = time.Now().Add(time.Hour)
	into := &port.Listening{}
	return func() (time.Duration, error) {
		err := r.Listeners(background, into)
		return into.Cost + into.Search, err
	}
}

func connectionsPass(ports, clients []uint16) func(*Reader) func() (time.Duration, error) {
	return func(r *Reader) func() (time.Duration, error) {
		into := &port.Connections{}
		req := port.ConnectionsRequest{Ports: ports, Clients: clients, Top: 10}
		return func() (time.Duration, error) {
			err := r.Connections(background, req, into)
			return into.Cost, err
		}
	}
}

// measure reports the CPU time of a pass and, in turns with it, that of ss:
// medians, since other programs warm and cool the caches meanwhile.
func measure(b *testing.B, pass func() (time.Duration, error), ss []string) {
	once := func() time.Duration {
		cost, err := pass()
		if err != nil {
			b.Fatal(err)
		}
		return cost
	}
	once() // memory grows in the first
	b.ReportAllocs()
	for b.Loop() {
		once()
	}
	const rounds, passes = 7, 5
	var ours, theirs [rounds]time.Duration
	for i := range rounds {
		theirs[i] = cpuOf(b, "ss", ss)
		for range passes {
			ours[i] += once() / passes
		}
	}
	slices.Sort(ours[:])
	slices.Sort(theirs[:])
	we, they := ours[rounds/2], theirs[rounds/2]
	b.ReportMetric(float64(we.Microseconds()), "cpu-µs/pass")
	if they > 0 {
		b.ReportMetric(float64(they.Microseconds()), "ss-cpu-µs")
		b.ReportMetric(float64(we)/float64(they), "of-ss")
	}
}

// cpuOf returns the CPU time that a command takes, 0 if there is none of that
// name.
func cpuOf(b *testing.B, name string, args []string) time.Duration {
	if _, err := exec.LookPath(name); err != nil {
		return 0
	}
	cmd := exec.Command(name, args...)
	if err := cmd.Run(); err != nil {
		b.Fatal(name, err)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// BenchmarkNamespaces measures a pass over many other network namespaces.
func BenchmarkNamespaces(b *testing.B) {
	for _, n := range []int{10, 150} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range n {
				startElsewhere(b, "0.0.0.0:0")
			}
			for _, source := range sources {
				b.Run(source, func(b *testing.B) {
					r := open(b, Options{Source: source})
					var into port.Listening
					var cost time.Duration
					b.ReportAllocs()
					for b.Loop() {
						if err := r.Listeners(background, &into); err != nil {
							b.Fatal(err)
						}
						cost += into.Cost + into.Search
					}
					b.ReportMetric(float64(cost.Microseconds())/float64(b.N), "cpu-µs/pass")
				})
			}
		})
	}
}
