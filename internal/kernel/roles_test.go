package kernel

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// The test binary plays other processes too: this variable tells it which.
const roleVariable = "KERNEL_TEST_ROLE"

// A player is a process in a role. It ends when its standard input does.
type player struct {
	cmd  *exec.Cmd
	in   io.Closer
	out  *bufio.Reader
	line string // the last that it said
}

// start starts a player in the namespaces of the calling thread and waits
// until it has said its first line.
func start(t testing.TB, role string, attr *syscall.SysProcAttr, args ...string) *player {
	t.Helper()
	p := &player{cmd: exec.Command("/proc/self/exe", args...)} // other users may not see the path of the binary
	p.cmd.Env = append(os.Environ(), roleVariable+"="+role)
	p.cmd.Stderr = os.Stderr
	p.cmd.SysProcAttr = attr
	p.cmd.Dir = "/"
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	t.Cleanup(p.end)
	if p.line, err = p.out.ReadString('\n'); err != nil {
		t.Fatalf("%s said %q, %v", role, p.line, err)
	}
	return p
}

// end ends the player and waits until it is gone. It may be called twice.
func (p *player) end() {
	p.in.Close()
	p.cmd.Wait()
}

// say tells who started us, and waits for the end.
func say(line string) error {
	fmt.Println(line)
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// play plays a role with the arguments of the process.
func play(role string) {
	roles := map[string]func(args []string) error{
		"listen": playListen, "read": playRead, "refused": playRefused, "connect": playConnect, "starved": playStarved,
	}
	if err := roles[role](os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// playListen listens on the addresses.
func playListen(addresses []string) error {
	var ports []string
	for _, a := range addresses {
		l, err := net.Listen("tcp", a)
		if err != nil {
			return err
		}
		defer l.Close()
		ports = append(ports, fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	}
	return say(strings.Join(ports, " "))
}

// playRead reads once as a Reader does, and tells all of it. The arguments are
// the options and the request.
func playRead(args []string) error {
	var seen sight
	if err := json.Unmarshal([]byte(args[0]), &seen.Options); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(args[1]), &seen.Request); err != nil {
		return err
	}
	if err := seen.look(); err != nil {
		return err
	}
	b, err := json.Marshal(seen)
	if err != nil {
		return err
	}
	return say(string(b))
}
