package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"

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
	lock *fileLock
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
	if err := guardLink(path); err != nil {
		return nil, problem(path, err)
	}
	path = resolve(path)
	lock, found, err := claim(path)
	if err != nil {
		return nil, problem(path, err)
	}
	s := &SQLite{path: path, lock: lock, turn: make(chan struct{}, 1)}
	if err := s.open(ctx, found, log); err != nil {
		s.release()
		return nil, problem(path, err)
	}
	return s, nil
}

// open connects to the database, which is locked for us and was looked into.
// What it cannot understand of a journal is an ErrCorrupt; of another program's
// database, it is not: nobody may move that away.
func (s *SQLite) open(ctx context.Context, found finding, log *slog.Logger) error {
	err := s.connect(ctx, found, log)
	switch {
	case found.ours:
		return diagnose(ctx, err)
	case corrupt(err):
		return fmt.Errorf("%w that is whole: %v", ErrNoDatabase, err)
	}
	return err
}

func (s *SQLite) connect(ctx context.Context, found finding, log *slog.Logger) (err error) {
	if s.writer, err = connect(s.path, writing); err != nil {
		return err
	}
	if err := checkVersion(ctx, s.writer); err != nil {
		return err
	}
	if err := sound(ctx, s.writer, found.size); err != nil {
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
	return s.verify(ctx, found.size)
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
	return s.release()
}

// release gives up what is open, the lock last.
func (s *SQLite) release() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, s.lock.release())...)
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
