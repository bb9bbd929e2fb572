package mirror

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	driver "github.com/go-sql-driver/mysql"
	"github.com/pressly/goose/v3"
)

// mysql is for MySQL from 5.7 and MariaDB from 10.2 on.
func mysql() dialect {
	return dialect{
		name: "MySQL", scheme: "mysql", port: "3306", goose: goose.DialectMySQL,
		open:    openMySQL,
		unicode: `SELECT 1`, // our tables say so themselves
		// Names of locks are the server's and at most 64 characters long, hence
		// a hash of the database's.
		lock: `SELECT GET_LOCK(CONCAT('portreeve.', SHA1(DATABASE())), 0)`,
		versions: `CREATE TABLE IF NOT EXISTS portreeve_schema (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
			version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL, tstamp DATETIME NULL DEFAULT CURRENT_TIMESTAMP)`,
		taken:     `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`,
		bind:      func(query string) string { return query },
		insert:    insertValues,
		reason:    mysqlReason,
		duplicate: func(err error) bool { return mysqlCode(err) == 1062 },
		grant: func(d *DSN) string {
			return fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, CREATE, ALTER, INDEX, CREATE VIEW, SHOW VIEW ON %s.* TO user %s", d.database, d.user)
		},
	}
}

func openMySQL(d *DSN) (*sql.DB, error) {
	c := driver.NewConfig()
	c.User, c.Passwd, c.DBName = d.user, d.password, d.database
	c.Net, c.Addr, c.Timeout = "tcp", d.place(), connectTimeout
	c.ParseTime, c.InterpolateParams, c.Logger = true, true, &driver.NopLogger{}
	c.Collation = "utf8mb4_bin"
	if d.socket != "" {
		c.Net = "unix"
	} else {
		secure, plain, err := d.tls.config(d.host)
		if err != nil {
			return nil, err
		}
		c.TLS, c.AllowFallbackToPlaintext = secure, plain
	}
	c.Params = mysqlSession()
	connector, err := driver.NewConnector(c)
	if err != nil {
		return nil, errors.New("it is no URL of a database")
	}
	return sql.OpenDB(connector), nil
}

// mysqlSession are settings for our sessions. They bound how long a
// transaction of ours waits for somebody's lock, and how long the server keeps
// the session of a portreeve whose machine is gone (in seconds).
func mysqlSession() map[string]string {
	return map[string]string{
		"time_zone": "'+00:00'",
		"sql_mode":  "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
		// Of rows, and of tables.
		"innodb_lock_wait_timeout": "5", "lock_wait_timeout": "5",
		"wait_timeout": "120",
	}
}

func insertValues(rows [][]any) (string, []any) {
	all := columns()
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.name
	}
	one := "(?" + strings.Repeat(", ?", len(all)-1) + ")"
	var args []any
	for _, row := range rows {
		args = append(args, row...)
	}
	return "INSERT INTO portreeve_entry (" + strings.Join(names, ", ") + ") VALUES " + one + strings.Repeat(", "+one, len(rows)-1), args
}

// mysqlReason goes by error number
// (https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html).
func mysqlReason(err error) error {
	switch mysqlCode(err) {
	case 1045, 1130, 1251, 1698: // access denied, host not allowed, authentication not known or not by password
		return ErrDenied
	case 1049: // unknown database
		return ErrNoDatabase
	case 1044, 1142, 1143, 1227, 1370: // access denied to a database, a table, a column, for want of a privilege
		return ErrPermission
	}
	return nil
}

func mysqlCode(err error) uint16 {
	if e, ok := errors.AsType[*driver.MySQLError](err); ok {
		return e.Number
	}
	return 0
}
