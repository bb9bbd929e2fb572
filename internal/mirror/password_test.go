package mirror

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A greedyPostgres has no TLS, asks for the password itself, and returns what it
// was told behind the startup message
// (https://www.postgresql.org/docs/current/protocol-message-formats.html).
func greedyPostgres(t *testing.T) (dial func(context.Context, string, string) (net.Conn, error), told <-chan string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	heard := make(chan string, 10)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if message(c) == sslRequest {
					c.Write([]byte("N"))
					return
				}
				c.Write([]byte("R\x00\x00\x00\x08\x00\x00\x00\x03")) // AuthenticationCleartextPassword
				rest, _ := io.ReadAll(io.LimitReader(c, 100))
				heard <- string(rest)
			}()
		}
	}()
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, ln.Addr().String())
	}, heard
}

// sslRequest is how long the message is that asks for TLS: no other is so short.
const sslRequest = 8

// message reads a message without a type, and returns its length.
func message(c net.Conn) uint32 {
	var length [4]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return 0
	}
	n := binary.BigEndian.Uint32(length[:])
	io.CopyN(io.Discard, c, int64(n)-4)
	return n
}

// TestNoPasswordInTheClear: a server elsewhere that has no TLS does not get the
// password, and it is said what to do about it.
func TestNoPasswordInTheClear(t *testing.T) {
	d, err := ParseDSN("postgres://me:canary@db.example.org/shop", "")
	if err != nil {
		t.Fatal(err)
	}
	config, err := postgresConfig(d)
	if err != nil {
		t.Fatal(err)
	}
	dial, told := greedyPostgres(t)
	config.DialFunc = dial
	config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{"127.0.0.1"}, nil }
	_, err = pgx.ConnectConfig(t.Context(), config)
	if err == nil {
		t.Fatal("connected")
	}
	if said := <-told; strings.Contains(said, "canary") {
		t.Errorf("the server was told %q", said)
	}
	if hint := d.problem(err).Hint(); !strings.Contains(hint, "sslmode=verify-full") {
		t.Errorf("%v; hint: %s", err, hint)
	}
}

// TestWhoGetsThePassword itself: this machine, and who was asked for TLS.
func TestWhoGetsThePassword(t *testing.T) {
	for dsn, withheld := range map[string]bool{
		"postgres://me:x@db/shop":                     true,
		"postgres://me:x@db/shop?sslmode=prefer":      true,
		"postgres://me:x@db/shop?sslmode=disable":     true,
		"postgres://me:x@192.0.2.1/shop":              true,
		"postgres://me:x@db/shop?sslmode=require":     false,
		"postgres://me:x@db/shop?sslmode=verify-full": false,
		"postgres://me:x@localhost/shop":              false,
		"postgres://me:x@127.0.0.1/shop":              false,
		"postgres://me:x@[::1]/shop":                  false,
		"postgres://me:x@/shop?socket=/run/x":         false,
	} {
		d, err := ParseDSN(dsn, "")
		if err != nil {
			t.Fatal(err)
		}
		config, err := postgresConfig(d)
		if err != nil || (config.RequireAuth == "!password") != withheld {
			t.Errorf("%s: %v, accepts %q", dsn, err, config.RequireAuth)
		}
	}
}
