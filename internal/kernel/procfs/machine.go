package procfs

import (
	"bytes"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// Ephemeral returns the ports that the kernel hands to outgoing connections:
// net.ipv4.ip_local_port_range, which holds for IPv6 too.
func (f *FS) Ephemeral() (port.Range, error) {
	s := f.borrow()
	defer f.giveBack(s)
	b, err := f.in(s, "sys/net/ipv4/ip_local_port_range").read()
	if err != nil {
		return port.Range{}, s.failed(err)
	}
	line := fields{bytes.TrimSpace(b)}
	low, okLow := decimal(line.next(), 16)
	high, okHigh := decimal(line.next(), 16)
	if !okLow || !okHigh {
		return port.Range{}, s.failed(ErrFormat)
	}
	return port.Range{Low: uint16(low), High: uint16(high)}, nil
}

// TimeWait returns the number of TCP sockets in TIME_WAIT, both families, in
// the reader's network namespace.
func (f *FS) TimeWait() (uint32, error) {
	n, err := f.figure("net/sockstat", "TCP:", "tw")
	return uint32(n), err
}

// BootTime returns when the machine was booted, to the second. It moves when
// somebody sets the clock.
func (f *FS) BootTime() (time.Time, error) {
	n, err := f.figure("stat", "btime", "")
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(int64(n), 0).UTC(), nil
}

// figure returns the number after key in the line of a file that begins with
// the word line; without a key, the one after that word.
func (f *FS) figure(name, line, key string) (n uint64, err error) {
	s := f.borrow()
	defer f.giveBack(s)
	found := false
	err = f.in(s, name).lines(func(b []byte) bool {
		words := fields{b}
		if string(words.next()) != line {
			return true
		}
		for key != "" && len(words.rest) > 0 && string(words.next()) != key {
		}
		n, found = decimal(words.next(), 32)
		return false
	})
	if err == nil && !found {
		err = ErrFormat
	}
	return n, s.failed(err)
}

// Release returns the kernel's release, as uname -r; empty when unreadable.
func (f *FS) Release() string { return f.word("sys/kernel/osrelease") }

// Host returns the machine's name, as uname -n; empty when unreadable.
func (f *FS) Host() string { return f.word("sys/kernel/hostname") }

func (f *FS) word(name string) string {
	s := f.borrow()
	defer f.giveBack(s)
	b, err := f.in(s, name).read()
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b))
}
