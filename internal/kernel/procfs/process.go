package procfs

import (
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// A process is one that leads the holders of a socket. Pid and start time are
// its identity.
type process struct {
	start   uint64
	facts   facts
	shown   *port.Process // a copy of the facts; handed out, so replaced and never changed
	checked uint64        // the pass that last saw it alive
	changed time.Time     // when the facts were seen to change
	due     time.Time     // when to read them again
}

// The facts are read again after as long as they have held, within these
// bounds: a server may give up privileges or execute another program right
// after it opened its port, and hardly ever later.
const (
	soonest = time.Second
	latest  = 30 * time.Second
)

// take replaces the facts.
func (p *process) take(now facts, at time.Time) {
	if p.shown == nil || now != p.facts {
		shown := now.Process
		p.facts, p.shown, p.changed = now, &shown, at
	}
	p.due = at.Add(min(max(at.Sub(p.changed), soonest), latest))
}

// process returns the process with a pid, looked at once in every pass, or
// nil when it is gone.
func (o *Owners) process(pid int) *process {
	p := o.processes[pid]
	if p != nil && p.checked == o.pass {
		return p
	}
	start, quiet, err := o.glance(pid, p)
	if err == nil && !quiet {
		if p == nil || p.start != start {
			p = &process{start: start, facts: facts{Process: port.Process{StartedAt: startedAt(o.boot, start)}}}
		}
		err = o.read(pid, p)
	}
	if gone(err) || p == nil || p.shown == nil {
		delete(o.processes, pid)
		return nil
	}
	o.processes[pid], p.checked = p, o.pass // where we could not look, we go by what we know
	return p
}

// glance reads when the process with a pid started, and whether everything
// else can be taken to be as p says.
func (o *Owners) glance(pid int, p *process) (start uint64, quiet bool, err error) {
	s := o.fs.borrow()
	defer o.fs.giveBack(s)
	st, err := o.fs.stat(s, pid)
	quiet = p != nil && p.start == st.start && o.now.Before(p.due) &&
		string(st.comm) == string(p.facts.Name) && st.ppid == p.facts.PPID
	return st.start, quiet, err
}

// read reads the facts of p again.
func (o *Owners) read(pid int, p *process) error {
	now, err := o.fs.facts(pid, p.start, p.facts)
	if err != nil {
		return err
	}
	now.User = o.users.name(now.UID)
	p.take(now, o.now)
	return nil
}

// startedAt converts a start time in clock ticks since boot. It is zero, which
// is unknown, when the time of the boot is.
func startedAt(boot time.Time, ticks uint64) time.Time {
	if boot.IsZero() {
		return boot
	}
	seconds, rest := ticks/ticksPerSecond, ticks%ticksPerSecond
	return boot.Add(time.Duration(seconds)*time.Second + time.Duration(rest)*(time.Second/ticksPerSecond))
}
