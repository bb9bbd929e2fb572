package procfs

import (
	"bytes"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A sight is how much of the machine's processes the reader can see.
type sight struct {
	missing    string       // the capabilities that it lacks
	hidepid    foreign.Text // the mount option's value where it hides processes from us, else empty
	namespaced bool         // only the processes of one PID namespace are shown, not the machine's
}

// sight finds out how much the reader can see. What cannot be told is taken
// for the worse, for then a missing holder proves nothing.
func (f *FS) sight() sight {
	var v sight
	caps, _ := f.capabilities()
	v.missing = strings.Join(caps.missing(), " and ")
	if !caps.has(capSysPtrace) { // with it, every process shows (has_pid_permissions in fs/proc/base.c)
		v.hidepid = f.hidepid()
	}
	v.namespaced = v.hidepid == "" && !f.initial()
	return v
}

// hidepid returns the value of proc's mount option hidepid, proc(5); empty
// where it is off.
func (f *FS) hidepid() foreign.Text {
	var value foreign.Text
	s := f.borrow()
	defer f.giveBack(s)
	// Unreadable leaves it empty: whatever else hides processes says so itself.
	_ = f.in(s, "self/mountinfo").lines(func(line []byte) bool {
		if point, options, ok := procMount(line); ok && string(point) == f.root {
			value = foreign.Text(hidepidOf(options)) // a later mount covers an earlier one
		}
		return true
	})
	return value
}

// procMount reads a line of proc_pid_mountinfo(5): the mount point and the
// file system's own options, if it is a proc file system.
func procMount(line []byte) (point, options []byte, ok bool) {
	line, tail, ok := bytes.Cut(line, []byte(" - "))
	head, rest := fields{line}, fields{tail}
	head.skip(4) // id parent device root
	point = head.next()
	kind := rest.next()
	rest.skip(1) // source
	return point, rest.next(), ok && string(kind) == "proc"
}

// hidepidOf returns the value of hidepid among options, empty when it hides nothing.
func hidepidOf(options []byte) []byte {
	for len(options) > 0 {
		var option []byte
		option, options, _ = bytes.Cut(options, []byte{','})
		value, ok := bytes.CutPrefix(option, []byte("hidepid="))
		if ok && string(value) != "0" && string(value) != "off" {
			return value
		}
	}
	return nil
}

// initial reports whether the processes shown are those of the initial PID
// namespace, the machine's: only there is process 2 the kernel's own
// (kthreadd in kernel/kthread.c), which no process can imitate.
func (f *FS) initial() bool {
	s := f.borrow()
	defer f.giveBack(s)
	st, err := f.stat(s, 2)
	return err == nil && st.flags&kernelThread != 0
}
