package kernel

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/portreeve/portreeve/internal/port"
)

// A sight is what a Reader in another process saw.
type sight struct {
	Options     Options
	Request     port.ConnectionsRequest
	Listening   port.Listening
	Connections port.Connections
}

// look reads once.
func (s *sight) look() error {
	r, err := Open(s.Options)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := r.Listeners(background, &s.Listening); err != nil {
		return err
	}
	return r.Connections(background, s.Request, &s.Connections)
}

// nobody is a user without any privilege. There is none where an ordinary user
// made a namespace to run the tests in: it holds that user alone.
func nobody(t *testing.T) *syscall.SysProcAttr {
	t.Helper()
	users, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		t.Fatal(err)
	}
	if f := strings.Fields(string(users)); os.Geteuid() != 0 || f[len(f)-1] == "1" {
		t.Skip("becoming another user needs CAP_SETUID")
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

// readAsNobody returns what an unprivileged process in the namespace of the
// calling thread sees.
func readAsNobody(t *testing.T, o Options, req port.ConnectionsRequest) sight {
	t.Helper()
	options, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, "read", nobody(t), string(options), string(request))
	var seen sight
	if err := json.Unmarshal([]byte(p.line), &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

// degraded returns the text and hint of the blind spot with a code.
func degraded(t *testing.T, all []port.Degraded, code string) string {
	t.Helper()
	i := slices.IndexFunc(all, func(d port.Degraded) bool { return d.Code == code })
	if i < 0 {
		t.Errorf("nothing says that %s are not seen: %+v", code, all)
		return ""
	}
	return all[i].Text + " / " + all[i].Hint
}

// TestUnprivilegedCountsRight has sockets of root watched by nobody.
func TestUnprivilegedCountsRight(t *testing.T) {
	enterNetNS(t)
	l := listen(t, "tcp", ":8500")
	for range 20 {
		dial(t, "127.0.0.2", "127.0.0.1", 8500)
		accept(t, l)
	}
	dial(t, "::1", "::1", 8500)
	req := port.ConnectionsRequest{Ports: []uint16{8500}, Clients: []uint16{8500}, Top: 1}
	for _, source := range sources {
		t.Run(source, inNamespaceOf(t, func(t *testing.T) {
			seen := readAsNobody(t, Options{Source: source}, req)
			v4, v6 := byFamily(seen.Connections, 8500)
			if v4 != (port.Counts{Established: 20}) || v6 != (port.Counts{Unaccepted: 1}) {
				t.Errorf("IPv4 %+v, IPv6 %+v", v4, v6)
			}
			if c, _ := seen.Connections.ClientsOf(8500); len(c.Top) != 1 || c.Top[0].Connections != 20 {
				t.Errorf("clients %+v", c)
			}
			i := slices.IndexFunc(seen.Listening.Sockets, func(s port.Socket) bool { return s.Port == 8500 && s.NetNS == seen.Listening.NetNS })
			if i < 0 {
				t.Fatalf("the listener is not seen: %+v", seen.Listening.Sockets)
			}
			s := seen.Listening.Sockets[i]
			if s.Owner.Known || s.Owner.Reason != port.UnseenPermission || s.UID != 0 || s.NetNS == 0 {
				t.Errorf("%+v", s)
			}
			if text := degraded(t, seen.Listening.Degraded, "owners"); !strings.Contains(text, "CAP_SYS_PTRACE") {
				t.Errorf("owners: %s", text)
			}
		}))
	}
}

// TestUnprivilegedSeesOtherNamespaces has listeners in two other namespaces,
// whose identity is hidden from nobody.
func TestUnprivilegedSeesOtherNamespaces(t *testing.T) {
	first, second := startElsewhere(t, "0.0.0.0:8500", "[::]:8501"), startElsewhere(t, "0.0.0.0:8500")
	a, b := tableInode(first), tableInode(second)
	if a == b || a == 0 || b == 0 {
		t.Fatalf("tables %d and %d", a, b)
	}
	for _, source := range sources {
		seen := readAsNobody(t, Options{Source: source}, port.ConnectionsRequest{})
		for _, want := range []struct {
			netns  uint64
			number uint16
		}{{a, 8500}, {a, 8501}, {b, 8500}} {
			i := slices.IndexFunc(seen.Listening.Sockets, func(s port.Socket) bool { return s.Port == want.number && s.NetNS == want.netns })
			if i < 0 {
				t.Fatalf("%s: port %d of %d is not seen: %+v", source, want.number, want.netns, seen.Listening.Sockets)
			}
			if s := seen.Listening.Sockets[i]; s.Bind.Queue.Known || s.Owner.Known {
				t.Errorf("%s: %+v", source, s)
			}
		}
		hint := strings.Contains(degraded(t, seen.Listening.Degraded, "netns"), "CAP_SYS_ADMIN")
		if hint != (source == Netlink) {
			t.Errorf("%s: %+v", source, seen.Listening.Degraded)
		}
	}
}

// tableInode returns the inode of net/tcp in the namespace of a player.
func tableInode(p *player) uint64 {
	return inodeOf(fmt.Sprintf("/proc/%d/net/tcp", p.cmd.Process.Pid))
}
