package procfs

import (
	"bytes"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A users names users by passwd(5). Names are remembered until the file
// changes. Users of other databases (LDAP, systemd's dynamic ones) keep their
// number: asking for them means running foreign code.
type users struct {
	fs    *FS
	path  string
	file  version
	names map[uint32]foreign.Text
}

// A version tells one content of a file from another.
type version struct {
	dev, ino uint64
	size     int64
	modified unix.Timespec
}

// most is the number of names that are remembered. Users come and go where
// containers map their own; the file can always be asked again.
const most = 4096

// refresh forgets every name if the file changed, and reports whether it did.
func (u *users) refresh() bool {
	s := u.fs.borrow()
	defer u.fs.giveBack(s)
	var now version
	switch err := s.at(u.path).inspect(); {
	case err == nil:
		now = version{s.stat.Dev, s.stat.Ino, s.stat.Size, s.stat.Mtim}
	case !withheld(err):
		return false // we could not look
	}
	if now == u.file {
		return false
	}
	u.file = now
	clear(u.names)
	return true
}

// name returns the user's name, or the number where the name is unknown.
func (u *users) name(uid uint32) foreign.Text {
	if name, ok := u.names[uid]; ok {
		return name
	}
	if len(u.names) >= most {
		clear(u.names)
	}
	name, err := u.find(uid)
	if err == nil || withheld(err) {
		u.names[uid] = name
	}
	return name
}

// find reads the file. Of two lines with one number the first counts, as for
// getpwuid(3).
func (u *users) find(uid uint32) (foreign.Text, error) {
	s := u.fs.borrow()
	defer u.fs.giveBack(s)
	found := foreign.Text(strconv.FormatUint(uint64(uid), 10))
	err := s.at(u.path).lines(func(line []byte) bool {
		name, id, ok := parseUser(line)
		if ok && id == uid {
			found = foreign.Text(name)
			return false
		}
		return true
	})
	return found, err
}

// parseUser reads name:password:uid:… of passwd(5). Comments and lines that
// refer to other databases (+name, -name) name nobody.
func parseUser(line []byte) (name []byte, uid uint32, ok bool) {
	name, rest, _ := bytes.Cut(line, []byte{':'})
	_, rest, _ = bytes.Cut(rest, []byte{':'})
	number, _, whole := bytes.Cut(rest, []byte{':'})
	id, isNumber := decimal(number, 32)
	if len(name) == 0 || name[0] == '#' || name[0] == '+' || name[0] == '-' {
		return nil, 0, false
	}
	return name, uint32(id), whole && isNumber
}
