package port

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// An Owner is who holds a listening socket. The zero Owner means the process
// is unknown, usually because we lack the permission to see it.
type Owner struct {
	Known     bool         `json:"known"`
	Reason    Unseen       `json:"reason,omitempty"` // why it is unknown
	User      foreign.Text `json:"user,omitempty"`   // of the socket; a number when the name is unknown
	PIDs      []int        `json:"pids,omitempty"`   // every process that holds the socket, ascending
	Leader    *Process     `json:"leader,omitempty"` // the common ancestor among them, else the oldest
	Unit      foreign.Text `json:"unit,omitempty"`   // systemd unit, from the cgroup
	Container foreign.Text `json:"container,omitempty"`
}

// An Unseen says why an owner is unknown.
type Unseen string

// The reasons for an unknown owner.
const (
	UnseenPermission Unseen = "permission" // needs CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH
	UnseenRefused    Unseen = "refused"    // kept from us though no capability is missing: a security module, a user namespace
	UnseenPending    Unseen = "pending"    // the scan for it is yet to come
	UnseenKernel     Unseen = "kernel"     // no process holds it: the kernel's own socket
	UnseenNetNS      Unseen = "netns"      // in a namespace whose processes are hidden, or out of ours
)

// A Process is one process that holds a socket. It is known by (PID,
// StartedAt): pids are used again.
type Process struct {
	PID        int          `json:"pid"`
	PPID       int          `json:"ppid"`
	Name       foreign.Text `json:"name"` // the kernel's comm: at most 15 bytes, chosen by the process
	Exe        foreign.Text `json:"exe,omitempty"`
	ExeDeleted bool         `json:"exe_deleted"` // replaced or removed on disk since it started
	Script     foreign.Text `json:"script,omitempty"`
	Cwd        foreign.Text `json:"cwd,omitempty"` // with Script: interpreters only
	UID        uint32       `json:"uid"`
	User       foreign.Text `json:"user"`
	StartedAt  time.Time    `json:"started_at"`
}

// Same reports whether p and q are the same process, not merely the same pid.
func (p *Process) Same(q *Process) bool {
	if p == nil || q == nil {
		return p == q
	}
	return p.PID == q.PID && p.StartedAt.Equal(q.StartedAt)
}
