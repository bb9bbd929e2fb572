package procfs

import "slices"

// leader returns which of the holders, ordered by pid, speaks for the others:
// the one that all others descend from, as a prefork server's master is, else
// the oldest. parent tells the parents of those between them that hold
// nothing themselves, such as a shell.
func leader(holders []kin, parent func(pid int) (ppid int, ok bool)) kin {
	var roots int
	var root, oldest kin
	for i, k := range holders {
		if i == 0 || k.start < oldest.start {
			oldest = k
		}
		if !descends(k, holders, parent) {
			roots, root = roots+1, k
		}
	}
	if roots == 1 {
		return root
	}
	return oldest
}

// descends reports whether an ancestor of k is among the holders.
func descends(k kin, holders []kin, parent func(pid int) (ppid int, ok bool)) bool {
	// Reading the tree while it changes could lead in a circle.
	const deepest = 64
	pid, ok := k.ppid, true
	for range deepest {
		if !ok || pid <= 0 || pid == k.pid {
			return false
		}
		if _, found := slices.BinarySearchFunc(holders, pid, func(h kin, pid int) int { return h.pid - pid }); found {
			return true
		}
		pid, ok = parent(pid)
	}
	return false
}
