package mirror

import (
	"database/sql"

	"github.com/pressly/goose/v3"
)

// A dialect is all that differs between the kinds of database.
type dialect struct {
	name   string // for people
	scheme string // of a DSN
	port   string // unless the DSN has another
	goose  goose.Dialect

	open func(*DSN) (*sql.DB, error) // what is given out has its session set up

	// unicode tells whether the database can hold all text.
	unicode string
	// lock takes the lock of the mirror for the session, if it is free, and says
	// whether it has it.
	lock string
	// versions makes the table of goose's, as goose would
	// (https://github.com/pressly/goose/tree/v3.28.0/internal/dialects).
	versions string
	// taken lists the names that a view cannot have any more.
	taken string
	// bind writes the placeholders of a query, which are question marks.
	bind func(query string) string
	// insert is the statement that adds rows, each with the values of columns.
	insert func(rows [][]any) (query string, args []any)

	// reason returns which of the reasons an error of the server's is; nil for
	// none of them.
	reason func(error) error
	// duplicate reports whether a row could not be added because one with its
	// stream and number is there.
	duplicate func(error) bool
	// grant is what the owner of the database has to do so that we may work.
	grant func(*DSN) string
}

// dialectOf returns the dialect of a DSN's scheme, one without a name if there
// is none.
func dialectOf(scheme string) dialect {
	switch scheme {
	case "postgres", "postgresql":
		return postgres()
	case "mysql", "mariadb":
		return mysql()
	}
	return dialect{}
}
