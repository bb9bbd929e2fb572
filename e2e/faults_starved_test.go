package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// starved has a program run with so few descriptors.
func starved(descriptors int) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) {
		script := fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, descriptors)
		cmd.Args = append([]string{"sh", "-c", script, cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
	}
}

// TestStarvedNobodyIsCalledDown checks healthy targets, by address and by name,
// with 64 descriptors and 1,000 local ports, while 2,000 connections hammer the
// page: not one is called down, and the page answers.
func TestStarvedNobodyIsCalledDown(t *testing.T) {
	const targets, connections = 1000, 2000
	w := newIsland(t)
	w.names()
	w.here.set("ipv4/ip_local_port_range", "40000 40999")
	file := config(t, "defaults: {interval: 1s, timeout: 900ms}", targets, func(i int) string {
		host := w.target(i).String()
		if i%2 == 1 {
			host = fmt.Sprintf("h%d.test", i)
		}
		return fmt.Sprintf(`{name: h%04d, target: "tcp://%s:80"}`, i, host)
	})
	s := w.serve(starved(64), resolverAddress, file)
	healthy(s, targets, 30*time.Second)
	h := w.here.swing(s.inside, connections)
	slowest, cut := time.Duration(0), 0
	get := func(path string) string {
		at := time.Now()
		defer func() { slowest = max(slowest, time.Since(at)) }()
		for { // the crowd may cut off a try; the next one counts, as in a browser
			body, err := s.try(path)
			if err == nil {
				return body
			}
			if cut++; time.Since(at) > 5*time.Second {
				t.Fatal(err)
			}
		}
	}
	asked := func() float64 { return sum(t, get("/metrics"), "portreeve_check_duration_seconds_count{") }
	before, began := asked(), time.Now()
	for asked()-before < starvedChecks {
		get("/")
		if time.Since(began) > starvedChecks*4*time.Millisecond+10*time.Second {
			t.Fatalf("only %v checks in %v", asked()-before, time.Since(began))
		}
		time.Sleep(500 * time.Millisecond)
	}
	metrics := get("/metrics")
	t.Logf("%v checks in %v, %d connections opened; void: %s; the page took %v at most, %d tries were cut off",
		asked()-before, time.Since(began).Round(time.Second), h.opened.Load(), voids(metrics), slowest.Round(time.Millisecond), cut)
	h.rest()
	if theirs := of(changes(s), false); len(theirs) != 0 {
		t.Errorf("%d changes of healthy targets are told, such as %+v", len(theirs), theirs[0])
	}
	if slowest > 5*time.Second {
		t.Errorf("the page took %v", slowest)
	}
	if h.opened.Load() < connections {
		t.Errorf("only %d connections were opened", h.opened.Load())
	}
}

// voids words how many results were void, by reason.
func voids(metrics string) string {
	reasons := map[string]float64{}
	for line := range strings.Lines(metrics) {
		_, rest, ok := strings.Cut(line, `reason="`)
		if !ok || !strings.HasPrefix(line, "portreeve_check_unknown_total{") {
			continue
		}
		var n float64
		reason, value, _ := strings.Cut(rest, `"`)
		if _, err := fmt.Sscan(value[strings.LastIndexByte(value, ' ')+1:], &n); err == nil && n > 0 {
			reasons[reason] += n
		}
	}
	return fmt.Sprint(reasons)
}

// TestNoLocalPorts takes every local port away: all results are void for that,
// and we say so once.
func TestNoLocalPorts(t *testing.T) {
	t.Parallel()
	const targets = 100
	w := newIsland(t)
	w.names()
	w.here.set("ipv4/ip_local_port_range", "40000 40999")
	s := w.serve(nil, resolverAddress, w.byAddress(targets))
	healthy(s, targets, 15*time.Second)
	release := w.here.hoard("10.0.0.2", 40000, 40999)
	eventually(t, 10*time.Second, func() string { return told(s, "portreeve.local_ports", "UNHEALTHY") })
	time.Sleep(3 * crowdInterval)
	eventually(t, 10*time.Second, func() string { // a connection to the page needs a local port, too
		metrics, err := s.try("/metrics")
		if err != nil {
			return err.Error()
		}
		if n := sum(t, metrics, `portreeve_check_unknown_total{reason="local_ports"`); n < 2*targets {
			return fmt.Sprintf("%v results were void", n)
		}
		return ""
	})
	release()
	eventually(t, 15*time.Second, func() string { return told(s, "portreeve.local_ports", "HEALTHY") })
	onlyAlert(t, s, "portreeve.local_ports", "h")
}
