package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary the program portreeve for scripts and for
// tests that start it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portreeve": main})
}

// TestScripts runs testdata/*.txt. Besides the usual commands they have
// "listen NAME ADDR", which opens a listener and sets NAME to its port, and
// "dial PORT N", which opens connections to it that are accepted when it
// returns, both until the script ends.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"listen": listen, "dial": dial, "exits": exits,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("TERM", "xterm")
			return nil
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

func listen(ts *testscript.TestScript, _ bool, args []string) {
	ln, err := net.Listen("tcp", net.JoinHostPort(args[1], "0"))
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(ln.Addr().(*net.TCPAddr).Port))
	ended := make(chan struct{})
	ts.Defer(func() { ln.Close(); <-ended })
	go func() {
		defer close(ended)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer c.Close() // until the script ends
			fmt.Fprintln(c, "accepted")
		}
	}()
}

func dial(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for range n {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", args[0]))
		ts.Check(err)
		ts.Defer(func() { c.Close() })
		_, err = bufio.NewReader(c).ReadString('\n')
		ts.Check(err)
	}
}

// exits is "exits CODE COMMAND…": it runs the command, which must end with
// the code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// patience bounds every wait of these tests: CI has two cores for all of them,
// and -race.
const patience = time.Minute

// A transcript is what a program has written so far. It is safe for concurrent
// use.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements [io.Writer].
func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// awaits waits until the program has written a text.
func (s *transcript) awaits(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(s.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("nothing is said of %q in\n%s", text, s)
		}
	}
}

// program starts portreeve, which must be ended by the test.
func program(t *testing.T, args ...string) (cmd *exec.Cmd, out *bufio.Reader, errs *transcript) {
	t.Helper()
	cmd = exec.Command("portreeve", args...)
	errs = &transcript{}
	cmd.Stderr = errs
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	t.Cleanup(func() { deadline.Stop() })
	return cmd, bufio.NewReader(pipe), errs
}

// TestWatchSeesAPortOpenAndClose, and ends well on Ctrl-C.
func TestWatchSeesAPortOpenAndClose(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	filter := fmt.Sprintf("port:%d", ln.Addr().(*net.TCPAddr).Port)
	cmd, out, errs := program(t, "ports", "--watch", "--json", filter)
	for _, want := range []int{1, 0} {
		for got := -1; got != want; {
			line, err := out.ReadBytes('\n')
			if err != nil {
				t.Fatalf("%v: %s", err, errs)
			}
			var report struct{ Items []json.RawMessage }
			if err := json.Unmarshal(line, &report); err != nil {
				t.Fatalf("%v in %q", err, line)
			}
			got = len(report.Items)
		}
		ln.Close()
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || strings.Contains(errs.String(), "error") {
		t.Errorf("ended with %v and %q, want exit 0 and no error", err, errs)
	}
}

// TestHeadIsNoError: a reader that has seen enough ends us without a word.
func TestHeadIsNoError(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd := exec.Command("portreeve", "ports", "--watch", "--json")
	cmd.Stdout, cmd.Stderr = write, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer deadline.Stop()
	write.Close()
	if _, err := bufio.NewReader(read).ReadBytes('\n'); err != nil {
		t.Fatal(err)
	}
	read.Close()
	err = cmd.Wait()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if err != nil && status.Signal() != syscall.SIGPIPE || errs.Len() > 0 {
		t.Errorf("ended with %v and %q, want SIGPIPE or nothing", err, errs.String())
	}
}
