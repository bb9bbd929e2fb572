package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// A SQLite is a journal in one file, with SQLite's write-ahead log beside it.
// What Append has acknowledged is on the disk (synchronous=FULL). One process
// holds the file at a time; other programs may read it meanwhile.
//
// Nothing else in this process may open the file: closing it again would drop
// the locks that SQLite has on it (fcntl(2)).
//
// Its memory stays small: one connection writes and two read, with page caches
// of less than 1 MiB together, and no part of the file is mapped.
type SQLite struct {
	path string
	lock *fileLock // nil where a file holds it
	tail *tail

	writer *sql.DB       // one connection: sequence numbers are drawn on it
	turn   chan struct{} // taken by whoever writes
	reader *sql.DB       // query_only
	q      queries
}

var _ Journal = (*SQLite)(nil)

// OpenSQLite opens the journal in the file at path, creates it when missing
// (readable by its owner only), and brings its schema up to date. It returns
// an [*OpenError] when that cannot be, among others [ErrHeld] when another
// portreeve has it open.
//
// A file that is a journal but damaged is an [ErrCorrupt]; one that somebody
// else could have put there, or could replace, an [ErrUnsafe].
func OpenSQLite(ctx context.Context, path string, log *slog.Logger) (*SQLite, error) {
	f, err := locate(path, log)
	if err != nil {
		return nil, err
	}
	s, err := f.tryAttach(ctx)
	if err != nil {
		return nil, problem(f.path, errors.Join(err, f.release()))
	}
	s.lock = f.lock
	return s, nil
}

// connect opens the database of that size, which is locked for us and was
// looked into.
func (s *SQLite) connect(ctx context.Context, size int64, log *slog.Logger) (err error) {
	if s.writer, err = connect(s.path, writing); err != nil {
		return err
	}
	if err := checkVersion(ctx, s.writer); err != nil {
		return err
	}
	if err := sound(ctx, s.writer, size); err != nil {
		return err
	}
	if err := migrate(ctx, s.writer, log); err != nil {
		return err
	}
	if s.reader, err = connect(s.path, reading); err != nil {
		return err
	}
	if err := s.q.prepare(ctx, s.writer, s.reader); err != nil {
		return err
	}
	if err := answerable(ctx, s.reader); err != nil {
		return err
	}
	if s.tail, err = readTail(ctx, s.writer); err != nil {
		return err
	}
	return s.verify(ctx, size)
}

// readTail reads which journal this is and where it ends.
func readTail(ctx context.Context, db *sql.DB) (*tail, error) {
	found, err := journalTable.intact(db.QueryContext(ctx, journalTable.find()))
	if err != nil {
		return nil, fmt.Errorf("read journal's identity: %w", err)
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%w: it has %d identities", ErrCorrupt, len(found))
	}
	id, err := hex.DecodeString(found[0][0].(string))
	if err != nil || len(id) != len(identity{}) {
		return nil, fmt.Errorf("%w: %q is no identity", ErrCorrupt, found[0][0])
	}
	// Both have it: the newest entry is never pruned.
	const query = `SELECT max(coalesce((SELECT max(seq) FROM entry), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'entry'), 0))`
	var last int64
	if err := db.QueryRowContext(ctx, query).Scan(&last); err != nil {
		return nil, fmt.Errorf("read journal's end: %w", err)
	}
	return newTail(identity(id), last), nil
}

// Identity implements [Journal].
func (s *SQLite) Identity() string { return hex.EncodeToString(s.tail.id[:]) }

// Wait implements [Journal].
func (s *SQLite) Wait(ctx context.Context, after event.Cursor) error { return s.tail.wait(ctx, after) }

// Close implements [Journal]. It waits for an Append under way, folds the
// write-ahead log into the file and gives the file free.
func (s *SQLite) Close() error {
	if !s.tail.close() {
		return nil
	}
	s.turn <- struct{}{} // for good
	return errors.Join(s.disconnect(), s.lock.release())
}

// disconnect closes the connections to the database, and waits for those that
// still read.
func (s *SQLite) disconnect() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close()) // twice for one that does both is fine
			drain(db)
		}
	}
	return errors.Join(errs...)
}

// drain waits until a closed pool has no connection left: what one of them does
// when it is closed at last must not happen to the next file of the same name.
func drain(db *sql.DB) {
	for end := time.Now().Add(busyTimeout); db.Stats().OpenConnections > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}

// write runs f in a transaction of its own, by turns. Once begun it is not
// interrupted when ctx ends, so that there is always an answer.
func (s *SQLite) write(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-s.tail.done:
	case <-ctx.Done():
	}
	if err := s.tail.alive(ctx); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
