package journal

import (
	"errors"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"
)

// corrupt reports whether an error says that the database is damaged.
func corrupt(err error) bool {
	if errors.Is(err, ErrCorrupt) {
		return true
	}
	return corruptCode(resultCode(err))
}

func corruptCode(code int) bool {
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// Storage reports whether an error of a journal comes from where it is stored,
// so that a later try may succeed: the disk is full, slow to answer or cannot
// be written just now, or another program has the file locked. Damage
// ([ErrCorrupt]), a closed journal and a wrong call are none of these.
func Storage(err error) bool {
	if err == nil || corrupt(err) {
		return false
	}
	switch resultCode(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOLFS:
		return true
	}
	for _, errno := range []syscall.Errno{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO, syscall.EACCES, syscall.EPERM,
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EFBIG, syscall.ESTALE, syscall.EAGAIN,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
