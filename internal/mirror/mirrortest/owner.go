package mirrortest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/mirror"
)

// testOlderJournal: an older copy of the journal's file is put back, and what
// is in the mirror already is not added again.
func testOlderJournal(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	j.Append(changes("a", 1, 1500)...)
	f := follow(t, d.dsn, j)
	caughtUp(t, f, d, j)
	f.stop()
	older := j.copy(1200)
	f = follow(t, d.dsn, older)
	older.Append(j.all()[1200:]...)
	older.Append(changes("b", 1, 10)...)
	complete(t, f, d, older)
}

// testAnotherHistory: a journal that says something else under the same number
// is refused, and what the mirror holds stays.
func testAnotherHistory(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	j.Append(changes("a", 1, 10)...)
	f := follow(t, d.dsn, j)
	caughtUp(t, f, d, j)
	f.stop()
	older := j.copy(5)
	older.Append(change("b", 1, "new"), change("a", 6, "another"))
	refused(t, follow(t, d.dsn, older), mirror.ErrConflict)
	equal(t, "rows", d.entries(t), j.all())
}

// refused waits until a mirror says why it is not written, with what would
// help, and once.
func refused(t *testing.T, f follower, reason error) {
	t.Helper()
	eventually(t, reason.Error(), func() bool { return errors.Is(f.Err(), reason) })
	var problem *mirror.Error
	if !errors.As(f.Err(), &problem) || problem.Hint() == "" {
		t.Errorf("no hint: %v", f.Err())
	}
	if n := f.log.levels(slog.LevelWarn); n != 1 {
		t.Errorf("%d warnings, want one:\n%s", n, f.log)
	}
}

// testSuccessor: a new journal that adopts the newest entries goes on after
// them, even when it is stopped in between.
func testSuccessor(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	j.Append(changes("a", 1, 700)...)
	j.Append(changes("b", 1, 3)...)
	j.Append(change("a", 701, "newest\x00"))
	for i := range 600 {
		j.Append(change(fmt.Sprintf("many-%d", i), 1, "newest"))
	}
	f := follow(t, d.dsn, j)
	caughtUp(t, f, d, j)
	f.stop()

	next := NewJournal("two")
	next.Append(latest(t, d)...)
	if n := next.Len(); n != 602 {
		t.Fatalf("%d entries adopted, want one of each stream", n)
	}
	next.Append(change("a", 702, "goes on"), change("new", 1, "goes on"))
	before := j.Len()
	f = follow(t, d.dsn, next)
	eventually(t, "two rows more", func() bool { return d.count(t) >= before+2 })
	f.stop()
	f = follow(t, d.dsn, next)
	next.Append(change("a", 703, "goes on"))
	eventually(t, "another row", func() bool { return d.count(t) >= before+3 })
	rows := d.entries(t)
	equal(t, "rows that were added", rows[before:], []event.Entry{
		change("a", 702, "goes on"), change("new", 1, "goes on"), change("a", 703, "goes on"),
	})
	f.stop()
	refused(t, follow(t, d.dsn, j), mirror.ErrOther) // the one before is no successor
}

