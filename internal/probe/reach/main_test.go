package reach

import (
	"bufio"
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
const roleVariable = "REACH_TEST_ROLE"

func TestMain(m *testing.M) {
	if role, ok := os.LookupEnv(roleVariable); ok {
		play(role)
		return
	}
	os.Exit(m.Run())
}

// play plays a role with the arguments of the process.
func play(role string) {
	roles := map[string]func(args []string) error{"accept": playAccept, "starved": playStarved}
	if err := roles[role](os.Args[1:]); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// A player is a process in a role. It ends when its standard input does.
type player struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// start starts a player in the namespaces of the calling thread.
func start(t testing.TB, role string, attr *syscall.SysProcAttr, args ...string) *player {
	t.Helper()
	p := &player{cmd: exec.Command("/proc/self/exe", args...)}
	p.cmd.Env = append(os.Environ(), roleVariable+"="+role)
	p.cmd.Stderr, p.cmd.SysProcAttr = os.Stderr, attr
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
	p.in, p.out = in, bufio.NewReaderSize(out, 1<<20)
	t.Cleanup(func() {
		p.in.Close()
		_ = p.cmd.Wait() // it may have been told to fail
	})
	return p
}

// line returns the next line that a player says.
func (p *player) line(t testing.TB) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil || strings.HasPrefix(line, "error:") {
		t.Fatalf("%s said %q, %v", p.cmd.Env[len(p.cmd.Env)-1], line, err)
	}
	return strings.TrimSpace(line)
}

// playAccept accepts and closes connections until its input ends, then says how
// many there were. It says its address first.
func playAccept(args []string) error {
	l, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		l.Close()
	}()
	n := 0
	for {
		c, err := l.Accept()
		if err != nil {
			fmt.Println(n)
			return nil
		}
		n++
		c.Close()
	}
}
