package procfs

import (
	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// A facts is all that is known of a process that leads a socket's holders.
type facts struct {
	port.Process
	unit, container foreign.Text
}

// facts reads the facts of the process that has the given pid and start time.
// What has not changed is taken over from old, so that looking again costs no
// allocation.
//
// The start time is read after everything else: facts that another process
// with the same pid would have told are never returned.
func (f *FS) facts(pid int, start uint64, old facts) (facts, error) {
	s := f.borrow()
	defer f.giveBack(s)
	now := old
	now.PID = pid
	// An exec between two reads would mix the facts of two programs. The
	// second look at the executable tells; a process that executes another
	// all the time is shown as it was caught.
	for range 3 {
		if err := f.gather(s, pid, &now); err != nil {
			return facts{}, err
		}
		if exe, deleted := f.target(s, pid, "exe"); string(exe) == string(now.Exe) && deleted == now.ExeDeleted {
			break
		}
	}
	st, err := f.stat(s, pid)
	if err == nil && st.start != start {
		err = unix.ESRCH
	}
	now.Name, now.PPID = keep(old.Name, st.comm), st.ppid
	return now, err
}

// gather reads everything but what stat tells.
func (f *FS) gather(s *scratch, pid int, now *facts) (err error) {
	exe, deleted := f.target(s, pid, "exe")
	now.Exe, now.ExeDeleted = keep(now.Exe, exe), deleted
	if now.UID, err = f.uid(s, pid); err != nil {
		return err
	}
	if err = f.readProgram(s, pid, now); err != nil {
		return err
	}
	now.unit, now.container, err = f.place(s, pid, now.unit, now.container)
	return err
}

// readProgram reads what an interpreter runs, and where: the directory tells
// two programs of one name apart.
func (f *FS) readProgram(s *scratch, pid int, now *facts) error {
	d := dialectOf(string(now.Exe))
	if d == nil {
		now.Script, now.Cwd = "", ""
		return nil
	}
	cwd, _ := f.target(s, pid, "cwd")
	now.Cwd = keep(now.Cwd, cwd)
	cmdline, err := f.of(s, pid, "cmdline").records(0)
	now.Script = keep(now.Script, d.script(cmdline))
	return err
}

// place returns where a process stands in the tree of control groups; the
// given texts themselves if they still say it.
func (f *FS) place(s *scratch, pid int, unit, container foreign.Text) (foreign.Text, foreign.Text, error) {
	cgroup, err := f.of(s, pid, "cgroup").records('\n')
	p := parseCgroup(cgroup)
	return keep(unit, p.unit), keep(container, p.container), err
}

// unit returns the systemd unit of a process; empty when it has none.
func (f *FS) unit(pid int) foreign.Text {
	s := f.borrow()
	defer f.giveBack(s)
	unit, _, _ := f.place(s, pid, "", "")
	return unit
}

// keep returns the text of b: old itself where it says the same.
func keep(old foreign.Text, b []byte) foreign.Text {
	if string(old) == string(b) {
		return old
	}
	return foreign.Text(b)
}
