package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestHoldsConnections(t *testing.T) {
	for _, test := range []struct {
		name    string
		args    []string
		v4, v6  int // connections on the server's side
		listens int
	}{
		{"IPv4", []string{"-n", "20"}, 20, 0, 1},
		{"IPv6", []string{"-n", "20", "--ipv", "6"}, 0, 20, 1},
		{"a server for each", []string{"-n", "21", "--ipv", "both"}, 11, 10, 2},
		{"one dual-stack server", []string{"-n", "20", "--ipv", "both", "--addr", "::"}, 10, 10, 1},
		{"wildcard", []string{"-n", "5", "--addr", "0.0.0.0"}, 5, 0, 1},
		{"no clients", nil, 0, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, test.args...)
			if got := count(t, p.port, listening); got != test.listens {
				t.Errorf("%d listening sockets, want %d", got, test.listens)
			}
			v4, v6 := 0, 0
			for _, row := range append(sockets(t, "tcp", p.port), sockets(t, "tcp6", p.port)...) {
				switch {
				case row.state != established:
				case row.remote.Addr().Is4():
					v4++
				default:
					v6++
				}
			}
			if v4 != test.v4 || v6 != test.v6 {
				t.Errorf("%d IPv4 and %d IPv6 connections, want %d and %d", v4, v6, test.v4, test.v6)
			}
			if p.connections != test.v4+test.v6 {
				t.Errorf("ready line says %d connections", p.connections)
			}
		})
	}
}

func TestUnacceptedHaveNoInode(t *testing.T) {
	p := start(t, "-n", "7", "--accept=false")
	got := 0
	for _, row := range sockets(t, "tcp", p.port) {
		if row.state == established && row.inode == "0" {
			got++
		}
	}
	if got != 7 {
		t.Errorf("%d unaccepted connections, want 7", got)
	}
}

// A backlog of 3 holds 4 connections: the queue is full when its length is
// greater than its limit (sk_acceptq_is_full in include/net/sock.h).
func TestBacklogLimitsTheQueue(t *testing.T) {
	p := start(t, "-n", "4", "--accept=false", "--backlog", "3", "--timeout", "300ms")
	if answer := p.ask("open 1"); !strings.Contains(answer, "error: opened 0 of 1 connections") {
		t.Errorf("open 1 on a full queue: %s", answer)
	}
	if got := count(t, p.port, established); got != 4 {
		t.Errorf("%d connections wait, want 4", got)
	}
}

func TestClientsComeFromTheirAddresses(t *testing.T) {
	p := start(t, "-n", "9", "--clients-from", "127.0.0.2,127.0.0.3")
	perClient := map[string]int{}
	for _, row := range sockets(t, "tcp", p.port) {
		if row.state == established {
			perClient[row.remote.Addr().String()]++
		}
	}
	if perClient["127.0.0.2"] != 5 || perClient["127.0.0.3"] != 4 || len(perClient) != 2 {
		t.Errorf("connections by client: %v", perClient)
	}
}

func TestUDP(t *testing.T) {
	p := start(t, "--udp", "-n", "3", "--ipv", "6", "--clients-from", "::1")
	if got := len(sockets(t, "udp6", p.port)); got != 1 {
		t.Errorf("%d sockets on the server's port, want 1", got)
	}
	if answer := p.ask("close-clients"); answer != "portopener: closed clients=3" {
		t.Error(answer)
	}
}

func TestCommands(t *testing.T) {
	p := start(t, "-n", "3")
	for _, step := range []struct {
		command, answer   string
		established, open int
	}{
		{"open 2", "opened connections=5", 5, 1},
		{"close-clients", "closed clients=5", 0, 1},
		{"open 4", "opened connections=4", 4, 1},
		{"close-listener", "closed listener", 4, 0},
		{"close-server", "closed server", 0, 0},
	} {
		if got := p.ask(step.command); got != "portopener: "+step.answer {
			t.Errorf("%s: %q, want %q", step.command, got, step.answer)
		}
		if got := count(t, p.port, established); got != step.established {
			t.Errorf("%s: %d connections, want %d", step.command, got, step.established)
		}
		if got := count(t, p.port, listening); got != step.open {
			t.Errorf("%s: %d listeners, want %d", step.command, got, step.open)
		}
		if got := count(t, p.port, closeWait); got != 0 {
			t.Errorf("%s: the server holds %d connections that its clients closed", step.command, got)
		}
	}
	for _, wrong := range []string{"open", "open many", "open -1", "open 999999", "open 1", "dance", ""} {
		if got := p.ask(wrong); !strings.HasPrefix(got, "portopener: error: ") {
			t.Errorf("%q: %q is no error", wrong, got)
		}
	}
	if got := p.ask("quit"); got != "portopener: quit" {
		t.Errorf("quit: %q", got)
	}
	if code := p.exit(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

func TestSignalsEndItCleanly(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		p := start(t, "-n", "2")
		p.in.Close() // the end of its input is no reason to end
		if got := count(t, p.port, established); got != 2 {
			t.Errorf("%d connections after the end of input, want 2", got)
		}
		p.signal(s)
		if code := p.exit(); code != exitOK {
			t.Errorf("%v: exit code %d", s, code)
		}
		if got := count(t, p.port, listening); got != 0 {
			t.Errorf("%v: %d listeners remain", s, got)
		}
	}
}

func TestSharedPort(t *testing.T) {
	first := start(t, "--reuseport", "-n", "2")
	second := start(t, "--reuseport", "-n", "2", "-p", strconv.Itoa(first.port))
	if got := count(t, first.port, listening); got != 2 {
		t.Errorf("%d listeners, want 2", got)
	}
	if got := count(t, second.port, established); got != 4 {
		t.Errorf("%d connections, want 4", got)
	}
}

func TestHostileName(t *testing.T) {
	name := "<i>) \x1b[31m\n\""
	p := start(t, "--name", name)
	proc := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid))
	if comm, err := os.ReadFile(filepath.Join(proc, "comm")); err != nil || string(comm) != name+"\n" {
		t.Errorf("comm is %q, want %q (%v)", comm, name, err)
	}
	if cmdline, err := os.ReadFile(filepath.Join(proc, "cmdline")); err != nil || !strings.HasPrefix(string(cmdline), name+"\x00--name\x00") {
		t.Errorf("cmdline is %q (%v)", cmdline, err)
	}
}

// Nine thousand connections are what one process can hold of both ends under
// a hard limit of 20,000 descriptors.
func TestNineThousand(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	n := min(9000, (int(limit.Max)-reserve)/2)
	p := start(t, "-n", strconv.Itoa(n), "--timeout", "40s")
	if got := count(t, p.port, established); got != n {
		t.Errorf("%d connections, want %d", got, n)
	}
}
