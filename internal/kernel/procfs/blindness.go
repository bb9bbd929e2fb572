package procfs

import (
	"fmt"
	"strings"

	"github.com/portreeve/portreeve/internal/port"
)

// A blindness is which owners could not be found, and why.
type blindness struct {
	hidden  int // sockets whose holders are hidden from us
	waiting int // sockets whose holders a broken scan did not find
	err     error
	sight   sight
}

// blindSpots tells of the owners that are missing among sockets. While nothing
// changes, it is the same list each time.
func (o *Owners) blindSpots(sockets []port.Socket) []port.Degraded {
	now := blindness{err: o.scan.err}
	for i := range sockets {
		switch sockets[i].Owner.Reason {
		case port.UnseenPermission, port.UnseenRefused, port.UnseenNetNS:
			now.hidden++
			now.sight = o.sight
		case port.UnseenPending:
			now.waiting++
		}
	}
	if now.err == nil {
		now.waiting = 0 // they have their turn
	}
	if now != o.blind {
		o.blind, o.degraded = now, now.describe()
	}
	return o.degraded
}

func (b blindness) describe() []port.Degraded {
	var list []port.Degraded
	if b.hidden > 0 {
		list = append(list, port.Degraded{Code: "owners", Text: unknown(b.hidden) + b.sight.why(), Hint: b.sight.remedy()})
	}
	if b.waiting > 0 {
		list = append(list, port.Degraded{Code: "owners", Text: unknown(b.waiting) + fmt.Sprintf("processes cannot be read: %v", b.err)})
	}
	return list
}

func unknown(sockets int) string {
	if sockets == 1 {
		return "the owner of 1 listening socket is unknown: "
	}
	return fmt.Sprintf("the owners of %d listening sockets are unknown: ", sockets)
}

// why says what hides processes from the reader.
func (v sight) why() string {
	var reasons []string
	if v.missing != "" {
		reasons = append(reasons, "missing "+v.missing)
	}
	if v.hidepid != "" {
		reasons = append(reasons, fmt.Sprintf("/proc is mounted with hidepid=%v, which hides the processes of others", v.hidepid))
	}
	if v.namespaced {
		reasons = append(reasons, "this PID namespace shows only some of the machine's processes")
	}
	if len(reasons) == 0 {
		return "the kernel refuses although no capability is missing (a user namespace or a security module)"
	}
	return strings.Join(reasons, "; ")
}

// remedy says what would let the reader see them.
func (v sight) remedy() string {
	switch {
	case v.missing != "":
		return "run as root, or grant it once: setcap cap_sys_ptrace,cap_dac_read_search+ep $(command -v portreeve)"
	case v.namespaced:
		return "share the machine's PID namespace (docker run --pid=host)"
	}
	return "see whether a security module (AppArmor, SELinux) or a user namespace keeps ptrace(2) from us"
}
