// Package e2e drives the whole program from outside: the real binary, real
// sockets, a real browser.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bin is where TestMain puts the programs under test.
var bin string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "portreeve-e2e-")
	if err == nil {
		err = os.Chmod(dir, 0o755) // an unprivileged user runs them too
	}
	if err == nil {
		bin = dir
		err = build()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// build makes the programs as a release does: without cgo.
func build() error {
	cmd := exec.Command("go", "build", "-o", bin+"/", "../cmd/portreeve", "./portopener", "../client/example")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// A program is a running process of ours. It is stopped at the end of the test.
type program struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	lines  chan string // of stdout
	stderr *tail
	ended  chan struct{}
}

// A tail keeps what a program wrote to stderr.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *tail) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *tail) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs a program; prepare may change the command before it starts.
func start(t testing.TB, prepare func(*exec.Cmd), path string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(path, args...), lines: make(chan string, 100), stderr: &tail{}, ended: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stderr = p.stderr
	p.stdin, _ = p.cmd.StdinPipe()
	stdout, _ := p.cmd.StdoutPipe()
	if prepare != nil {
		prepare(p.cmd)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		scan := bufio.NewScanner(stdout)
		for scan.Scan() {
			select {
			case p.lines <- scan.Text():
			default:
			}
		}
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(p.stop)
	return p
}

// line returns the next line of stdout.
func (p *program) line() string {
	p.t.Helper()
	select {
	case l := <-p.lines:
		return l
	case <-p.ended:
		p.t.Fatalf("%s ended: %s", p.cmd.Path, p.stderr)
	case <-time.After(time.Minute):
		p.t.Fatalf("%s says nothing: %s", p.cmd.Path, p.stderr)
	}
	return ""
}

// tell writes a command to stdin and returns the answer.
func (p *program) tell(command string) string {
	p.t.Helper()
	fmt.Fprintln(p.stdin, command)
	return p.line()
}

func (p *program) pid() int { return p.cmd.Process.Pid }

// kill ends the program at once.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// stop asks the program to end, and makes it after a while.
func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(45 * time.Second):
		p.t.Errorf("%s does not stop", p.cmd.Path)
		p.kill()
	}
}

// A server is a running `portreeve serve`.
type server struct {
	*program
	URL string // without a slash at the end
}

var pageURL = regexp.MustCompile(`https?://[^\s"]+`)

// serve starts the server on a free port with a journal of its own.
func serve(t testing.TB, args ...string) *server {
	t.Helper()
	return serveAs(t, nil, args...)
}

func serveAs(t testing.TB, prepare func(*exec.Cmd), args ...string) *server {
	t.Helper()
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--database", "memory:"}, args...)
	p := start(t, prepare, filepath.Join(bin, "portreeve"), args...)
	for {
		if u := pageURL.FindString(p.line()); u != "" {
			return &server{p, strings.TrimRight(u, "/")}
		}
	}
}

// get returns the body of a page.
func (s *server) get(path string) string {
	s.t.Helper()
	body, err := s.try(path)
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}

// reader asks for pages. It is not http's default client, whose idle
// connections every httptest.Server closes when it ends: where there are no
// local ports left, there is no other.
var reader = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}

// try asks for a page once.
func (s *server) try(path string) (string, error) {
	res, err := reader.Get(s.URL + path)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s: %s %v\n%s", path, res.Status, err, body)
	}
	return string(body), nil
}

// api reads a report's items.
func api[T any](s *server, path string) []T {
	s.t.Helper()
	var report struct{ Items []T }
	if err := json.Unmarshal([]byte(s.get("/api/v1/"+path)), &report); err != nil {
		s.t.Fatal(err)
	}
	return report.Items
}

// run runs the program to its end and returns what it printed and its exit code.
func run(t testing.TB, prepare func(*exec.Cmd), args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "portreeve"), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &errs, t.TempDir()
	if prepare != nil {
		prepare(cmd)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// eventually waits until what returns "" and fails with its words if it never does.
func eventually(t testing.TB, within time.Duration, what func() string) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		words := what()
		if words == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %s", within, words)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// freePort returns a port that nobody uses, outside the ephemeral range.
func freePort(t testing.TB) int {
	t.Helper()
	for p := 20000 + os.Getpid()%5000; p < 32000; p++ {
		l4, err4 := net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", p))
		if err4 != nil {
			continue
		}
		l6, err6 := net.Listen("tcp6", fmt.Sprintf("[::1]:%d", p))
		l4.Close()
		if err6 == nil {
			l6.Close()
			return p
		}
	}
	t.Fatal("no free port")
	return 0
}

// openPorts starts portopener and waits until it is ready.
func openPorts(t testing.TB, args ...string) *program {
	t.Helper()
	p := start(t, nil, filepath.Join(bin, "portopener"), args...)
	if l := p.line(); !strings.Contains(l, "ready") {
		t.Fatalf("portopener says %q", l)
	}
	return p
}

// nobody makes a command run as an ordinary user.
func nobody(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir = "/"
}
