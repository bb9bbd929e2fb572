package journal

import (
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Sizes of a ballast, in bytes.
const (
	ballastSize = 1 << 20
	// ballastRoom must be free before a ballast is made, so that making it does
	// not itself bring about what it is there for.
	ballastRoom = 16 * ballastSize
	// ballastShort is less than what SQLite has to write to open a database.
	ballastShort = 256 << 10
)

// ballastRest is how long no ballast is made where the file system cannot be
// believed: else it would be made and dropped over and over.
const ballastRest = time.Hour

// A ballast is a file beside the database that holds nothing. A disk that is
// full to the last block takes no write-ahead log, without which SQLite does
// not even open a database that was closed cleanly; dropping the ballast makes
// room for that, and for the last entries before the end of the process. It is
// made again when there is room.
type ballast struct {
	path   string // NAME.ballast
	log    *slog.Logger
	misled time.Time // when the disk was full although the file system had room
}

func ballastOf(database string, log *slog.Logger) *ballast {
	return &ballast{path: database + ".ballast", log: log}
}

// drop gives the space back and reports whether there was any to give.
func (b *ballast) drop() bool {
	if _, there := b.size(); !there || os.Remove(b.path) != nil {
		return false
	}
	if b.room() {
		b.misled = time.Now()
	}
	b.log.Warn("disk is full: the journal's ballast was dropped to make room", "file", b.path)
	return true
}

// keep makes the ballast unless it is there or space is short, be it for a
// quota that the file system does not speak of. One that was cut short by a
// crash is made anew. That it cannot be made is no fault: the next try may.
func (b *ballast) keep() {
	size, there := b.size()
	if size == ballastSize || time.Since(b.misled) < ballastRest || !b.room() {
		return
	}
	if there && os.Remove(b.path) != nil {
		return
	}
	err := b.write()
	if errors.Is(err, fs.ErrExist) { // somebody else's
		return
	}
	if err != nil {
		os.Remove(b.path)
		b.misled = time.Now()
		b.log.Debug("journal's ballast cannot be made", "file", b.path, "err", err)
	}
}

// size returns how large the ballast is, and whether there is one, be it cut
// short. Anything else of that name is somebody else's and left alone.
func (b *ballast) size() (n int64, there bool) {
	info, err := os.Lstat(b.path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > ballastSize {
		return 0, false
	}
	return info.Size(), true
}

// room reports whether the file system says that it has space to spare.
func (b *ballast) room() bool {
	space, ok := b.space()
	return ok && space >= ballastRoom
}

// short reports whether the file system has next to no space.
func (b *ballast) short() bool {
	space, ok := b.space()
	return ok && space < ballastShort
}

// space returns how much the file system has for us, in bytes, and whether that
// is known and can be written.
func (b *ballast) space() (uint64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(b.path), &s); err != nil || s.Flags&unix.ST_RDONLY != 0 {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}

// write makes the file of bytes that no file system can store in less space.
func (b *ballast) write() error {
	f, err := os.OpenFile(b.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	content := make([]byte, ballastSize)
	rand.NewChaCha8([32]byte{}).Read(content)
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}
