package mirrortest

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"github.com/portreeve/portreeve/internal/event"
)

// A database is a new one on a server, and the test's own way into it.
type database struct {
	*sql.DB
	dsn   string // for the mirror
	mysql bool
}

// Connect connects to the database of a DSN as anybody might who queries it.
func Connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	return open(t, dsn).DB
}

// newDatabase makes a database for one test.
func newDatabase(t *testing.T, server Server) database {
	t.Helper()
	admin := open(t, server.DSN())
	name := "test_" + strings.ToLower(strings.TrimPrefix(t.Name()[strings.LastIndexByte(t.Name(), '/')+1:], "Test"))
	name = fmt.Sprintf("%s_%d", name, time.Now().UnixNano()%1e9)
	admin.exec(t, "CREATE DATABASE "+name)
	t.Cleanup(func() {
		if !admin.mysql {
			name += " WITH (FORCE)"
		}
		admin.exec(t, "DROP DATABASE "+name) // a server that was killed reads all files when it starts again
	})
	return open(t, with(t, server.DSN(), func(u *url.URL) { u.Path = "/" + name }))
}

// with returns a DSN that has been altered.
func with(t *testing.T, dsn string, alter func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	alter(u)
	return u.String()
}

// open connects to a database.
func open(t *testing.T, dsn string) database {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	d := database{dsn: dsn, mysql: u.Scheme == "mysql"}
	if d.mysql {
		c := mysql.NewConfig()
		c.User, c.Net, c.Addr, c.DBName, c.ParseTime = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/"), true
		c.Passwd, _ = u.User.Password()
		c.Logger, c.InterpolateParams, c.Collation = &mysql.NopLogger{}, true, "utf8mb4_bin"
		c.Params = map[string]string{"time_zone": "'+00:00'"}
		connector, err := mysql.NewConnector(c)
		if err != nil {
			t.Fatal(err)
		}
		d.DB = sql.OpenDB(connector)
	} else {
		d.DB, err = sql.Open("pgx", dsn)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.SetMaxIdleConns(1) // when the server is killed it goes with the next poll
	t.Cleanup(func() { d.Close() })
	return d
}

func (d database) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := d.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// count returns how many rows there are, 0 without a table or a server.
func (d database) count(t *testing.T) (n int) {
	t.Helper()
	if err := d.QueryRow("SELECT count(*) FROM portreeve_entry").Scan(&n); err != nil {
		return 0
	}
	return n
}

// entries returns what the mirror holds, in its order.
func (d database) entries(t *testing.T) []event.Entry {
	t.Helper()
	found := []event.Entry{}
	for _, r := range d.query(t, "SELECT stream, number, at, at_nanos, observer, body FROM portreeve_entry ORDER BY seq") {
		var e event.Entry
		if err := json.Unmarshal([]byte(text(r[5])), &e); err != nil {
			t.Fatalf("body %s: %v", r[5], err)
		}
		e.Stream, e.Number, e.Observer = text(r[0]), uint64(r[1].(int64)), text(r[4])
		e.At = r[2].(time.Time).Add(time.Duration(r[3].(int64)))
		found = append(found, e)
	}
	return found
}

// query returns all rows that a query finds.
func (d database) query(t *testing.T, query string) [][]any {
	t.Helper()
	rows, err := d.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var found [][]any
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		found = append(found, values)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// text returns a text column, which drivers give as text or bytes, or not at
// all: JSON may come decoded.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return string(v)
	case string:
		return v
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
