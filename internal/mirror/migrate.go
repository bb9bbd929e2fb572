package mirror

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// schemaTable says which migrations a database has had. It is not goose's
// usual one, which may be there already, another program's.
const schemaTable = "portreeve_schema"

// migrate brings the database's schema up to date and refuses a newer one. The
// session has the mirror's lock, so that nobody else does the same meanwhile.
func (s *session) migrate(ctx context.Context, _ Source) error {
	files, err := fs.Sub(migrations, "migrations/"+s.dialect.scheme)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(s.dialect.goose, s.mirror.db, files,
		goose.WithTableName(schemaTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	taken, pending, err := s.pending(ctx, p)
	if err != nil {
		return err
	}
	if pending {
		long, cancel := context.WithTimeout(ctx, migrateTimeout)
		defer cancel()
		if _, err := p.Up(long); err != nil {
			if partial, ok := errors.AsType[*goose.PartialError](err); ok {
				err = partial.Err
			}
			return fmt.Errorf("migrate schema: %w", err)
		}
	}
	return s.views(ctx, taken)
}

// pending reports what is in the database, and whether its schema is of an
// older version.
func (s *session) pending(ctx context.Context, p *goose.Provider) (taken []string, pending bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	if taken, err = s.taken(ctx); err != nil {
		return nil, false, err
	}
	if err := s.prepare(ctx, slices.Contains(taken, schemaTable)); err != nil {
		return nil, false, err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("read schema's version: %w", err)
	}
	if have > want {
		return nil, false, fmt.Errorf("%w: its schema is version %d, this portreeve knows %d", ErrNewer, have, want)
	}
	return taken, have < want, nil
}

// prepare makes the table that says which migrations there were. goose would do
// it too, but tries thrice what is not permitted, and where CREATE TABLE commits
// by itself it could be killed before the first row is there.
func (s *session) prepare(ctx context.Context, there bool) error {
	if !there {
		if _, err := s.conn.ExecContext(ctx, s.dialect.versions); err != nil {
			return fmt.Errorf("make table %s: %w", schemaTable, err)
		}
	}
	var n int
	if err := s.conn.QueryRowContext(ctx, `SELECT count(*) FROM `+schemaTable).Scan(&n); err != nil {
		return fmt.Errorf("read schema's version: %w", err)
	}
	if n > 0 {
		return nil
	}
	_, err := s.conn.ExecContext(ctx, `INSERT INTO `+schemaTable+` (version_id, is_applied) VALUES (0, TRUE)`)
	return err
}

// views makes the view of states: under a name of our own, and under the one
// that people expect if nothing has it, their old table in the first place.
func (s *session) views(ctx context.Context, taken []string) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	for _, name := range []string{"portreeve_state", "state"} {
		if slices.Contains(taken, name) {
			continue
		}
		_, err := s.conn.ExecContext(ctx, `CREATE VIEW `+name+` AS
			SELECT seq AS id, at AS timestamp, healthy, check_name FROM portreeve_entry WHERE healthy IS NOT NULL`)
		if err != nil {
			return fmt.Errorf("make view %s: %w", name, err)
		}
	}
	return nil
}

// taken lists the names of what is in the database.
func (s *session) taken(ctx context.Context) (names []string, err error) {
	rows, err := s.conn.QueryContext(ctx, s.dialect.taken)
	if err != nil {
		return nil, fmt.Errorf("list what is there: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
