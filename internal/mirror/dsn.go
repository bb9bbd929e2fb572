package mirror

import (
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A DSN says where a mirror is and how to get in. It never shows the
// password.
type DSN struct {
	dialect  dialect
	user     string
	password string
	host     string // a name or address; empty with a socket
	port     string
	socket   string // of the machine's own server
	database string
	schema   string // of PostgreSQL, when not the user's usual one
	tls      tlsFiles
}

// ParseDSN returns what a DSN says, with a password given apart, which goes
// before one in the URL. Errors are of type [*Error] with [ErrDSN] as the
// reason, and repeat nothing that might be a part of a password.
//
// The schemes are postgres and postgresql, mysql and mariadb. Parameters:
//
//	sslmode      disable, prefer (the default), require, verify-ca, verify-full, with the meaning that libpq gives them
//	sslrootcert  file of the certificates to trust, instead of the system's
//	sslcert      file of our own certificate, with its key in the file sslkey
//	socket       the server's socket on this machine; for PostgreSQL the directory of it
//	search_path  of PostgreSQL: the schema to use
//
// Instead of sslmode, MySQL's tls is understood: true, false, preferred, skip-verify.
func ParseDSN(dsn, password string) (*DSN, error) {
	u, err := url.Parse(strings.TrimSpace(dsn))
	switch {
	case strings.TrimSpace(dsn) == "":
		return nil, wrongDSN("it is empty")
	case err != nil || strings.ContainsFunc(dsn, unicode.IsControl):
		return nil, wrongDSN("it is no URL")
	}
	d := &DSN{dialect: dialectOf(u.Scheme), password: password}
	if d.dialect.name == "" {
		return nil, wrongDSN("its scheme is neither postgres nor mysql")
	}
	for _, read := range []func(*url.URL) error{d.readPlace, d.readUser, d.readDatabase, d.readParameters} {
		if err := read(u); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// MySQL returns the DSN of a database by its parts; host may have a port.
func MySQL(host, user, database string) string {
	u := url.URL{Scheme: "mysql", User: url.User(user), Host: host, Path: "/" + database}
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		u.Host = "[" + host + "]"
	}
	return u.String()
}

// String returns d as a URL without its password and parameters.
func (d *DSN) String() string {
	u := url.URL{Scheme: d.dialect.scheme, User: url.User(d.user), Host: d.place(), Path: "/" + d.database}
	if d.socket != "" {
		u.Host, u.RawQuery = "", "socket="+url.QueryEscape(d.socket)
	}
	return u.String()
}

// place is where the server listens, for people.
func (d *DSN) place() string {
	if d.socket != "" {
		return d.socket
	}
	return net.JoinHostPort(d.host, d.port)
}

func (d *DSN) readPlace(u *url.URL) error {
	d.host, d.port = u.Hostname(), u.Port()
	if d.host == "" {
		d.host = "localhost"
	}
	if d.port == "" {
		d.port = d.dialect.port
	}
	if n, err := strconv.ParseUint(d.port, 10, 16); err != nil || n == 0 {
		return wrongDSN("its port is not between 1 and 65535")
	}
	if strings.ContainsAny(d.host, "(),@ /") {
		return wrongDSN("it names no host")
	}
	return nil
}

func (d *DSN) readUser(u *url.URL) error {
	d.user = u.User.Username()
	if d.user == "" {
		return wrongDSN("it names no user")
	}
	if inURL, ok := u.User.Password(); ok && d.password == "" {
		d.password = inURL
	}
	if strings.ContainsRune(d.password, 0) {
		return wrongDSN("the password holds a NUL byte")
	}
	return nil
}

func (d *DSN) readDatabase(u *url.URL) error {
	d.database = strings.TrimPrefix(u.Path, "/")
	switch {
	case d.database == "":
		return wrongDSN("it names no database")
	case u.Fragment != "" || strings.ContainsAny(d.database, "/@") || strings.Contains(u.RawQuery, "@"):
		return wrongDSN("it is no URL of a database")
	}
	return nil
}

func (d *DSN) readParameters(u *url.URL) error {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return wrongDSN("its parameters cannot be read")
	}
	for name, given := range values {
		if len(given) > 1 {
			return wrongDSN(fmt.Sprintf("it has %q twice", name))
		}
		if !d.readParameter(name, given[0]) {
			return wrongDSN(fmt.Sprintf("it has a parameter that %s does not have here, or a value that it cannot have: %q", d.dialect.name, name))
		}
	}
	if (d.tls.cert == "") != (d.tls.key == "") {
		return wrongDSN("sslcert and sslkey need each other")
	}
	return nil
}

// readParameter reports whether there is such a parameter and value.
func (d *DSN) readParameter(name, value string) bool {
	mysql := d.dialect.scheme == "mysql"
	switch {
	case value == "":
		return false
	case name == "sslmode":
		d.tls.mode = value
		return slices.Contains(sslModes(), value)
	case name == "tls" && mysql:
		d.tls.mode = map[string]string{"true": verifyFull, "false": disable, "preferred": prefer, "skip-verify": require}[value]
		return d.tls.mode != ""
	case name == "sslrootcert":
		d.tls.roots = value
	case name == "sslcert":
		d.tls.cert = value
	case name == "sslkey":
		d.tls.key = value
	case name == "socket":
		d.socket = value
		return strings.HasPrefix(value, "/")
	case name == "search_path" && !mysql:
		d.schema = value
	default:
		return false
	}
	return true
}

// open returns the database, not connected.
func (d *DSN) open() (*sql.DB, error) {
	db, err := d.dialect.open(d)
	if err != nil {
		return nil, &Error{Mirror: d.String(), Err: fmt.Errorf("%w: %w", ErrDSN, err), hint: "check the files that the parameters name"}
	}
	return db, nil
}

func wrongDSN(reason string) error {
	return &Error{
		Err:  fmt.Errorf("%w: %s", ErrDSN, reason),
		hint: "use postgres://USER@HOST:5432/DATABASE, or the same with mysql; give a password apart, or write its special characters as %40, %3A and so on",
	}
}
