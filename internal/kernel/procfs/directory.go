package procfs

import (
	"bytes"
	"encoding/binary"
	"io"

	"golang.org/x/sys/unix"
)

// entries visits the names in an open directory, with the inodes behind them,
// until visit returns false. A name ends in NUL and is valid during the visit
// only.
func entries(fd int, buf []byte, visit func(inode uint64, name []byte) bool) error {
	for {
		n, err := unix.Getdents(fd, buf)
		if err != nil || n == 0 {
			return err
		}
		for rest := buf[:n]; len(rest) > 0; {
			name, size := entry(rest)
			if size == 0 {
				return io.ErrUnexpectedEOF
			}
			if !visit(binary.NativeEndian.Uint64(rest), name) {
				return nil
			}
			rest = rest[size:]
		}
	}
}

// entry returns the name of the first entry in b, a struct linux_dirent64 of
// getdents64(2), and the entry's size; 0 when b is too short for it.
func entry(b []byte) (name []byte, size int) {
	const header = 8 + 8 + 2 + 1 // d_ino, d_off, d_reclen, d_type
	if len(b) < header {
		return nil, 0
	}
	size = int(binary.NativeEndian.Uint16(b[16:]))
	if size < header || size > len(b) {
		return nil, 0
	}
	name = b[header:size]
	end := bytes.IndexByte(name, 0)
	if end < 0 {
		return nil, 0
	}
	return name[:end+1], size
}

// numbered returns the number that name, which ends in NUL, consists of.
func numbered(name []byte) (int, bool) {
	n, ok := decimal(name[:len(name)-1], 31)
	return int(n), ok
}