// latest returns what a new journal would adopt.
func latest(t *testing.T, d database) []event.Entry {
	t.Helper()
	m, err := mirror.Open(t.Context(), d.dsn, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	entries, err := m.Latest(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// testOtherJournal: a journal with a history of its own is refused, and so is
// an empty one that has adopted nothing.
func testOtherJournal(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	if entries := latest(t, d); len(entries) != 0 {
		t.Errorf("an empty database has %d newest entries", len(entries))
	}
	j.Append(changes("a", 1, 10)...)
	f := follow(t, d.dsn, j)
	caughtUp(t, f, d, j)
	f.stop()
	for name, entries := range map[string][]event.Entry{
		"empty": nil, "of other checks": changes("b", 1, 3), "of the same check": changes("a", 1, 20),
		"almost": {change("a", 10, "check a 8")}, "the newest behind others": {change("b", 1, ""), j.all()[9]},
	} {
		other := NewJournal("two")
		other.Append(entries...)
		f := follow(t, d.dsn, other)
		refused(t, f, mirror.ErrOther)
		if f.Rows() != 0 {
			t.Errorf("%s: %d rows written", name, f.Rows())
		}
		f.stop()
	}
	equal(t, "rows", d.entries(t), j.all())
}

// testFenced: of two portreeves, the second writes nothing while the first
// lives, and takes over when it ends.
func testFenced(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	j.Append(changes("a", 1, 10)...)
	first := follow(t, d.dsn, j)
	caughtUp(t, first, d, j)
	second := follow(t, d.dsn, j)
	refused(t, second, mirror.ErrFenced)
	j.Append(changes("b", 1, 10)...)
	complete(t, first, d, j)
	if second.Rows() != 0 {
		t.Errorf("the second has written %d rows", second.Rows())
	}
	// A pooler may share one connection, and with it the lock: each transaction
	// looks who writes.
	d.exec(t, "UPDATE portreeve_mirror SET writer = 'somebody else'")
	j.Append(change("c", 1, ""))
	eventually(t, "to be fenced", func() bool { return strings.Contains(first.log.String(), mirror.ErrFenced.Error()) })
	first.stop()
	complete(t, second, d, j)
}

// testStartedAtOnce: several find an empty database at the same time.
func testStartedAtOnce(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	j.Append(changes("a", 1, 1000)...)
	var all []follower
	for range 4 {
		all = append(all, follow(t, d.dsn, j))
	}
	caughtUp(t, all[0], d, j)
	time.Sleep(100 * time.Millisecond) // for one that would write a second time
	equal(t, "rows", d.entries(t), j.all())
	wrote := 0
	for _, f := range all {
		if f.Rows() > 0 {
			wrote++
		}
		if err := f.Err(); err != nil && !errors.Is(err, mirror.ErrFenced) {
			t.Errorf("one of them: %v", err)
		}
	}
	if wrote != 1 {
		t.Errorf("%d have written, want 1", wrote)
	}
}

// testHalfMigrated: a process was killed in the middle of the first migration,
// which MySQL commits statement by statement.
func testHalfMigrated(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	f := follow(t, d.dsn, j)
	j.Append(changes("a", 1, 1)...)
	caughtUp(t, f, d, j)
	f.stop()
	d.exec(t, "DELETE FROM portreeve_schema")
	d.exec(t, "DROP TABLE portreeve_mirror")
	if !d.mysql {
		d.exec(t, "DROP TABLE portreeve_entry CASCADE")
	}
	f = follow(t, d.dsn, j)
	j.Append(changes("a", 2, 1)...)
	complete(t, f, d, j)
}

// testNotUnicode: a database that cannot hold all text is refused before an
// entry is in the way of all later ones.
func testNotUnicode(t *testing.T, server Server) {
	d := newDatabase(t, server)
	if d.mysql {
		d.exec(t, "ALTER DATABASE CHARACTER SET latin1") // our tables have their own
		j := NewJournal("one")
		j.Append(change("a", 1, "\U0001f980"))
		complete(t, follow(t, d.dsn, j), d, j)
		return
	}
	d.exec(t, "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
	defer d.exec(t, "DROP DATABASE latin WITH (FORCE)")
	f := follow(t, with(t, d.dsn, func(u *url.URL) { u.Path = "/latin" }), NewJournal("one"))
	refused(t, f, mirror.ErrEncoding)
	f.stop()
}

func testNewerSchema(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	f := follow(t, d.dsn, j)
	j.Append(changes("a", 1, 1)...)
	caughtUp(t, f, d, j)
	f.stop()
	d.exec(t, "INSERT INTO portreeve_schema (version_id, is_applied) VALUES (1000, TRUE)")
	refused(t, follow(t, d.dsn, j), mirror.ErrNewer)
}

const canary = "canary-3f9a"

// silent fails the test if a password is shown.
func silent(t *testing.T, f follower) {
	t.Helper()
	if s := fmt.Sprint(f.Err(), f.log, f.Mirror); strings.Contains(s, canary) {
		t.Errorf("the password is shown:\n%s", s)
	}
}

func testWrongPassword(t *testing.T, server Server) {
	d := newDatabase(t, server)
	f := follow(t, with(t, d.dsn, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), canary) }), NewJournal("one"))
	refused(t, f, mirror.ErrDenied)
	silent(t, f)
}

func testNoSuchDatabase(t *testing.T, server Server) {
	f := follow(t, with(t, server.DSN(), func(u *url.URL) { u.Path = "/nowhere" }), NewJournal("one"))
	refused(t, f, mirror.ErrNoDatabase)
}

// testNotPermitted: a user who may come in and do nothing.
func testNotPermitted(t *testing.T, server Server) {
	d := newDatabase(t, server)
	f := follow(t, d.user(t, "powerless_"), NewJournal("one"))
	refused(t, f, mirror.ErrPermission)
	silent(t, f)
}

// testRestrictedUser: a user who may do what the hint says, and once the tables
// are there, one who may only write them.
func testRestrictedUser(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	database := with(t, d.dsn, func(u *url.URL) { u.User, u.Host, u.Scheme, u.RawQuery = nil, "", "", "" })[1:]
	owner := "GRANT USAGE, CREATE ON SCHEMA public TO "
	writer := "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO "
	if d.mysql {
		owner = "GRANT SELECT, INSERT, UPDATE, CREATE, ALTER, INDEX, CREATE VIEW, SHOW VIEW ON " + database + ".* TO "
		writer = "GRANT SELECT, INSERT, UPDATE ON " + database + ".* TO "
	}
	for i, grant := range []string{owner, writer} {
		f := follow(t, d.user(t, "restricted_", grant), j)
		j.Append(changes("a", uint64(10*i+1), 10)...)
		complete(t, f, d, j)
		silent(t, f)
		f.stop()
	}
}

// user makes a user with privileges and returns the DSN for it.
func (d database) user(t *testing.T, name string, grants ...string) string {
	t.Helper()
	name = fmt.Sprintf("%s%d", name, time.Now().UnixNano()%1e9)
	account := name
	if d.mysql {
		account += "@'127.0.0.1'"
		d.exec(t, fmt.Sprintf("CREATE USER %s IDENTIFIED BY '%s'", account, canary))
	} else {
		d.exec(t, fmt.Sprintf("CREATE USER %s PASSWORD '%s'", account, canary))
	}
	for _, grant := range grants {
		d.exec(t, grant+account)
	}
	return with(t, d.dsn, func(u *url.URL) { u.User = url.UserPassword(name, canary) })
}
