package procfs

import "slices"

// A holder is a process that holds a socket, through one of its descriptors.
type holder struct{ pid, fd int }

// A kin is a holder with its place in the family tree of processes.
type kin struct {
	holder
	ppid    int
	start   uint64
	manager bool // systemd, or whatever else is process 1
}

// kin finds out about a holder, and whether it still holds the socket.
func (f *FS) kin(h holder, inode uint64) (kin, bool) {
	s := f.borrow()
	defer f.giveBack(s)
	st, err := f.stat(s, h.pid)
	k := kin{h, st.ppid, st.start, h.pid == 1 || string(st.comm) == "systemd"}
	return k, err == nil && f.holds(h.pid, h.fd, inode)
}

// kins returns the holders that still hold the socket.
func (f *FS) kins(holders []holder, inode uint64) []kin {
	kins := make([]kin, 0, len(holders))
	for _, h := range holders {
		if k, ok := f.kin(h, inode); ok {
			kins = append(kins, k)
		}
	}
	return kins
}

func holdersOf(kins []kin) []holder {
	holders := make([]holder, len(kins))
	for i := range kins {
		holders[i] = kins[i].holder
	}
	return holders
}

// activated returns the holders without the service manager, if it opened the
// socket on behalf of the others (systemd.socket(5)): the port is the
// service's once that runs. A manager stands in another unit than the service;
// a server that is process 1 of a container stands where its workers do.
func (f *FS) activated(kins []kin) []kin {
	services := slices.DeleteFunc(slices.Clone(kins), func(k kin) bool { return k.manager })
	i := slices.IndexFunc(kins, func(k kin) bool { return k.manager })
	if i < 0 || len(services) == 0 {
		return kins
	}
	unit := f.unit(kins[i].pid)
	if !slices.ContainsFunc(services, func(k kin) bool { return f.unit(k.pid) != unit }) {
		return kins
	}
	return services
}

// parent returns the parent of a process.
func (f *FS) parent(pid int) (ppid int, ok bool) {
	s := f.borrow()
	defer f.giveBack(s)
	st, err := f.stat(s, pid)
	return st.ppid, err == nil
}

// started reports whether pid is the process that started at start.
func (f *FS) started(pid int, start uint64) bool {
	s := f.borrow()
	defer f.giveBack(s)
	st, err := f.stat(s, pid)
	return err == nil && st.start == start
}
