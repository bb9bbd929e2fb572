package procfs

import "bytes"

// A place is where a process stands in the tree of control groups, as far as
// it says who runs it. Both parts may be empty.
type place struct{ unit, container []byte }

// parseCgroup reads the content of /proc/PID/cgroup, cgroups(7): one line
// hierarchy:controllers:path for each hierarchy of version 1, and 0::path for
// version 2. Hybrid machines have both.
//
// The unit is systemd's, who names groups in its own hierarchy, which is
// name=systemd on version 1 and else the one of version 2; other hierarchies
// may stop at the slice. The container may stand in any: engines without
// systemd make groups where they need them. The result lies in b, which is
// changed.
func parseCgroup(b []byte) place {
	var p place
	var systemd, unified, other []byte
	for len(b) > 0 {
		line, rest, _ := bytes.Cut(b, []byte{'\n'})
		_, line, _ = bytes.Cut(line, []byte{':'})
		controllers, path, _ := bytes.Cut(line, []byte{':'})
		path = bytes.TrimSuffix(path, []byte(unlinked))
		switch {
		case string(controllers) == "name=systemd":
			systemd = path
		case len(controllers) == 0:
			unified = path
		case len(other) == 0:
			other = path
		}
		if len(p.container) == 0 {
			p.container = containerOf(path)
		}
		b = rest
	}
	for _, path := range [...][]byte{systemd, unified, other} {
		if len(p.unit) == 0 {
			p.unit = unitOf(path)
		}
	}
	p.unit = unescape(p.unit)
	return p
}

// unitOf returns the innermost component of a path that is a unit of a lasting
// name. Scopes of login sessions, of containers and of what a user starts by
// hand (a terminal, a tmux window) are made up as they come: they tell how a
// process came to be, not what it is.
func unitOf(path []byte) []byte {
	path = bytes.TrimSuffix(path, []byte("/init.scope")) // where a manager keeps itself
	personal := bytes.Contains(path, []byte("/user@"))
	for last := true; len(path) > 0; last = false {
		var name []byte
		path, name = innermost(path)
		kind := string(name[max(bytes.LastIndexByte(name, '.'), 0):])
		switch {
		case kind == ".service" && bytes.HasPrefix(name, []byte("user@")): // a user's manager: a unit only of itself
			if last {
				return name
			}
		case kind == ".service", kind == ".socket":
			return name
		case kind == ".scope" && !personal && !bytes.HasPrefix(name, []byte("session-")) && containerID(name) == nil:
			return name
		}
	}
	return nil
}

// innermost cuts the last component off a path.
func innermost(path []byte) (rest, name []byte) {
	i := bytes.LastIndexByte(path, '/')
	return path[:max(i, 0)], path[i+1:]
}

// unescape undoes systemd's escapes \xHH in a unit's name, systemd.unit(5).
// The result lies in b, which is changed.
func unescape(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := b[:0]
	for len(b) > 0 {
		if len(b) >= 4 && b[0] == '\\' && b[1] == 'x' {
			high, okHigh := hexDigit(b[2])
			low, okLow := hexDigit(b[3])
			if okHigh && okLow {
				out, b = append(out, high<<4|low), b[4:]
				continue
			}
		}
		out, b = append(out, b[0]), b[1:]
	}
	return out
}
