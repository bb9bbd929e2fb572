package kernel

import (
	"fmt"

	"github.com/portreeve/portreeve/internal/port"
)

// What /proc does not tell, whatever the reason to read it.
const procfsLacks = "sockets are read from /proc, which does not tell limits and drops of accept queues, " +
	"devices that sockets are bound to, and the closing of a port at once"

func procfsChosen() port.Degraded {
	return port.Degraded{Code: "netlink", Text: procfsLacks + ", as asked for"}
}

func netlinkRefused(err error) port.Degraded {
	return port.Degraded{
		Code: "netlink",
		Text: fmt.Sprintf("%s: sock_diag does not work: %v", procfsLacks, err),
		Hint: "allow AF_NETLINK sockets (RestrictAddressFamilies= of a systemd unit) and load the kernel module tcp_diag",
	}
}

func udpRefused(err error) port.Degraded {
	return port.Degraded{
		Code: "netlink",
		Text: fmt.Sprintf("UDP sockets are read from /proc, which does not tell the devices that they are bound to: %v", err),
		Hint: "load the kernel module udp_diag",
	}
}

func closuresRefused(err error) port.Degraded {
	return port.Degraded{
		Code: "closures",
		Text: fmt.Sprintf("a closed port shows at the next look, not at once: %v", err),
	}
}

func ephemeralUnknown(last port.Range, err error) port.Degraded {
	if last != (port.Range{}) {
		return port.Degraded{
			Code: "ephemeral",
			Text: fmt.Sprintf("ports of outgoing connections are taken to be %d to %d, as last read: %v", last.Low, last.High, err),
		}
	}
	return port.Degraded{
		Code: "ephemeral",
		Text: fmt.Sprintf("ports of services cannot be told from those of outgoing connections: %v", err),
	}
}

func timeWaitUnknown(err error) port.Degraded {
	return port.Degraded{
		Code: "time_wait",
		Text: fmt.Sprintf("the number of connections in TIME_WAIT is unknown: %v", err),
	}
}

func clientsBlurred() port.Degraded {
	return port.Degraded{
		Code: "clients",
		Text: "there are more client addresses than are kept apart: numbers of clients with an error above zero may be too high by that much",
	}
}

func namespacesBarred(n int) port.Degraded {
	d := namespacesFromProc(n)
	d.Hint = enterHint
	return d
}

func namespacesFromProc(n int) port.Degraded {
	return port.Degraded{
		Code: "netns",
		Text: fmt.Sprintf("listeners of other network namespaces (%d) are read from /proc, a few at each look: "+
			"changes there show late, limits and drops of accept queues not at all", n),
	}
}

func namespacesUnread(n int, why string) port.Degraded {
	return port.Degraded{
		Code: "netns",
		Text: fmt.Sprintf("listeners of other network namespaces (%d) cannot be seen: %s", n, why),
		Hint: enterHint,
	}
}

func namespacesStale(n int, why string) port.Degraded {
	return port.Degraded{
		Code: "netns",
		Text: fmt.Sprintf("listeners of other network namespaces (%d) are shown as they were last seen: %s", n, why),
		Hint: "see whether a limit keeps us from opening files (LimitNOFILE= of a systemd unit, ulimit -n)",
	}
}

const enterHint = "grant CAP_SYS_ADMIN and CAP_SYS_PTRACE, or run as root"

func namespacesPending(n int) port.Degraded {
	return port.Degraded{
		Code: "netns",
		Text: fmt.Sprintf("listeners of other network namespaces (%d) have not been read yet: there are many, and the next look goes on with them", n),
	}
}

func namespacesUnlisted(why string) port.Degraded {
	return port.Degraded{
		Code: "netns",
		Text: fmt.Sprintf("processes cannot be looked through for other network namespaces; those that are known stay: %s", why),
	}
}
