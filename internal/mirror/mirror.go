// Package mirror copies a journal into somebody's database, PostgreSQL or
// MySQL and MariaDB, as rows for people who query. The journal is the record;
// a mirror is one of its readers, and nobody ever waits for it: after an
// outage of any length it catches up, in order.
//
// # What is there
//
// Table portreeve_entry has one row per entry of the journal: what it holds as
// JSON (body), and parts of that as columns. The view portreeve_state(id,
// timestamp, healthy, check_name) has one row per check whenever up or down
// differs from its row before. It is there under the name state too, unless
// something of somebody else's has that name already. Rows are never changed nor deleted:
// that is up to the database's owner, who must leave the newest row of every
// stream. portreeve_mirror says whose mirror it is and how far it has come,
// portreeve_schema which migrations it has had.
//
// # Exactly once
//
// The mirror's place in the journal is a row beside the entries, committed
// with them. So whatever is killed, and whenever, no row is lost or doubled.
//
// # Text and times
//
// UTF-8 survives, four-byte characters included, but for NUL, which PostgreSQL
// cannot hold: it becomes U+FFFD, as do bytes that are no UTF-8. Columns of
// names, other than body, are cut after 255 characters. Times are of UTC and
// precise to the microsecond; at_nanos has the rest of at, so that nothing of
// an entry is lost.
package mirror

import (
	"context"
	"crypto/rand"
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// A Source is the journal that is copied.
type Source interface {
	// Read returns the oldest entries after a cursor.
	Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error)
	// Wait returns as soon as there is an entry after the cursor.
	Wait(ctx context.Context, after event.Cursor) error
	// Identity is another for every journal, and stays.
	Identity() string
}

// A Mirror is one database. All methods are safe for concurrent use; Run must
// not run twice at once.
type Mirror struct {
	dsn   *DSN
	db    *sql.DB
	log   *slog.Logger
	token string // tells this process from every other that may write there

	opened time.Time

	mu        sync.Mutex
	condition condition
}

// Open returns the mirror that a DSN names, with a password that the DSN may
// hold too. It does not connect: the server may be down for now. Errors are
// of type [*Error] and show no password.
//
//	postgres://user@host:5432/database?sslmode=verify-full
//	mysql://user@host:3306/database?sslmode=disable
//
// See [ParseDSN] for the parameters.
func Open(_ context.Context, dsn, password string, log *slog.Logger) (*Mirror, error) {
	parsed, err := ParseDSN(dsn, password)
	if err != nil {
		return nil, err
	}
	db, err := parsed.open()
	if err != nil {
		return nil, err
	}
	// One connection writes; migrations need another beside it. None stays that
	// nobody uses.
	db.SetMaxOpenConns(3)
	db.SetMaxIdleConns(0)
	now := time.Now()
	return &Mirror{dsn: parsed, db: db, log: log, token: rand.Text(), opened: now, condition: condition{since: now}}, nil
}

// Close gives up all connections. Run should have ended.
func (m *Mirror) Close() error { return m.db.Close() }

// String names the mirror, without a password.
func (m *Mirror) String() string { return m.dsn.String() }
