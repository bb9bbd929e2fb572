package procfs

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/port"
)

// The tests run themselves as children that hold sockets. A child does what
// the words on its standard input say, one line each, answers each with one
// line, and ends when its input does.

const (
	childVariable = "PROCFS_TEST_CHILD"
	executed      = "executed" // its value in a child that was executed by a child
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == executed {
		fmt.Println() // the answer that its predecessor owes
	}
	if os.Getenv(childVariable) != "" {
		obey(os.Stdin, os.Stdout)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// obey is the life of a child.
func obey(in io.Reader, out io.Writer) {
	var kept []any // what must stay open
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		verb, arg, _ := strings.Cut(lines.Text(), " ")
		var answer string
		var err error
		switch verb {
		case "listen":
			var l net.Listener
			if l, err = net.Listen("tcp4", "127.0.0.1:0"); err == nil {
				answer, err = inode(l)
				kept = append(kept, l)
			}
		case "fork":
			answer, err = fork(&kept)
		case "name":
			var name string
			if name, err = strconv.Unquote(arg); err == nil {
				err = os.WriteFile("/proc/self/comm", []byte(name), 0)
			}
		case "exec":
			err = execute(arg, kept)
		case "resolve":
			answer, err = resolve(arg)
		case "starve":
			answer, err = starve(arg)
		case "mount":
			err = mountProc(arg)
		}
		if err != nil {
			answer = "error: " + err.Error()
		}
		fmt.Fprintln(out, answer)
	}
}

// fork starts a child that shares every socket of its parent.
func fork(kept *[]any) (string, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), childVariable+"=1")
	for _, k := range *kept {
		if l, ok := k.(*net.TCPListener); ok {
			f, err := l.File()
			if err != nil {
				return "", err
			}
			defer f.Close()
			cmd.ExtraFiles = append(cmd.ExtraFiles, f)
		}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	*kept = append(*kept, stdin)
	if err := cmd.Start(); err != nil {
		return "", err
	}
	return strconv.Itoa(cmd.Process.Pid), nil
}

// execute replaces the program and leaves it the first listener.
func execute(path string, kept []any) error {
	f, err := kept[0].(*net.TCPListener).File()
	if err != nil {
		return err
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFD, 0); err != nil {
		return err
	}
	if err := os.Setenv(childVariable, executed); err != nil {
		return err
	}
	return syscall.Exec(path, []string{path}, os.Environ())
}

// An answer is what a child found out.
type answer struct {
	Sockets  []port.Socket
	Degraded []port.Degraded
}

// resolve looks once for the owners of inodes, below the root that comes first.
func resolve(arg string) (string, error) {
	words := strings.Fields(arg)
	o := NewOwners(New(words[0]), OwnersOptions{})
	return look(o, words[1:])
}

func look(o *Owners, inodes []string) (string, error) {
	var a answer
	for _, word := range inodes {
		inode, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return "", err
		}
		a.Sockets = append(a.Sockets, socket(inode))
	}
	a.Degraded = o.Resolve(a.Sockets)
	b, err := json.Marshal(a)
	return string(b), err
}

// starve looks for the first inode, then takes every descriptor away and looks
// for all of them.
func starve(arg string) (string, error) {
	inodes := strings.Fields(arg)
	o := NewOwners(New("/proc"), OwnersOptions{Budget: 1e9, Rescan: 1})
	if _, err := look(o, inodes[:1]); err != nil {
		return "", err
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: 3}); err != nil {
		return "", err
	}
	o.processes[os.Getppid()].due = o.now // and read all facts again
	return look(o, inodes)
}

// mountProc makes /proc show this PID namespace, in this mount namespace.
func mountProc(options string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	return unix.Mount("proc", "/proc", "proc", 0, options)
}

// A child is this test binary as another process.
type child struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// start runs path, a copy of the test binary or /proc/self/exe.
func start(t *testing.T, path string, args ...string) *child {
	t.Helper()
	return startAs(t, nil, path, args...)
}

func startAs(t *testing.T, attr *syscall.SysProcAttr, path string, args ...string) *child {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	cmd.Stderr, cmd.SysProcAttr = os.Stderr, attr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // a child that was killed says so
	})
	c := &child{t, cmd, in, bufio.NewScanner(out)}
	c.out.Buffer(nil, 1<<20)
	return c
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// tell has the child do something and returns its answer.
func (c *child) tell(format string, args ...any) string {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.in, format+"\n", args...); err != nil {
		c.t.Fatal(err)
	}
	if !c.out.Scan() {
		c.t.Fatalf("child ended at %q: %v", fmt.Sprintf(format, args...), c.out.Err())
	}
	if strings.HasPrefix(c.out.Text(), "error: ") {
		c.t.Fatalf("%s: %s", fmt.Sprintf(format, args...), c.out.Text())
	}
	return c.out.Text()
}

// number has the child do something that it answers with a number.
func (c *child) number(word string) int {
	c.t.Helper()
	n, err := strconv.Atoi(c.tell("%s", word))
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

// answer has the child look for owners.
func (c *child) answer(format string, args ...any) answer {
	c.t.Helper()
	var a answer
	if err := json.Unmarshal([]byte(c.tell(format, args...)), &a); err != nil {
		c.t.Fatal(err)
	}
	return a
}

// kill ends the child at once and waits until it is gone.
func (c *child) kill() {
	c.t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait() // it says that it was killed
}

// copyOf copies the test binary to dir/name, for everybody to run.
func copyOf(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// socket is a listening socket of root's as far as Resolve looks at it.
func socket(inode uint64) port.Socket {
	return port.Socket{Proto: port.TCP, Port: 3000, Bind: port.Bind{Inode: inode}}
}

func inode(l net.Listener) (string, error) {
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return "", err
	}
	var st unix.Stat_t
	var failure error
	if err := raw.Control(func(fd uintptr) { failure = unix.Fstat(int(fd), &st) }); err != nil {
		return "", err
	}
	return strconv.FormatUint(st.Ino, 10), failure
}

func inodeOf(t *testing.T, l net.Listener) uint64 {
	t.Helper()
	text, err := inode(l)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
