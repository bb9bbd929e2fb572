package journal

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"runtime/debug"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schemaTable says which migrations a database has had. It is not goose's
// usual one, which may be there already, another program's.
const schemaTable = "portreeve_schema"

// migrate brings a database's schema up to date and refuses a newer one.
func migrate(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	p, err := migrator(db)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema's version: %w", err)
	}
	if have > want && !whole(ctx, db, want) {
		return fmt.Errorf("%w: its schema's version %d does not follow on any other", ErrCorrupt, have)
	}
	if have > want {
		return fmt.Errorf("%w: its schema is version %d, this portreeve knows %d", ErrNewer, have, want)
	}
	if have == want {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			err = partial.Err
		}
		return fmt.Errorf("migrate schema: %w", err)
	}
	// goose reads SQL through buffers of 4 MiB and keeps them in a pool, which
	// takes two collections to empty. They would be a third of our memory.
	runtime.GC()
	debug.FreeOSMemory()
	log.Debug("journal's schema brought up to date", "from", have, "to", want)
	return nil
}

// migrator returns what migrates a database: each step in a transaction, so
// that one that was cut short begins anew.
func migrator(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithTableName(schemaTable), goose.WithDisableGlobalRegistry(true), goose.WithGoMigrations(fill()))
}

// whole reports whether the database has had all migrations up to a version: a
// damaged version would stand alone.
func whole(ctx context.Context, db *sql.DB, version int64) bool {
	var n int64
	const query = `SELECT count(DISTINCT version_id) FROM ` + schemaTable + ` WHERE is_applied AND version_id BETWEEN 1 AND ?`
	err := db.QueryRowContext(ctx, query, version).Scan(&n)
	return err == nil && n == version
}
