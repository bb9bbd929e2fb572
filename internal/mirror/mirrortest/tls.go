package mirrortest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/mirror"
)

// testTLS: what sslmode asks for is what there is.
func testTLS(t *testing.T, server Server) {
	for _, tt := range []struct {
		mode, host string
		roots      bool
		refusal    string // empty: it works
		plain      bool
	}{
		{mode: "", host: "127.0.0.1"},
		{mode: "disable", host: "127.0.0.1", plain: true},
		{mode: "prefer", host: "127.0.0.1"},
		{mode: "require", host: "127.0.0.1"},
		{mode: "require", host: "localhost", roots: true},
		{mode: "verify-ca", host: "localhost", roots: true},
		{mode: "verify-ca", host: "127.0.0.1", refusal: "unknown authority"},
		{mode: "verify-full", host: "127.0.0.1", roots: true},
		{mode: "verify-full", host: "127.0.0.1", refusal: "unknown authority"},
		{mode: "verify-full", host: "localhost", roots: true, refusal: "not valid for any names"},
	} {
		d, j := newDatabase(t, server), NewJournal("one")
		j.Append(changes("a", 1, 1)...)
		f := follow(t, with(t, d.protected(t), func(u *url.URL) {
			u.Host = tt.host + ":" + u.Port()
			q := url.Values{}
			if tt.mode != "" {
				q.Set("sslmode", tt.mode)
			}
			if tt.roots {
				q.Set("sslrootcert", server.Roots())
			}
			u.RawQuery = q.Encode()
		}), j)
		if tt.plain && d.mysql {
			refused(t, f, mirror.ErrDenied)
			continue
		}
		if tt.refusal != "" {
			eventually(t, "a refusal", func() bool { return f.Err() != nil })
			if err := f.Err(); !strings.Contains(err.Error(), tt.refusal) {
				t.Errorf("%+v: %v", tt, err)
			}
			continue
		}
		caughtUp(t, f, d, j)
		if !d.mysql && d.plain(t) != tt.plain {
			t.Errorf("%+v: without TLS: %v", tt, !tt.plain)
		}
		f.stop()
	}
}

// protected returns a DSN for a user whom the server lets in by TLS alone. One
// of PostgreSQL's cannot be so: there, plain tells.
func (d database) protected(t *testing.T) string {
	t.Helper()
	if !d.mysql {
		return d.dsn
	}
	dsn := d.user(t, "protected_", "GRANT ALL ON *.* TO ")
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	d.exec(t, "ALTER USER "+u.User.Username()+"@'127.0.0.1' REQUIRE SSL")
	return dsn
}

// plain tells whether the mirror's connection to PostgreSQL has no TLS.
func (d database) plain(t *testing.T) (plain bool) {
	t.Helper()
	const query = `SELECT NOT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
		WHERE application_name = 'portreeve' AND datname = current_database()`
	if err := d.QueryRow(query).Scan(&plain); err != nil {
		t.Fatal(err)
	}
	return plain
}
