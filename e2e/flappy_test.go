package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// flappy runs `portreeve flappy` on the island, with a list on its standard
// input.
func (w *island) flappy(list string, args ...string) (stdout, stderr string, code int) {
	w.t.Helper()
	etc := map[string]string{
		"/etc/resolv.conf": write(w.t, "resolv.conf", "nameserver "+resolverAddress+"\noptions timeout:1 attempts:1\n"),
		"/etc/hosts":       write(w.t, "hosts", hosts),
	}
	w.here.do(func() error {
		if err := overlay(etc); err != nil {
			return err
		}
		stdout, stderr, code = run(w.t, func(cmd *exec.Cmd) { cmd.Stdin = strings.NewReader(list) }, append([]string{"flappy"}, args...)...)
		return nil
	})
	return stdout, stderr, code
}

// comeAndGo listens in the namespace, but goes away with its first client.
func (n *netns) comeAndGo(address string) {
	n.t.Helper()
	var ln net.Listener
	n.do(func() (err error) {
		ln, err = net.Listen("tcp", address)
		return err
	})
	n.t.Cleanup(func() { ln.Close() })
	go func() {
		if conn, err := ln.Accept(); err == nil {
			ln.Close()
			conn.Close()
		}
	}()
}

func TestFlappyOnAListOfHosts(t *testing.T) {
	w := newIsland(t)
	w.names()
	w.hole("ip daddr 10.9.0.9")
	w.router.comeAndGo("10.9.0.3:81")
	list := "# the shop\r\n10.9.0.1\r\n\r\n10.9.0.2:82\r\n  10.9.0.9  # nobody ever answers there\n\t# and\nh7.test\nnobody.test:8080\n10.9.0.1\n" +
		"fd09::5\n[fd09::5]:82\n10.9.0.3:81\nh11.test:82\n10.9.0.2:82"
	stdout, stderr, code := w.flappy(list, "80", "-s", "0.5", "--timeout", "1s")
	want := `service using port 80 on host 10.9.0.1 is reporting ok
service using port 82 on host 10.9.0.2 is DOWN
service using port 80 on host 10.9.0.9 is DOWN
service using port 80 on host h7.test is reporting ok
service using port 8080 on host nobody.test is DOWN
service using port 80 on host 10.9.0.1 is reporting ok
service using port 80 on host fd09::5 is reporting ok
service using port 82 on host fd09::5 is DOWN
service using port 81 on host 10.9.0.3 is flappy
service using port 82 on host h11.test is DOWN
service using port 82 on host 10.9.0.2 is DOWN
`
	if stdout != want || code != 2 {
		t.Errorf("exit code %d, %s\nwant 2 and\n%s\n%s", code, stdout, want, stderr)
	}
	for _, words := range []string{
		"portreeve: 10.9.0.2: refused: connection refused\n",
		"portreeve: 10.9.0.9: timeout: no answer",
		"portreeve: nobody.test: dns_nxdomain: nobody.test",
		"portreeve: 10.9.0.3: failed 4 of 5: refused",
		"portreeve: h11.test: refused: 10.9.0.12:82: connection refused\n",
		"portreeve: 11 hosts: 4 ok, 1 flappy (refused), 6 DOWN (refused 4, dns_nxdomain 1, timeout 1); 5 checks of each in ",
	} {
		if !strings.Contains(stderr, words) {
			t.Errorf("%q is not in\n%s", words, stderr)
		}
	}
}

// TestFlappyCallsNobodyDownForAFaultOfOurOwn: a resolver that is dead, a link
// that is.
func TestFlappyCallsNobodyDownForAFaultOfOurOwn(t *testing.T) {
	w := newIsland(t)
	stdout, stderr, code := w.flappy("", "80", "h7.test", "10.9.0.1", "-s", "0.2", "-n", "2")
	if want := "service using port 80 on host h7.test could not be checked: local_resolver\nservice using port 80 on host 10.9.0.1 is reporting ok\n"; stdout != want || code != 3 {
		t.Errorf("no resolver: exit code %d, %s%s", code, stdout, stderr)
	}
	w.here.ip("link set eth0 down")
	stdout, stderr, code = w.flappy("", "80", "10.9.0.1", "-s", "0.2", "-n", "2")
	if want := "service using port 80 on host 10.9.0.1 could not be checked: local_network\n"; stdout != want || code != 3 {
		t.Errorf("no link: exit code %d, %s%s", code, stdout, stderr)
	}
}

// TestFlappyOnTenThousandHosts: each has its line, and nothing is left behind.
// What it takes is measured by make bench, on a machine that does nothing else.
func TestFlappyOnTenThousandHosts(t *testing.T) {
	f := newFarm(t)
	took, memory := tenThousand(t, f)
	t.Logf("%v, %.1f MB", took, memory)
	if n := timeWaits(t, f.tcp); n > 0 {
		t.Errorf("%d connections are left in TIME_WAIT", n)
	}
}

// tenThousand has 10,000 hosts of the farm asked in five rounds a second apart.
func tenThousand(t *testing.T, f *farm) (took time.Duration, memory float64) {
	t.Helper()
	var list bytes.Buffer
	for i := range 10_000 {
		fmt.Fprintln(&list, f.addr(i))
	}
	stdout, took, memory := measured(t, list.Bytes(), "flappy", strconv.Itoa(f.tcp), "-s", "1")
	if n := strings.Count(stdout, " is reporting ok\n"); n != 10_000 {
		t.Fatalf("%d of 10,000 hosts are ok", n)
	}
	return took, memory
}

// measured runs portreeve and returns what it printed, how long that took, and
// the most memory that it held, in MB.
func measured(t *testing.T, stdin []byte, args ...string) (stdout string, took time.Duration, memory float64) {
	t.Helper()
	cmd := exec.Command(filepath.Join(bin, "portreeve"), args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &errs
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	deadline := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %s", err, &errs)
			}
			return out.String(), time.Since(began), memory
		case <-tick.C:
			memory = max(memory, peak(cmd.Process.Pid))
		}
	}
}

// peak returns the most memory that a process has held until now, in MB; 0 when
// it is gone.
func peak(pid int) float64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); f[0] == "VmHWM:" {
			kb, _ := strconv.Atoi(f[1])
			return float64(kb) * 1024 / 1e6
		}
	}
	return 0
}

// TestCtrlCSaysWhatItCan: every host has a line, from the rounds until then.
func TestCtrlCSaysWhatItCan(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	cmd := exec.Command(filepath.Join(bin, "portreeve"), "flappy", port, "127.0.0.1", "127.0.0.2", "-s", "0.1", "-n", "1000")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer deadline.Stop()
	for range 3 { // both have had two rounds by the third
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	want := fmt.Sprintf("service using port %s on host 127.0.0.1 is reporting ok\nservice using port %s on host 127.0.0.2 is DOWN\n", port, port)
	if out.String() != want || cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("exit code %d, %s\nwant 130 and\n%s", cmd.ProcessState.ExitCode(), &out, want)
	}
	if !strings.Contains(errs.String(), "portreeve: interrupted after ") || !strings.Contains(errs.String(), " of 1000; 2 hosts: 1 ok, 1 DOWN (refused)\n") {
		t.Errorf("said %s", &errs)
	}
}
