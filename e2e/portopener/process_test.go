package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait of these tests.
const patience = time.Minute

// beProgram in the environment makes the test binary be portopener itself, so
// that the tests drive a real process which -race watches too.
const beProgram = "PORTOPENER_TEST_BE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(beProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

var readyLine = regexp.MustCompile(`^portopener: ready port=(\d+) pid=(\d+) connections=(\d+)$`)

// process is a running portopener.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	errs  bytes.Buffer
	ended chan struct{} // closed when the process is gone; errs and err may be read then
	err   error

	port, connections int
}

// start runs portopener and returns when it is ready. The test's end kills it.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := launch(t, args...)
	line := p.line()
	found := readyLine.FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("portopener %q said %q instead of being ready", args, line)
	}
	p.port, p.connections = number(t, found[1]), number(t, found[3])
	if pid := number(t, found[2]); pid != p.cmd.Process.Pid {
		t.Fatalf("ready line names pid %d, want %d", pid, p.cmd.Process.Pid)
	}
	return p
}

// launch runs portopener without waiting for it to be ready.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: program(args...), lines: make(chan string, 16), ended: make(chan struct{})}
	p.cmd.Stderr = &p.errs
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
	p.in = in
	go p.watch(out)
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// watch hands the lines of standard output on and reaps the process.
func (p *process) watch(out io.Reader) {
	for scanner := bufio.NewScanner(out); scanner.Scan(); {
		p.lines <- scanner.Text()
	}
	close(p.lines)
	p.err = p.cmd.Wait()
	close(p.ended)
}

// program is the command that runs this test binary as portopener.
func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), beProgram+"=1", "GORACE=atexit_sleep_ms=0") // by default -race sleeps for a second at exit
	return cmd
}

// line is the next line on standard output, or "" when there is no more.
func (p *process) line() string {
	p.t.Helper()
	select {
	case line := <-p.lines:
		return line
	case <-time.After(patience):
		p.t.Fatal("portopener said nothing")
		return ""
	}
}

// ask sends one command and returns the answer.
func (p *process) ask(command string) string {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, command); err != nil {
		p.t.Fatal(err)
	}
	return p.line()
}

// signal sends s to the process.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end of the process and returns its exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("portopener did not end")
	}
	var exit *exec.ExitError
	if p.err != nil && !errors.As(p.err, &exit) {
		p.t.Fatal(p.err)
	}
	return p.cmd.ProcessState.ExitCode()
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
