package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/port"
)

// A famine is what one Reader saw before, during and after it was short of
// descriptors.
type famine struct {
	Before, During, After []port.Socket
	Failures              []string
	Ephemeral             port.Range      // during
	Degraded              []port.Degraded // during
}

// playStarved reads, then takes away every descriptor beyond those in use and
// reads until all that is known of other namespaces has been asked for anew,
// then gives them back.
func playStarved(args []string) error {
	r, err := Open(Options{Source: args[0]})
	if err != nil {
		return err
	}
	defer r.Close()
	var f famine
	look := func() []port.Socket {
		var into port.Listening
		r.listeners.others.lookAt = time.Time{}
		r.listeners.others.visitor.allowance.left = mostAllowance
		r.listeners.others.visitor.allowance.at = time.Now()
		if err := r.Listeners(background, &into); err != nil {
			f.Failures = append(f.Failures, err.Error())
			return nil
		}
		f.Degraded, f.Ephemeral = into.Degraded, into.Ephemeral
		return into.Sockets
	}
	f.Before = look()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: before.Max}); err != nil {
		return err
	}
	f.During = look()
	blind, ephemeral := f.Degraded, f.Ephemeral
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		return err
	}
	f.After = look()
	f.Degraded, f.Ephemeral = blind, ephemeral
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return say(string(b))
}

// TestStarvationInventsNothing has a Reader that runs out of descriptors. From
// /proc it cannot tell anything then, which is an error; what it does answer
// is as it was.
func TestStarvationInventsNothing(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("making a network namespace needs CAP_SYS_ADMIN")
	}
	abroad := startElsewhere(t, "0.0.0.0:8500", "[::]:8501")
	enterNetNS(t)
	listen(t, "tcp4", "127.0.0.1:8502")
	netns := inodeOf(fmt.Sprintf("/proc/%d/ns/net", abroad.cmd.Process.Pid))
	for _, source := range sources {
		t.Run(source, inNamespaceOf(t, func(t *testing.T) {
			var f famine
			if err := json.Unmarshal([]byte(start(t, "starved", nil, source).line), &f); err != nil {
				t.Fatal(err)
			}
			relevant := func(all []port.Socket) (ids []string) {
				own := inodeOf("/proc/thread-self/ns/net")
				for _, s := range all {
					if s.NetNS == netns || s.NetNS == own {
						ids = append(ids, fmt.Sprint(s.NetNS, s.Proto, s.Port, s.Bind.Inode))
					}
				}
				return ids
			}
			before := relevant(f.Before)
			if len(before) < 3 {
				t.Fatalf("seen before: %v", before)
			}
			if after := relevant(f.After); !slices.Equal(after, before) {
				t.Errorf("after %v, before %v", after, before)
			}
			if source == Procfs {
				if len(f.Failures) != 1 || !strings.Contains(f.Failures[0], "too many open files") {
					t.Errorf("failures %q", f.Failures)
				}
				return
			}
			if during := relevant(f.During); !slices.Equal(during, before) || len(f.Failures) != 0 {
				t.Errorf("during %v, before %v; %q", during, before, f.Failures)
			}
			if text := degraded(t, f.Degraded, "netns"); !strings.Contains(text, "as they were last seen") || !strings.Contains(text, "too many open files") {
				t.Errorf("says %s", text)
			}
			if f.Ephemeral != (port.Range{Low: 32768, High: 60999}) {
				t.Errorf("ephemeral ports %v", f.Ephemeral)
			}
			if text := degraded(t, f.Degraded, "ephemeral"); !strings.Contains(text, "32768 to 60999") {
				t.Errorf("says %s", text)
			}
		}))
	}
}

// TestEphemeralRangeHoldsOn where it can no longer be read: without one, the
// sockets of UDP clients look like listeners.
func TestEphemeralRangeHoldsOn(t *testing.T) {
	enterNetNS(t)
	r := open(t, Options{})
	proc := r.proc
	for _, root := range []string{"/proc", t.TempDir()} {
		r.proc = proc
		if root != "/proc" {
			r.proc = open(t, Options{Source: Netlink, Proc: root}).proc
		}
		var into port.Listening
		if err := r.Listeners(t.Context(), &into); err != nil {
			t.Fatal(err)
		}
		if into.Ephemeral != (port.Range{Low: 32768, High: 60999}) {
			t.Errorf("below %s: ephemeral ports %v", root, into.Ephemeral)
		}
	}
}

// TestFailedAnswersAreNotFresh: who looks at the time alone must not take what
// is left in them for an answer.
func TestFailedAnswersAreNotFresh(t *testing.T) {
	for _, source := range sources {
		r := open(t, Options{Source: source})
		var l port.Listening
		c, req := port.Connections{}, port.ConnectionsRequest{Ports: []uint16{80}}
		if err := errors.Join(r.Listeners(t.Context(), &l), r.Connections(t.Context(), req, &c)); err != nil || l.At.IsZero() || c.At.IsZero() {
			t.Fatalf("%s: %v; at %v, %v", source, err, l.At, c.At)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if r.Listeners(ended, &l) == nil || r.Connections(ended, req, &c) == nil || !l.At.IsZero() || !c.At.IsZero() {
			t.Errorf("%s: after an error at %v, %v", source, l.At, c.At)
		}
		c.At = time.Now()
		if r.Connections(t.Context(), port.ConnectionsRequest{Ports: []uint16{2, 1}}, &c) == nil || !c.At.IsZero() {
			t.Errorf("%s: a bad request was answered at %v", source, c.At)
		}
	}
}
