package debian

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startTime bounds how long a database may take to be ready: long after a
// crash on a busy machine.
const startTime = time.Minute

// A Server is a database that a test has started for itself: on a port of
// 127.0.0.1, as an ordinary user, in a temporary directory. It ends with the
// test, and with the test's process at the latest. What goes wrong with it
// ends the test, so its methods are to be called by the test's own goroutine.
type Server struct {
	t      testing.TB
	as     account
	dir    string // of all that it has
	dsn    string
	roots  string
	args   []string // the program and its arguments
	ready  func() bool
	sweep  func()         // removes what a killed server leaves behind outside of dir
	finish syscall.Signal // ends it at once, without leaving anything behind

	cmd   *exec.Cmd
	ended chan struct{} // closed when cmd has
}

// DSN returns the URL of an empty database, with the password of a user who
// may do everything there and in new databases beside it.
func (s *Server) DSN() string { return s.dsn }

// Roots returns the file of the certificate by which the server's own, which is
// for 127.0.0.1, can be trusted.
func (s *Server) Roots() string { return s.roots }

// Start starts the server, which has ended, on the data it had, and returns
// when it can be used.
func (s *Server) Start() {
	s.t.Helper()
	s.launch()
	s.await("to start", func() bool {
		select {
		case <-s.ended:
			s.t.Fatalf("%s ended instead of starting:\n%s", s.name(), s.logged())
		default:
		}
		return s.ready()
	})
}

// Kill ends the server and all its processes as kill -9 does. Those who are
// connected see that; the data stays for Start.
func (s *Server) Kill() {
	s.t.Helper()
	s.halt()
	pids := s.signal(syscall.SIGKILL)
	<-s.ended
	s.await("to end", func() bool { return !slices.ContainsFunc(pids, func(pid int) bool { return !over(pid) }) })
}

// Pause makes the server stand still: its connections stay, and whoever asks
// it anything waits.
func (s *Server) Pause() {
	s.t.Helper()
	s.halt()
	s.signal(syscall.SIGSTOP)
}

// Resume lets a paused server go on.
func (s *Server) Resume() {
	s.t.Helper()
	s.signal(syscall.SIGCONT)
}

// signal sends a signal to all processes of the server. The main one has been
// stopped before, so that it starts no more of them.
func (s *Server) signal(then syscall.Signal) []int {
	s.t.Helper()
	pid := s.cmd.Process.Pid
	pids := append(children(pid), pid)
	for _, p := range pids {
		_ = syscall.Kill(p, then) // it may have ended by itself
	}
	return pids
}

// halt stops the main process and returns when it has stopped: the signal is
// taken when it next leaves the kernel, perhaps from a fork.
func (s *Server) halt() {
	s.t.Helper()
	pid := s.cmd.Process.Pid
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		s.t.Fatalf("stop %s: %v", s.name(), err)
	}
	s.await("to stop", func() bool { return state(pid) == 'T' })
}

// await waits until something is so with the server.
func (s *Server) await(what string, so func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(startTime); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s takes more than %s %s:\n%s", s.name(), startTime, what, s.logged())
		}
	}
}

// state returns the state of a process by its letter in proc(5), 0 for none.
func state(pid int) byte {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	behindName := bytes.LastIndexByte(stat, ')') + len(") ")
	if err != nil || behindName >= len(stat) {
		return 0
	}
	return stat[behindName]
}

// over tells whether a process has ended, noticed by its parent or not.
func over(pid int) bool {
	s := state(pid)
	return s == 0 || s == 'Z' || s == 'X'
}

// children lists the processes that a process of one thread has started.
func children(pid int) []int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	var pids []int
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			pids = append(pids, child)
		}
	}
	return pids
}

// launch starts the program. A goroutine keeps the thread that did it: the
// kernel kills the server when that thread ends (PR_SET_PDEATHSIG).
func (s *Server) launch() {
	s.t.Helper()
	s.cmd, s.ended = s.as.command(s.args[0], s.args[1:]...), make(chan struct{})
	s.cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Dir = log, log, s.dir
	started := make(chan error)
	go func(cmd *exec.Cmd, ended chan struct{}) {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		defer close(ended)
		defer log.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}(s.cmd, s.ended)
	if err := <-started; err != nil {
		s.t.Fatalf("start %s: %v", s.name(), err)
	}
}

// stop ends the server, however it is, and removes all that it left.
func (s *Server) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		select {
		case <-s.ended:
			s.sweep()
		default:
			s.signal(syscall.SIGCONT)
			_ = s.cmd.Process.Signal(s.finish)
			select {
			case <-s.ended:
			case <-time.After(10 * time.Second):
				s.Kill()
				s.sweep()
			}
		}
	}
	if err := os.RemoveAll(s.dir); err != nil {
		s.t.Errorf("remove the data of %s: %v", s.name(), err)
	}
}

func (s *Server) name() string { return filepath.Base(s.args[0]) }

func (s *Server) logPath() string { return filepath.Join(s.dir, "log") }

// logged returns the end of what the server has said.
func (s *Server) logged() string {
	text, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	const most = 4000
	return string(text[max(0, len(text)-most):])
}

// run runs a program to its end.
func (a account) run(t testing.TB, dir, input, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	cmd := a.command(program, args...)
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(program), err, out)
	}
}
