package watch

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// The test runs itself as a child that checks, stops it (SIGSTOP) while it
// does, and lets it go on (SIGCONT).

// childVariable holds the address of the server that a child is to check.
const childVariable = "WATCH_TEST_SERVER"

func TestMain(m *testing.M) {
	if addr := os.Getenv(childVariable); addr != "" {
		checkUntilEOF(addr)
		return
	}
	os.Exit(m.Run())
}

const (
	childInterval = 500 * time.Millisecond
	childTimeout  = 400 * time.Millisecond
	answerTime    = 100 * time.Millisecond
	childTargets  = 20 // of either kind
)

// A witness writes what is told as lines of JSON, and what nobody observed.
type witness struct {
	ledger
	out *json.Encoder
}

// A line is one of either.
type line struct {
	State *health.State
	Gap   *health.Change
}

func (w *witness) Record(e event.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Change.Overlay == health.Stale {
		_ = w.out.Encode(line{Gap: e.Change})
	}
}

func (w *witness) Check(st *health.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if st.Last != nil {
		_ = w.out.Encode(line{State: st})
	}
}

// checkUntilEOF is the life of a child.
func checkUntilEOF(addr string) {
	w := &witness{out: json.NewEncoder(os.Stdout)}
	c := &Checks{Sink: w, Recorder: w, Log: quiet}
	timing := func(s *health.Spec) {
		s.Interval, s.Timeout = health.Duration(childInterval), health.Duration(childTimeout)
	}
	exchange := func(ctx context.Context) health.Result { return exchange(ctx, addr) }
	var checks []Check
	for i := range childTargets {
		checks = append(checks, Check{spec(fmt.Sprintf("good%d", i), timing), exchange}, Check{spec(fmt.Sprintf("black%d", i), timing), silent})
	}
	c.Set(checks)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	_ = c.Run(ctx)
}

// exchange is a probe that fails unless the server says something in time.
func exchange(ctx context.Context, addr string) health.Result {
	failed := func(err error) health.Result {
		return health.Result{Verdict: health.Fail, Reason: health.Timeout, Text: foreign.Text(err.Error())}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return failed(err)
	}
	defer conn.Close()
	at, _ := ctx.Deadline()
	_ = conn.SetDeadline(at)
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		return failed(err)
	}
	return health.Result{Verdict: health.Pass}
}

// answerLate serves connections that are answered after a while.
func answerLate(t *testing.T) (addr string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			time.AfterFunc(answerTime, func() {
				_, _ = conn.Write([]byte{'!'})
				conn.Close()
			})
		}
	}()
	return ln.Addr().String()
}

// startChild starts a child that ends with the test, and returns what it tells.
func startChild(t *testing.T) (*os.Process, <-chan line) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+answerLate(t))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := make(chan line, 1000)
	go func() {
		defer close(told)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			var l line
			if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
				t.Errorf("%s: %v", lines.Text(), err)
			}
			told <- l
		}
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		for range told { // until it has ended
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("child: %v", err)
		}
	})
	return cmd.Process, told
}

// TestStoppedWhileAsking: whatever a SIGSTOP did to the questions that were
// being asked, nobody is called down for it; and black holes are, before and
// after. In between, nobody observed them, and that is told.
func TestStoppedWhileAsking(t *testing.T) {
	child, told := startChild(t)
	signal := func(s syscall.Signal) {
		if err := child.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	awaitDown(t, told)
	signal(syscall.SIGSTOP)
	stopped := time.Now()
	time.Sleep(2 * time.Second) // how long it is stopped, which is what is tested
	resumed := time.Now()
	signal(syscall.SIGCONT)

	hit := 0
	again := map[string]bool{} // black holes that have failed since
	gaps := map[string]bool{}  // checks of which is told that nobody observed them
	for deadline := time.After(time.Minute); len(again) < childTargets || len(gaps) < 2*childTargets; {
		select {
		case l := <-told:
			if gap := l.Gap; gap != nil {
				if gap.Began.Before(resumed) && gap.At.Sub(gap.Began) > resumed.Sub(stopped)-2*childInterval {
					gaps[gap.Check] = true
				}
				continue
			}
			st := l.State
			began, over := st.Last.At, st.Last.At.Add(time.Duration(st.Last.Took))
			touched := began.Before(resumed) && over.After(stopped) // by the stop; who is slow at another time is so by the load
			black := strings.HasPrefix(st.Spec.Name, "black")
			through := began.Before(stopped) && over.After(resumed)
			switch {
			case st.Spec.Origin == health.FromSelf:
			case through && st.Last.Verdict == health.Fail:
				t.Errorf("%s failed while we were stopped: %+v", st.Spec.Name, st.Last)
			case through && black && st.Last.Reason != health.LocalOverload:
				t.Errorf("%s, a black hole, while we were stopped: %+v", st.Spec.Name, st.Last)
			case through:
				hit++
			case black && began.After(resumed) && st.Last.Verdict == health.Fail:
				again[st.Spec.Name] = true
			}
			if touched && strings.HasPrefix(st.Spec.Name, "good") && st.Last.Verdict == health.Fail && (st.Status == health.Unhealthy || st.Status == health.Degrading) {
				t.Errorf("%s is called %s: %+v", st.Spec.Name, st.Status, st.Last)
			}
		case <-deadline:
			t.Fatalf("%d of %d black holes have failed since, and of %d checks is told that nobody observed them", len(again), childTargets, len(gaps))
		}
	}
	if hit < childTargets/4 {
		t.Errorf("%d questions were being asked when the child was stopped", hit)
	}
}

// awaitDown waits until all black holes are known for what they are.
func awaitDown(t *testing.T, told <-chan line) {
	t.Helper()
	down := map[string]bool{}
	for deadline := time.After(time.Minute); len(down) < childTargets; {
		select {
		case l := <-told:
			st := l.State
			if st != nil && strings.HasPrefix(st.Spec.Name, "black") && st.Status == health.Unhealthy {
				down[st.Spec.Name] = true
			}
		case <-deadline:
			t.Fatalf("%d of %d black holes are down", len(down), childTargets)
		}
	}
}
