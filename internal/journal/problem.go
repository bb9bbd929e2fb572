package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Reasons why a journal cannot be opened that callers tell apart.
var (
	ErrDSN        = errors.New("wrong DSN")
	ErrHeld       = errors.New("another portreeve holds it")
	ErrNoDatabase = errors.New("not an SQLite database")
	ErrNewer      = errors.New("written by a newer portreeve")
	ErrUnsafe     = errors.New("not safe")
)

// An OpenError says why a journal cannot be opened and what would help.
type OpenError struct {
	Path string // the database file; empty when the DSN names none
	Err  error
	hint string
}

// Error says what is wrong in one line.
func (e *OpenError) Error() string {
	if e.Path == "" {
		return "database: " + e.Err.Error()
	}
	return "database " + e.Path + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *OpenError) Unwrap() error { return e.Err }

// Hint says what would help, in one line; empty when nothing is known to.
func (e *OpenError) Hint() string { return e.hint }

const chooseAnother = "choose another file with --database"

const damagedHint = "move it away together with its -wal file, and restore a copy if there is one"

// problem returns the OpenError for what went wrong with a database file.
func problem(path string, err error) *OpenError {
	if p, ok := errors.AsType[*OpenError](err); ok {
		return p
	}
	p := &OpenError{Path: path, Err: err}
	dir := filepath.Dir(path)
	switch code := resultCode(err); {
	case errors.Is(err, ErrHeld):
		p.hint = "stop that one, or " + chooseAnother
	case errors.Is(err, ErrNewer):
		p.hint = "run the newer portreeve, or " + chooseAnother
	case errors.Is(err, ErrCorrupt):
		p.hint = damagedHint
	case errors.Is(err, ErrNoDatabase):
		p.hint = "move it away, or " + chooseAnother
	case errors.Is(err, fs.ErrNotExist):
		p.Err, p.hint = fmt.Errorf("there is no directory %s", dir), "create it, or "+chooseAnother
	case errors.Is(err, syscall.EISDIR):
		p.Err, p.hint = errors.New("it is a directory"), "name a file in it: "+filepath.Join(path, "portreeve.db")
	case errors.Is(err, syscall.ENOTDIR):
		p.Err, p.hint = fmt.Errorf("%s is not a directory", dir), chooseAnother
	case errors.Is(err, syscall.EROFS), code == sqlite3.SQLITE_READONLY:
		p.hint = "portreeve has to write it: " + chooseAnother
	case errors.Is(err, fs.ErrPermission), code == sqlite3.SQLITE_PERM, code == sqlite3.SQLITE_CANTOPEN:
		p.hint = "portreeve has to write the file and its directory: run it as their owner, or " + chooseAnother
	case errors.Is(err, syscall.ELOOP):
		p.hint = "remove that symbolic link, or " + chooseAnother
	case errors.Is(err, syscall.ENOSPC), code == sqlite3.SQLITE_FULL:
		p.hint = "free some space on the disk, or " + chooseAnother
	case code == sqlite3.SQLITE_NOTADB:
		p.Err, p.hint = ErrNoDatabase, "move it away, or "+chooseAnother
	case code == sqlite3.SQLITE_CORRUPT:
		p.hint = damagedHint
	case code == sqlite3.SQLITE_ERROR:
		p.hint = "it may be another program's: " + chooseAnother
	case code == sqlite3.SQLITE_BUSY:
		p.hint = "some other program has it locked: end that, or " + chooseAnother
	}
	return p
}

// resultCode returns the primary SQLite result code of an error, 0 for others.
// https://www.sqlite.org/rescode.html
func resultCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}
