package mirror

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

const (
	// stepTimeout bounds one transaction, longer than it may wait for locks.
	stepTimeout = 15 * time.Second
	// migrateTimeout bounds what may have to read or alter a whole table.
	migrateTimeout = 5 * time.Minute
	// lockPatience is how long another session may have the lock before it is
	// another portreeve's: that of a process that was killed ends sooner.
	lockPatience = 3 * time.Second
)

// A session is one connection that holds the mirror's lock, for as long as
// both last. Any error ends it: the next one finds out how things are.
type session struct {
	mirror  *Mirror
	dialect dialect
	conn    *sql.Conn
	journal string // the identity of the source

	place event.Cursor    // committed in the mirror
	at    event.Cursor    // where to read on: place, or the beginning when the journal does not know that
	up    map[string]bool // what the view of states says last of checks, as far as asked
}

// begin connects, takes the lock, brings the schema up to date and finds the
// place.
func (m *Mirror) begin(ctx context.Context, source Source) (s *session, err error) {
	s = &session{mirror: m, dialect: m.dsn.dialect, journal: source.Identity(), up: map[string]bool{}}
	connecting, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if s.conn, err = m.db.Conn(connecting); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context, Source) error{s.encoding, s.lock, s.migrate, s.claim} {
		if err = step(ctx, source); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	m.wrote(0, s.place)
	return s, nil
}

// close ends the session, and with it the lock: its connection goes back to a
// pool that keeps none.
func (s *session) close() error {
	if err := s.conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}

// encoding refuses a database that cannot hold what is written.
func (s *session) encoding(ctx context.Context, _ Source) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	var unicode bool
	if err := s.conn.QueryRowContext(ctx, s.dialect.unicode).Scan(&unicode); err != nil {
		return err
	}
	if !unicode {
		return ErrEncoding
	}
	return nil
}

// lock takes the mirror's lock.
func (s *session) lock(ctx context.Context, _ Source) error {
	for begun := time.Now(); ; {
		var got sql.NullBool
		step, cancel := context.WithTimeout(ctx, stepTimeout)
		err := s.conn.QueryRowContext(step, s.dialect.lock).Scan(&got)
		cancel()
		if err != nil || got.Bool {
			return err
		}
		if time.Since(begun) > lockPatience {
			return s.locked(ctx)
		}
		sleep(ctx, lockPatience/30)
	}
}

// locked says who has the lock.
func (s *session) locked(ctx context.Context) error {
	if p, ok, err := s.found(ctx); err == nil && ok && p.writer == s.mirror.token {
		return errors.New("the server has not noticed yet that a former connection has ended")
	}
	return ErrFenced
}

// A placement is the row that says whose mirror it is.
type placement struct {
	journal, writer string
	place           event.Cursor
}

// A querier is a connection or a transaction, for reading.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// read reads whose mirror it is, if it is anybody's.
func (s *session) read(ctx context.Context, q querier, lock string) (p placement, ok bool, err error) {
	err = q.QueryRowContext(ctx, `SELECT journal, place, writer FROM portreeve_mirror WHERE id = 1`+lock).Scan(&p.journal, &p.place, &p.writer)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return p, err == nil, err
}

// forUpdate keeps the row as it was read until the transaction ends.
const forUpdate = ` FOR UPDATE`

// claim makes the mirror ours, if it may be, and finds the place in it.
func (s *session) claim(ctx context.Context, source Source) error {
	was, ok, err := s.found(ctx)
	if err != nil {
		return fmt.Errorf("read whose mirror it is: %w", err)
	}
	place := was.place
	if ok && was.journal != s.journal {
		long, cancel := context.WithTimeout(ctx, migrateTimeout)
		defer cancel()
		if place, err = succession(long, s.conn, source); err != nil {
			return err
		}
	}
	query := `UPDATE portreeve_mirror SET journal = ?, place = ?, writer = ?, since = CURRENT_TIMESTAMP WHERE id = 1`
	if !ok {
		query = `INSERT INTO portreeve_mirror (journal, place, writer, since, id) VALUES (?, ?, ?, CURRENT_TIMESTAMP, 1)`
	}
	s.place, s.at = place, place
	return s.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		now, _, err := s.read(ctx, tx, forUpdate)
		if err != nil {
			return err
		}
		if now != was {
			return errMoved
		}
		_, err = tx.ExecContext(ctx, s.dialect.bind(query), s.journal, string(place), s.mirror.token)
		return err
	})
}

// found reads whose mirror it is before it is claimed.
func (s *session) found(ctx context.Context) (placement, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	return s.read(ctx, s.conn, "")
}

// transact runs f in a transaction.
func (s *session) transact(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	tx, err := s.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		_ = tx.Rollback() // err is what is wrong; a transaction without COMMIT ends with its connection
		return err
	}
	return tx.Commit()
}
