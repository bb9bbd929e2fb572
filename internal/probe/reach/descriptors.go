package reach

import (
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// descriptors watches this process run out of file descriptors: nothing that
// may come from that can be believed. It is safe for concurrent use.
type descriptors struct {
	began  time.Time
	famine atomic.Int64 // when there were too few last, as time since began; 0: never
}

func newDescriptors() *descriptors { return &descriptors{began: time.Now()} }

// lookupDescriptors is what looking up a name in one family takes: a socket
// and a file of the configuration.
const lookupDescriptors = 2

// famineLasts is how long what could not be read in a famine may be missing:
// package net looks at its configuration files again after five seconds.
const famineLasts = 6 * time.Second

// starved reports whether an error tells of too few descriptors. Errors of
// package net's resolver have lost the errno, and only their text is left.
func starved(err error) bool {
	if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns) && (strings.Contains(dns.Err, unix.EMFILE.Error()) || strings.Contains(dns.Err, unix.ENFILE.Error()))
}

// note remembers the famine that an error tells of, if it does.
func (d *descriptors) note(err error) {
	if err != nil && starved(err) {
		d.famine.Store(int64(time.Since(d.began)))
	}
}

// short reports whether there are, or were a moment ago, too few descriptors
// for a lookup. It tries.
func (d *descriptors) short() bool {
	var opened [lookupDescriptors]int
	n := 0
	for n < len(opened) {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		if err != nil {
			d.note(err)
			break
		}
		opened[n] = fd
		n++
	}
	for _, fd := range opened[:n] {
		unix.Close(fd)
	}
	at := d.famine.Load()
	return at != 0 && time.Since(d.began)-time.Duration(at) < famineLasts
}
