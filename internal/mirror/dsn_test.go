package mirror_test

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/portreeve/portreeve/internal/mirror"
)

// A DSN shows where the mirror is, without a password.
func TestDSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://me@db/shop":                                        "postgres://me@db:5432/shop",
		"postgresql://me:secret@db:6432/shop?sslmode=verify-full":      "postgres://me@db:6432/shop",
		"mysql://me:secret@db/shop":                                    "mysql://me@db:3306/shop",
		"mariadb://me:s%40%2F%3F%23%25%3Acret@[::1]:13306/shop":        "mysql://me@[::1]:13306/shop",
		"mysql://me@/shop":                                             "mysql://me@localhost:3306/shop",
		"mysql://me@db/shop?tls=skip-verify":                           "mysql://me@db:3306/shop",
		"mysql://me@/shop?socket=/run/mysqld/mysqld.sock":              "mysql://me@/shop?socket=%2Frun%2Fmysqld%2Fmysqld.sock",
		"postgres://me@/shop?socket=/run/postgresql&search_path=watch": "postgres://me@/shop?socket=%2Frun%2Fpostgresql",
		"postgres://m%40e@db/sh%20op":                                  "postgres://m%40e@db:5432/sh%20op",
		" postgres://me@db/shop\n":                                     "",
		mirror.MySQL("db", "me", "shop"):                               "mysql://me@db:3306/shop",
		mirror.MySQL("db:13306", "m:e", "sh/op"):                       "",
		mirror.MySQL("::1", "me", "shop"):                              "mysql://me@[::1]:3306/shop",
	} {
		m, err := mirror.Open(t.Context(), dsn, "", slog.New(slog.DiscardHandler))
		if want == "" {
			if err == nil {
				t.Errorf("%q is accepted as %s", dsn, m)
			}
			continue
		}
		if err != nil || m.String() != want {
			t.Errorf("%q: %v, %v, want %s", dsn, m, err, want)
		}
	}
}

// A wrong DSN is refused with a reason and a hint that show nothing which may
// be a part of a password.
func TestWrongDSN(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for dsn, reason := range map[string]string{
		"":                                                          "it is empty",
		"  ":                                                        "it is empty",
		"db":                                                        "neither postgres nor mysql",
		"sqlite:portreeve.db":                                       "neither postgres nor mysql",
		"me:canary@tcp(db:3306)/shop":                               "", // as the driver for MySQL has it
		"mysql://me:canary@tcp(db:3306)/shop":                       "",
		"mysql://me:canary@tcp(db)/shop":                            "names no host",
		"postgres://db/shop":                                        "names no user",
		"postgres://:canary@db/shop":                                "names no user",
		"postgres://me:canary@db":                                   "names no database",
		"postgres://me:canary@db/":                                  "names no database",
		"postgres://me:canary@db:0/shop":                            "port",
		"postgres://me:canary@db:65536/shop":                        "port",
		"postgres://me:canary@db:port/shop":                         "",
		"postgres://me:12/canary@db/shop":                           "",
		"postgres://me:canary/canary@db/shop":                       "",
		"postgres://me:1#canary@db/shop":                            "",
		"postgres://me:1?canary@db/shop":                            "",
		"postgres://me:canary%zz@db/shop":                           "",
		"postgres://me:ca\x00nary@db/shop":                          "",
		"postgres://me:ca\nnary@db/shop":                            "",
		"postgres://me:canary@h1:1,h2:2/shop":                       "",
		"postgres://me:canary@h1,h2/shop":                           "names no host",
		"postgres://me:canary@db/shop?x=1":                          `"x"`,
		"postgres://me:canary@db/shop?sslmode=":                     `"sslmode"`,
		"mysql://me:canary@db/shop?tls=maybe":                       `"tls"`,
		"postgres://me:canary@db/shop?tls=true":                     `"tls"`,
		"mysql://me:canary@db/shop?search_path=x":                   `"search_path"`,
		"mysql://me:canary@db/shop?socket=here":                     `"socket"`,
		"mysql://me:canary@db/shop?sslmode=require&sslmode=disable": `"sslmode" twice`,
		"mysql://me:canary@db/shop?sslcert=/x":                      "need each other",
		"mysql://me:canary@db/shop?sslrootcert=/nowhere":            "read sslrootcert",
		"postgres://me:canary@db/shop?sslcert=/x&sslkey=/y":         "read sslcert",
		"postgres://me:canary@db/shop?sslrootcert=/dev/zero":        "no regular file",
		"mysql://me:canary@db/shop?sslrootcert=" + pipe:             "no regular file",
		"mysql://me:canary@db/shop?sslcert=" + pipe + "&sslkey=/y":  "no regular file",
	} {
		_, err := mirror.Open(t.Context(), dsn, "", slog.New(slog.DiscardHandler))
		var problem *mirror.Error
		if !errors.Is(err, mirror.ErrDSN) || !errors.As(err, &problem) || problem.Hint() == "" || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v, want %q", dsn, err, reason)
			continue
		}
		if strings.Contains(fmt.Sprint(err, problem.Hint()), "anary") {
			t.Errorf("%q: the password is shown: %v", dsn, err)
		}
	}
}

// Whatever a DSN holds, it is accepted or refused, and its password not shown.
func FuzzDSN(f *testing.F) {
	for _, seed := range []string{"postgres://me:x@db/shop", "mysql://me@/shop?socket=/s&sslmode=require", "mariadb://[::1]:1/x#y"} {
		f.Add(seed, "secret")
	}
	f.Fuzz(func(t *testing.T, dsn, password string) {
		d, err := mirror.ParseDSN(dsn, password)
		if err == nil && d.String() == "" {
			t.Errorf("%q has no name", dsn)
		}
		const secret = "cAnArY7"
		if d, err := mirror.ParseDSN("postgres://me:"+secret+dsn+"@db/shop", ""); strings.Contains(fmt.Sprint(d, err), secret) {
			t.Errorf("%q behind a password shows it: %v, %v", dsn, d, err)
		}
	})
}
