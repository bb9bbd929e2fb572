package port

import (
	"fmt"
	"hash/fnv"
	"path"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Service is what a listener belongs to, the same across restarts and
// across the ports it holds: its container, else its systemd unit, else, for
// interpreters, user + script + directory, else its executable. A process's
// own name is never enough: processes choose it.
type Service struct {
	Name  foreign.Text `json:"name"` // for people; empty when the owner is unknown
	Kind  ServiceKind  `json:"kind"`
	Key   string       `json:"key"`                  // stable, opaque: equal keys are one service
	Ports []uint16     `json:"ports,omitempty"`      // the lowest ones, ascending, when it holds more than one
	More  int          `json:"more_ports,omitempty"` // how many it holds beyond those
}

// maxServicePorts bounds Ports: every row of a service carries them.
const maxServicePorts = 16

// Siblings returns the other ports of l's service, the lowest ones, and how
// many more there are.
func (l *Listener) Siblings() (ports []uint16, more int) {
	for _, p := range l.Service.Ports {
		if p != l.Port {
			ports = append(ports, p)
		}
	}
	more = l.Service.More
	if more > 0 && len(ports) == len(l.Service.Ports) {
		more-- // l's own port is among those that are not named
	}
	return ports, more
}

// A ServiceKind says what a service's identity rests on.
type ServiceKind string

// The kinds of service, from the surest to the least sure.
const (
	ByContainer  ServiceKind = "container"
	ByUnit       ServiceKind = "unit"
	ByScript     ServiceKind = "script"
	ByExecutable ServiceKind = "executable"
	ByUser       ServiceKind = "user" // owner unknown: the socket's user is all there is
)

// ServiceOf returns the service that a socket belongs to.
func ServiceOf(s Socket) Service {
	o, p := s.Owner, s.Owner.Leader
	switch {
	case o.Container != "":
		return service(ByContainer, shortID(o.Container), string(o.Container))
	case o.Unit != "":
		return service(ByUnit, o.Unit, unitUser(p), string(o.Unit))
	case p == nil:
		return service(ByUser, "", fmt.Sprint(s.UID))
	case p.Script != "":
		return service(ByScript, scriptName(p), fmt.Sprint(p.UID), string(p.Cwd), string(p.Script))
	case p.Exe != "":
		// A user may mount a file of his own over any path: his is not root's.
		return service(ByExecutable, foreign.Text(path.Base(string(p.Exe))), fmt.Sprint(p.UID), string(p.Exe))
	}
	return service(ByExecutable, p.Name, fmt.Sprint(p.UID), string(p.Name))
}

// unitUser tells two users' units of one name apart. A unit of the system's
// has one leader whatever users its workers run as.
func unitUser(leader *Process) string {
	if leader == nil {
		return ""
	}
	return fmt.Sprint(leader.UID)
}

func service(kind ServiceKind, name foreign.Text, parts ...string) Service {
	h := fnv.New64a()
	h.Write([]byte(kind))
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(p))
	}
	return Service{Name: name, Kind: kind, Key: fmt.Sprintf("%016x", h.Sum64())}
}

// shortID shortens a container's hash to the twelve digits that people know
// from its engine's listing; names stay whole.
func shortID(id foreign.Text) foreign.Text {
	if len(id) == 64 && strings.Trim(string(id), "0123456789abcdef") == "" {
		return id[:12]
	}
	return id
}

// scriptName names an interpreter's service by its script, or by its
// directory where the script's name says nothing (server.js, main.py …).
func scriptName(p *Process) foreign.Text {
	base := path.Base(string(p.Script))
	stem := strings.TrimSuffix(base, path.Ext(base))
	if slices.Contains(emptyNames, strings.ToLower(stem)) && p.Cwd != "" && p.Cwd != "/" {
		return foreign.Text(path.Base(string(p.Cwd)))
	}
	return foreign.Text(base)
}

var emptyNames = []string{"app", "index", "main", "manage", "run", "server", "start", "www", "__main__"}

var interpreters = []string{"node", "nodejs", "deno", "bun", "python", "ruby", "java", "php", "php-fpm", "perl", "pypy"}

// Interpreter reports whether an executable runs other people's programs, so
// that the script says more about a service than the executable does.
func Interpreter(exe string) bool {
	name := strings.TrimRight(path.Base(exe), "0123456789.")
	return slices.Contains(interpreters, name)
}
