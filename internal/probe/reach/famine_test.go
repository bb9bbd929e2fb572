package reach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

// A famine is what a process without descriptors made of a healthy server that
// it asked by its address and by names.
type famine struct {
	Passed  int
	Reasons map[health.Reason]int // of what did not pass
	Lies    []string              // what was said against the server
	After   []string              // the last that was said, with descriptors
}

// A prisoner asks a healthy server in namespaces of its own, where there is a
// name in /etc/hosts and another that the configured DNS server knows. The
// servers of the loopback interface, which nobody configured, say of every name
// that there is none.
type prisoner struct {
	net    *Network
	server net.Listener // it never accepts, and has a backlog of thousands
	names  []*nameServer
	saw    famine

	mu    sync.Mutex
	taken []int
}

var prisonHosts = []string{"127.0.0.1", "inhosts.example", "indns.example"}

// playStarved has its descriptors taken away before it looks at anything
// ("always"), or now and then while it asks ("sometimes").
func playStarved(args []string) error {
	p := &prisoner{saw: famine{Reasons: map[health.Reason]int{}}}
	if err := p.furnish(); err != nil {
		return err
	}
	sometimes := args[0] == "sometimes"
	if !sometimes {
		p.take()
	}
	p.net = New(Options{})
	for i := range 300 {
		if sometimes && i%3 == 0 {
			p.take()
			time.AfterFunc(time.Duration(i%10)*100*time.Microsecond, p.release)
		}
		p.round()
		if sometimes {
			p.forget()
		}
	}
	p.release()
	for deadline := time.Now().Add(20 * time.Second); strings.Join(p.saw.After, "") != "" && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond)
		p.round()
	}
	return json.NewEncoder(os.Stdout).Encode(p.saw)
}

// furnish prepares the namespaces, the servers and a low limit.
func (p *prisoner) furnish() error {
	if err := errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), unix.Mount("none", "/etc", "tmpfs", 0, "")); err != nil {
		return err
	}
	err := errors.Join(
		os.WriteFile("/etc/hosts", []byte("127.0.0.1 inhosts.example\n"), 0o644),
		os.WriteFile("/etc/resolv.conf", []byte("nameserver 127.0.0.2\noptions timeout:1\n"), 0o644),
		raiseLoopback(),
	)
	for address, answers := range map[string]map[string][]string{"127.0.0.2:53": {"indns.example": {"127.0.0.1"}}, "127.0.0.1:53": nil, "[::1]:53": nil} {
		s, e := serveNames(address, answers)
		p.names, err = append(p.names, s), errors.Join(err, e)
	}
	var e error
	p.server, e = net.Listen("tcp4", "127.0.0.1:0")
	return errors.Join(err, e, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: 64}))
}

// raiseLoopback brings up the loopback interface of the namespace.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}

// take takes all descriptors.
func (p *prisoner) take() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		if err != nil {
			return
		}
		p.taken = append(p.taken, fd)
	}
}

// release gives them back.
func (p *prisoner) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, fd := range p.taken {
		unix.Close(fd)
	}
	p.taken = nil
}

// forget forgets all names, which would answer for seconds, and the famine, which
// would last as long.
func (p *prisoner) forget() {
	n := p.net.names
	n.mu.Lock()
	defer n.mu.Unlock()
	n.memory = memory{}
	p.net.descriptors.famine.Store(0)
}

// round asks for the server in every way.
func (p *prisoner) round() {
	p.saw.After = nil
	for _, host := range prisonHosts {
		verdict, reason, text := Classify(p.ask(host))
		p.saw.After = append(p.saw.After, string(text))
		switch verdict {
		case health.Pass:
			p.saw.Passed++
		case health.Fail:
			p.saw.Lies = append(p.saw.Lies, string(text))
			fallthrough
		default:
			p.saw.Reasons[reason]++
		}
	}
}

func (p *prisoner) ask(host string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	addrs, err := p.net.Resolve(ctx, host, health.FamilyAuto)
	if err != nil {
		return err
	}
	to := netip.AddrPortFrom(addrs.V4[0], addrOf(p.server).Port())
	if err := p.net.Touch(ctx, to, health.Accept); err != nil {
		return err
	}
	c, err := p.net.Dial(ctx, to)
	if err == nil {
		c.Close()
	}
	return err
}

// TestFamine: whoever has no descriptors says so, and nothing against a healthy
// server, by address and by name; even when the configuration could not be read
// and somebody else answers for the resolver.
func TestFamine(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("making namespaces needs CAP_SYS_ADMIN")
	}
	for _, how := range []string{"always", "sometimes"} {
		t.Run(how, func(t *testing.T) {
			attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
			p := start(t, "starved", attr, how)
			var saw famine
			if err := json.Unmarshal([]byte(p.line(t)), &saw); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d passed, else %v", saw.Passed, saw.Reasons)
			if len(saw.Lies) > 0 {
				t.Errorf("%d lies, as %q", len(saw.Lies), saw.Lies[0])
			}
			if saw.Reasons[health.LocalFDs] == 0 || saw.Passed == 0 {
				t.Error("there was no famine, or it never ended")
			}
			if strings.Join(saw.After, "") != "" {
				t.Errorf("with descriptors again: %q", saw.After)
			}
		})
	}
}

// TestFamineIsRemembered: what could not be read in it may be missing for some
// time.
func TestFamineIsRemembered(t *testing.T) {
	d := newDescriptors()
	d.note(errors.New("anything else"))
	if d.short() {
		t.Error("there are enough")
	}
	d.note(fmt.Errorf("socket: %w", unix.ENFILE))
	if !d.short() {
		t.Error("there were too few a moment ago")
	}
	d.began = d.began.Add(-famineLasts)
	if d.short() {
		t.Error("that was long ago")
	}
}
