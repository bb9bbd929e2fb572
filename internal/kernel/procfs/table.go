package procfs

import (
	"errors"
	"path"
	"strings"
)

// ErrFormat tells that a file is there but reads like nothing we know.
var ErrFormat = errors.New("unknown format")

// Table visits every row of a table of sockets: net/tcp, net/tcp6, net/udp or
// net/udp6, also of another process's network namespace (PID/net/tcp6). The
// Row is valid during the visit only.
//
// The error is fs.ErrNotExist where the table is missing, as tcp6 is on a
// machine without IPv6, and [ErrFormat] when no line of it could be read. A
// malformed line among good ones is skipped and counted: see [FS.Malformed].
//
// The kernel takes its locks anew for every few rows: a table read while
// sockets come and go may lack some or show one twice.
func (f *FS) Table(name string, visit func(*Row)) error {
	s := f.borrow()
	defer f.giveBack(s)
	drops := strings.HasPrefix(path.Base(name), "udp")
	header, good, bad := true, 0, 0
	err := f.in(s, name).lines(func(line []byte) bool {
		switch {
		case header:
			header = false
		case s.row.parse(line, drops):
			good++
			visit(&s.row)
		default:
			bad++
		}
		return true
	})
	f.malformed.Add(uint64(bad))
	if err == nil && good == 0 && bad > 0 {
		err = ErrFormat
	}
	return s.failed(err)
}

// Malformed returns how many lines of tables were skipped since [New] because
// they could not be read. Anything but 0 is a kernel that we do not know yet.
func (f *FS) Malformed() uint64 { return f.malformed.Load() }
